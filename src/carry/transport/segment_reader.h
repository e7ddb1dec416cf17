// read_segment: one segment of a bundle, from the file to the sink, as a chain of threads: one reads, one
// digests, the caller's walks entries and feeds the sink; where there are parts, one more takes what they
// decode to.
#pragma once

#include <functional>
#include <string>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/base_blobs.h"
#include "carry/transport/bundle_segments.h"
#include "carry/transport/bundle_sink.h"
#include "carry/transport/seam_blocks.h"
#include "format/bundle_index.h"

namespace pannier {

// What all segments of one reading share. Everything outlives it.
struct SegmentContext {
  const std::string& what;  // the bundle, for messages
  ReadableFile& file;
  uint64_t data_offset = 0;
  const BundleIndex& index;
  const BaseBlobs* bases = nullptr;  // null: there are none here
  BundleSink& sink;
  BlockBuffers& block_buffers;
  BlockBuffers& part_buffers;
  SeamBlocks& seams;
};

struct BlockTimes {
  uint64_t bytes = 0;
  uint64_t read_nanoseconds = 0;
  uint64_t digest_nanoseconds = 0;
};
struct SegmentHooks {
  // Asked before each block; an error ends the segment. From a thread of the segment.
  std::function<Status()> check_stop;
  // Told of each block that this segment verified. From a thread of the segment.
  std::function<void(const BlockTimes&)> block_done;
};

// kCorrupt names the block, its byte range in the file and the model files in it, or the entry. The error is
// that of the earliest byte, whichever thread of the chain came upon it. Memory: six blocks; with parts 64
// MiB more.
Status read_segment(const SegmentContext& context, const BundleSegment& segment, const SegmentHooks& hooks);

}  // namespace pannier
