#include "carry/transport/bundle_segments.h"

#include <algorithm>

#include "format/tar.h"

namespace pannier {
namespace {

// Where the header of the entry begins, or, behind the last one, the trailer.
uint64_t header_begin(const BundleIndex& index, size_t entry) {
  if (entry == 0) return 0;
  const BundleEntry& before = index.entries[entry - 1];
  return before.offset + before.bytes + tar_padding_bytes(before.bytes);
}

bool begins_a_blob(const BundleEntry& entry) { return !entry.is_part() || entry.decoded_offset == 0; }

}  // namespace

std::vector<BundleSegment> cut_into_segments(const BundleIndex& index, uint64_t bytes_min) {
  bytes_min = std::max(bytes_min, limits::kBlockBytes);
  std::vector<BundleSegment> segments;
  BundleSegment segment;
  for (size_t entry = 1; entry < index.entries.size(); ++entry) {
    const uint64_t begin = header_begin(index, entry);
    if (begin - segment.begin < bytes_min || !begins_a_blob(index.entries[entry])) continue;
    segment.end_entry = entry;
    segment.end = begin;
    segments.push_back(segment);
    segment = {entry, entry, begin, begin};
  }
  segment.end_entry = index.entries.size();
  segment.end = index.data_bytes;
  segments.push_back(segment);
  return segments;
}

BundleSegment segment_up_to(const BundleIndex& index, size_t end_entry) {
  if (end_entry == index.entries.size()) return {0, end_entry, 0, index.data_bytes};
  return {0, end_entry, 0, header_begin(index, end_entry)};
}

}  // namespace pannier
