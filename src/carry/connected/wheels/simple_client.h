// simple_client: the files that the configured indexes list for one project (PEP 503, PEP 691).
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/connected/wheels/index_config.h"
#include "format/python_simple_index.h"
#include "net/client/http.h"
#include "net/client/retry.h"

namespace pannier {

struct IndexedFile {
  SimpleFile file;         // its url is absolute; empty where it lies on this machine
  std::string local_path;  // else empty
};

// `package` is a normalised name. Find-links folders are looked into first, then the indexes: the first that
// has the project, or all of them where the configuration is `merged`. kNotFound where none has it;
// kDenied, kNetwork, kCorrupt, kLimit with the index's address (never its credentials).
Result<std::vector<IndexedFile>> list_project(FileSystem& fs, HttpClient& client, const IndexConfig& config,
                                              const std::string& package, const RetryPolicy& retry);

// The size of a file whose index does not tell it. kNetwork where its server does not either.
Result<uint64_t> size_on_server(HttpClient& client, const IndexConfig& config, const Url& url,
                                const RetryPolicy& retry);

}  // namespace pannier
