// KnownDigests: which SHA-256 belongs to which git id, so that a file the store has is not fetched only to
// learn its SHA-256. Page: docs/internals/download.md.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/connected/snapshot.h"

namespace pannier {

// Thread-safe.
class KnownDigests {
 public:
  // What the downloads folder knows now; nothing where it is not there. kIo.
  static Result<std::unique_ptr<KnownDigests>> load(FileSystem& fs, const std::string& folder);

  // The SHA-256 of contents of that id and size: upstream's own where it gives one, else what was seen.
  std::optional<Digest> known_digest(const UpstreamId& id, uint64_t bytes) const;
  // REQUIRES: both were computed over the same contents of `bytes` bytes. Nothing where it is known already.
  // Written at once, for other processes too, but not synced. The folder must be there.
  Status add(const Sha1& git_blob, uint64_t bytes, const Digest& sha256);

 private:
  KnownDigests(FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}
  Status read();
  Status append(const Sha1& git_blob, uint64_t bytes, const Digest& sha256);

  FileSystem& fs_;
  const std::string folder_;
  mutable std::mutex mutex_;
  std::map<std::pair<Sha1, uint64_t>, Digest> digests_;
};

}  // namespace pannier
