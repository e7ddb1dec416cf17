// IndexConfig: where this machine gets Python packages from, as pip and uv were told.
//
// The source of Pannier names no index. What counts, first to last: what the caller asks for; what uv is
// configured with (its variables and uv.toml, as uv itself reports them); what pip is configured with (its
// variables and pip.conf); the address that is built into uv or, without uv, into pip.
//
// Addresses may hold a user's name and password: they go to their own server and to uv's environment, never
// into a message. Show `shown_address`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/connected/wheels/uv.h"
#include "net/client/http.h"

namespace pannier {

struct IndexSetting {
  std::string value;
  std::string source;  // for people: "PIP_INDEX_URL", "/etc/pip.conf", "--index-url", "uv"
};

struct IndexConfig {
  IndexSetting main_index;  // an address, file: or a folder; empty only with `no_index`
  std::vector<IndexSetting> extra_indexes;
  std::vector<IndexSetting> find_links;   // folders, or addresses of pages of links
  std::vector<IndexSetting> constraints;  // files
  std::vector<std::string> trusted_hosts;
  std::string ca_bundle;  // pip's `cert`; empty: none
  bool no_index = false;  // find_links alone
  // Every index is asked for every package and the best version counts, as pip does it; else the first
  // index that has a package is the only one for it, as uv does it.
  bool merged = false;

  // The folders among find_links, "file:" and "~/" understood.
  std::vector<std::string> link_folders() const;
};

// What the command line or the specification says; empty where it says nothing. Relative paths are those of
// this process.
struct IndexOptions {
  std::string index_url;
  std::vector<std::string> extra_index_urls;
  std::vector<std::string> find_links;
  std::vector<std::string> constraint_files;
  bool no_index = false;
};

// Without uv (null), uv's part is left out and the built-in address is asked of pip. kInvalid for a setting
// that makes no sense, naming its source; kNotFound for a constraints file that is not there; errors of uv
// and pip, in their words.
Result<IndexConfig> read_index_config(FileSystem& fs, const Environment& environment,
                                      const IndexOptions& options, const Uv* uv,
                                      const std::string& work_folder);

// Puts the indexes into a resolution by uv: its `environment`, `arguments` and `constraint_files`.
void tell_uv(const IndexConfig& config, const Environment& environment, UvResolution& resolution);

// An address of an index, its credentials taken out of it.
struct IndexAddress {
  Url url;
  std::string authorization;  // the header's value: "Basic …"; empty where there were none
};
// kInvalid; the message does not show credentials.
Result<IndexAddress> parse_index_address(std::string_view text);

// The headers that a request to `url` needs: those of the configured index with the same origin.
std::vector<HttpHeader> index_headers(const IndexConfig& config, const Url& url);

// "https://user:secret@host/x" as "https://***@host/x", in an address or anywhere in a text.
std::string without_credentials(std::string_view text);

// A "file:" address, or a path, as a path; nullopt for other addresses.
std::optional<std::string> local_path_of(std::string_view address);

}  // namespace pannier
