// measure_delta: how many bytes of contents would cross, by a plan: the most that it can be, or exactly, by
// encoding without writing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/packing/delta_plan.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct DeltaSize {
  uint64_t bytes = 0;     // of contents; the head and the archive around them come on top
  bool is_exact = false;  // else at most
  std::vector<uint64_t>
      bytes_of_files;  // one for each of the plan's; 0 for contents that were counted before
};

// `places`: where contents lie on this machine. With `exact`, files that cross encoded are read and encoded;
// those that lie nowhere here count whole, and the result is not exact. kIo, kCorrupt, kInterrupted.
Result<DeltaSize> measure_delta(FileSystem& fs, const DeltaPlan& plan,
                                const std::map<Digest, std::string>& places, bool exact,
                                const Transfer& transfer);

}  // namespace pannier
