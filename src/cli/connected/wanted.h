// What a command line, or pannier.toml, asks to be carried: the options that pack, fetch and lock share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/args.h"
#include "format/spec_file.h"

namespace pannier {

// How to reach the world.
struct ConnectionOptions {
  std::string hub_url;
  std::string hub_token_file;
  std::string ca_bundle;
  std::optional<uint32_t> connections;
  std::string store;
  bool install_uv = false;

  void declare(Args& args);
};

// What is wanted, as options.
struct WantedOptions {
  std::vector<std::string> refs;
  std::string revision;
  std::string name;
  std::string files;  // "needed" or "all"; empty: needed for the Hub, all for folders
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  bool no_closure = false;
  std::vector<std::string> requirements;
  std::vector<std::string> requirement_files;
  std::vector<std::string> constraints;
  std::vector<std::string> targets;
  std::string index_url;
  std::vector<std::string> extra_index_urls;
  std::vector<std::string> find_links;
  std::string torch;
  bool build_sdists = false;

  void declare_models(Args& args, bool with_name);
  void declare_wheels(Args& args);

  bool is_empty() const { return refs.empty() && requirements.empty() && requirement_files.empty(); }
  // The same as a specification. kInvalid: options that do not go together.
  Result<SpecFile> as_spec(const Args& args) const;
};

// Reads pannier.toml; paths in it become relative to this process's folder.
Result<SpecFile> read_spec(const std::string& path);

// Whether every file of a ref is taken where nobody chose: a folder was chosen by hand, a repository was not.
bool takes_all_files_unless_said(const std::string& ref);

}  // namespace pannier
