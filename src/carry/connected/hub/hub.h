// Hub: what a Hugging Face Hub says about a repository. Protocol: huggingface_hub's HTTP API.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/snapshot.h"
#include "net/client/http.h"
#include "net/client/retry.h"

namespace pannier {

struct HubOptions {
  std::string endpoint = "https://huggingface.co";  // may have a path; no trailing slash needed
  std::string token;                                // empty: anonymous
  RetryPolicy retry;
};

class Hub {
 public:
  // `client` must outlive the hub.
  static Result<Hub> make(HttpClient& client, HubOptions options);

  // Every file of the repository at the commit that the ref's revision means now (follows renames, pages
  // through the tree). `files` holds all of them; `needed_files` (needed_files.h) leaves out. kNotFound,
  // kDenied (gated, with the page to ask on; token refused; disabled), kNetwork (rate limited), kCorrupt,
  // kLimit; messages in the Hub's own terms.
  Result<Snapshot> snapshot(const ModelRef& ref);
  // A small file of a snapshot, checked against its id. kLimit above `bytes_max`.
  Result<std::string> small_file(const Snapshot& snapshot, const SnapshotFile& file, uint64_t bytes_max);
  // Headers for a download from this hub.
  std::vector<HttpHeader> headers() const;
  const std::string& endpoint() const;

 private:
  Hub(HttpClient& client, HubOptions options, Url base);
  HttpClient* client_;
  HubOptions options_;
  Url base_;
};

}  // namespace pannier
