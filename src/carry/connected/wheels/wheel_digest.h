// wheel_digest: size and SHA-256 of a file that lies on this machine, and the check of a wheel that does.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/digest.h"
#include "base/fs.h"
#include "base/model_files.h"
#include "base/result.h"
#include "format/python_wheel_check.h"

namespace pannier {

struct FileDigest {
  uint64_t bytes = 0;
  Digest sha256;
};

// kNotFound, kIo, kInterrupted.
Result<FileDigest> digest_of_file(FileSystem& fs, const std::string& path, const std::atomic<bool>* cancel);

// check_wheel of a mapped file: what was checked leaves the process, so that a wheel of gigabytes does not
// fill its memory. Errors of check_wheel; kInterrupted.
Result<CheckedWheel> check_wheel_file(const FileView& view, const WheelName& name,
                                      const std::atomic<bool>* cancel);

}  // namespace pannier
