#include "carry/connected/snapshot.h"

#include <algorithm>

namespace pannier {

bool contents_match(const UpstreamId& id, std::string_view contents) {
  if (id.sha256 && *id.sha256 != sha256(contents)) return false;
  if (!id.git_blob) return true;
  GitBlobHash hash(contents.size());
  hash.update(as_bytes(contents));
  return hash.finish() == *id.git_blob;
}

uint64_t Snapshot::total_bytes() const {
  uint64_t total = 0;
  for (const SnapshotFile& file : files) total += file.bytes;
  return total;
}

const SnapshotFile* Snapshot::find(std::string_view path) const {
  const auto place = std::lower_bound(
      files.begin(), files.end(), path,
      [](const SnapshotFile& file, std::string_view wanted) { return std::string_view(file.path) < wanted; });
  return place != files.end() && place->path == path ? &*place : nullptr;
}

}  // namespace pannier
