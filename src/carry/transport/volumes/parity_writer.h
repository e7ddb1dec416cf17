// write_parity: makes the parity files of a finished bundle.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/transfer.h"
#include "format/volume.h"

namespace pannier {

// Reads the bundle once more, from what the system still remembers of it, and writes the parity files of
// `set` to temporary files whose paths begin with `prefix`, synced; parity file i is number i. After an error
// there are none. kIo, kInterrupted; as `bundle.read_at`. Memory: at most 64 MiB, with all threads.
// REQUIRES: bundle.size() == set.bundle_bytes, set.parity.percent > 0.
Result<std::vector<std::string>> write_parity(FileSystem& fs, ReadableFile& bundle, const VolumeSetShape& set,
                                              const std::string& prefix, const Transfer& transfer);

}  // namespace pannier
