// unpack: the models of a bundle as plain files, for scanners and for people without a store.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/isolated/verify.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct UnpackResult {
  VerifyResult bundle;
  uint64_t file_count = 0;
  uint64_t bytes_written = 0;
};

// Writes FOLDER/<model name>/<path> for every file, verified as install does, into a temporary folder
// beside it and renames that: the folder appears whole or not at all. kInvalid where `folder` exists
// and is not an empty folder, or where two models' files would collide; kIo with both numbers where
// space is short; verify's errors; kInterrupted. Unsigned bundles unpack: the result says so.
Result<UnpackResult> unpack_bundle(FileSystem& fs, const std::string& path, const std::string& folder,
                                   const Transfer& transfer = {});

}  // namespace pannier
