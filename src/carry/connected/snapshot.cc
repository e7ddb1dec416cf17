#include "carry/connected/snapshot.h"

#include <algorithm>

namespace pannier {

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
