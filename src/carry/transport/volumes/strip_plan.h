// StripPlan: a set's stripes in portions that fit memory, for several threads to share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/limits.h"
#include "base/threads.h"
#include "format/volume.h"

namespace pannier {

// `count` stripes of a group from `first` on.
struct Strip {
  uint32_t group = 0;
  uint64_t first = 0;
  uint64_t count = 0;
};

inline constexpr uint32_t kStripThreadsMax = 4;

// Of all groups, in order. One is at most 8 MiB, or a single stripe (16 MiB at most), of its group's shards:
// at most 64 MiB for all threads.
inline std::vector<Strip> plan_strips(const VolumeSetShape& set) {
  constexpr uint64_t kStripBytes = 8 * limits::kMiB;
  std::vector<Strip> strips;
  for (uint32_t group = 0; group < set.parity.groups; ++group) {
    const uint64_t stripe_bytes = (set.data_shards(group) + set.parity_shards(group)) * set.block_bytes;
    const uint64_t step = std::max<uint64_t>(1, kStripBytes / stripe_bytes);
    for (uint64_t first = 0; first < set.stripe_count(); first += step) {
      strips.push_back({group, first, std::min(step, set.stripe_count() - first)});
    }
  }
  return strips;
}

inline uint32_t strip_threads() { return std::min(kStripThreadsMax, usable_processor_count()); }

}  // namespace pannier
