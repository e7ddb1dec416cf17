// wheel_digest: size and SHA-256 of a file that lies on this machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"

namespace pannier {

struct FileDigest {
  uint64_t bytes = 0;
  Digest sha256;
};

// kNotFound, kIo, kInterrupted.
Result<FileDigest> digest_of_file(FileSystem& fs, const std::string& path, const std::atomic<bool>* cancel);

}  // namespace pannier
