// for_each_strip: the stripes of a set, in portions that fit memory, on several threads.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "carry/transport/transfer.h"
#include "format/volume.h"

namespace pannier {

// `count` stripes of a group from `first` on.
struct Strip {
  uint32_t group = 0;
  uint64_t first = 0;
  uint64_t count = 0;
};

// Calls work(strip, memory) for all stripes of all groups, several at once; `memory` is the thread's own and
// is left as the last call left it. A strip is at most 8 MiB, or a single stripe (16 MiB at most), of its
// group's shards: at most 64 MiB for all threads. Ends with the first error of `work`; kInterrupted. Progress
// is in bytes of all shards, parity included.
Status for_each_strip(const VolumeSetShape& set, const Transfer& transfer,
                      const std::function<Status(const Strip& strip, Bytes& memory)>& work);

}  // namespace pannier
