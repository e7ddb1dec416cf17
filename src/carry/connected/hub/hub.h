// Hub: what a Hugging Face Hub says about a repository. Protocol: huggingface_hub's HTTP API.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/hub/hub_errors.h"
#include "carry/connected/hub/hub_json.h"
#include "carry/connected/snapshot.h"
#include "net/client/http.h"
#include "net/client/retry.h"

namespace pannier {

struct HubOptions {
  std::string endpoint = "https://huggingface.co";  // may have a path; no trailing slash needed
  std::string token;                                // empty: anonymous
  RetryPolicy retry;
};

// Thread-safe as far as its client is.
class Hub {
 public:
  // `client` must outlive the hub. kInvalid: the endpoint.
  static Result<Hub> make(HttpClient& client, HubOptions options);

  // Every file of the repository at the commit that the ref's revision means now (follows renames, pages
  // through the tree). `files` holds all of them; `needed_files` (needed_files.h) leaves out. kNotFound,
  // kDenied (gated, with the page to ask on; token refused; disabled), kNetwork (rate limited), kCorrupt,
  // kUntrusted (the API leads to another host), kLimit; messages in the Hub's own terms.
  // REQUIRES: a ref of kind kHub.
  Result<Snapshot> snapshot(const ModelRef& ref);
  // A small file of a snapshot, checked against its id. kLimit above `bytes_max`; kNotFound and kDenied in
  // the Hub's own terms; kCorrupt when it came wrong twice.
  Result<std::string> small_file(const Snapshot& snapshot, const SnapshotFile& file, uint64_t bytes_max);
  // Headers for a download from this hub.
  std::vector<HttpHeader> headers() const;
  // Without a slash at the end.
  const std::string& endpoint() const { return root_; }
  // How `hub_error` is asked about a file of a snapshot that this hub would not give.
  HubQuestion question(const Snapshot& snapshot, const std::string& path) const;

 private:
  Hub(HttpClient& client, HubOptions options, std::string root, std::string origin);

  // The answer of whatever status.
  Result<HttpAnswer> ask(const std::string& address, uint64_t bytes_max);
  Result<RepoInfo> repo_info(const ModelRef& ref, const std::string& revision);
  Result<std::vector<SnapshotFile>> list_files(const ModelRef& ref, const RepoInfo& info);
  // What else the user may have meant, as a hint; the given one where nothing is near.
  std::string near_repo_hint(const HubQuestion& question, const std::string& otherwise);
  std::string near_revision_hint(const HubQuestion& question, const std::string& otherwise);
  Result<JsonDocument> ask_once(const std::string& address);

  HttpClient* client_;
  HubOptions options_;
  std::string root_;
  std::string origin_;
};

}  // namespace pannier
