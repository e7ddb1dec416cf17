// read_segments: all segments of a bundle, several at a time where that is faster.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "carry/transport/segment_reader.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct LaneOptions {
  uint32_t lanes_max = 1;
  // A second lane starts only where reading has proved faster than digesting: a medium that is slow, or slow
  // to seek, is read from front to back. True: at once, for tests.
  bool at_once = false;
};

// The error is that of the first segment that has one, whichever lane was faster. `transfer.progress` is
// called from this thread, with the bytes of the blocks that were verified.
Status read_segments(const SegmentContext& context, const std::vector<BundleSegment>& segments,
                     const LaneOptions& options, const Transfer& transfer);

}  // namespace pannier
