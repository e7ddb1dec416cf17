// Segments: runs of whole entries into which the data of a bundle is cut, so that several threads can read
// it, each its own entries.
#pragma once

#include <cstdint>
#include <vector>

#include "format/bundle_index.h"

namespace pannier {

struct BundleSegment {
  size_t first_entry = 0;
  size_t end_entry = 0;
  uint64_t begin = 0;  // in the data: where the header of the first entry begins
  uint64_t end = 0;    // where that of the next segment does; for the last segment the end of the data

  uint64_t first_block() const { return begin / limits::kBlockBytes; }
  uint64_t end_block() const { return (end + limits::kBlockBytes - 1) / limits::kBlockBytes; }
};

// All of the data, in order. No segment but the last is shorter than `bytes_min` (at least a block, so that
// no block lies in more than two), and the parts of a blob are in one.
std::vector<BundleSegment> cut_into_segments(const BundleIndex& index, uint64_t bytes_min);

// From the beginning of the data to the end of that entry. REQUIRES: 1 <= end_entry <= their number.
BundleSegment segment_up_to(const BundleIndex& index, size_t end_entry);

}  // namespace pannier
