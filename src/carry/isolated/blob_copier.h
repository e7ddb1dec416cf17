// BlobCopier: takes files out of a store to where other programs find them, each checked on the way.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/fs.h"
#include "carry/transport/transfer.h"
#include "format/oci.h"

namespace pannier {

struct CopyBytes {
  uint64_t total = 0;   // that will be copied or skipped: for progress
  uint64_t needed = 0;  // of free space, where the file system cannot share bytes
  bool link = false;    // a second name of the blob rather than a copy, where that can be
};

class BlobCopier {
 public:
  // `fs` and `transfer` must outlive the copier.
  BlobCopier(FileSystem& fs, const Transfer& transfer, const CopyBytes& bytes);

  // Makes `to`, which must not exist, from the blob of the file at `from`: sharing their bytes where the file
  // system can (an edit of the one is then no edit of the other), else by copying, or as a second name of it
  // (not of executable files, whose mode is another); read and checked either
  // way against the digest, and against the git blob's where that is what upstream calls it. kCorrupt,
  // kNotFound, kIo (too little space, with both numbers), kInterrupted; what was begun may then be there.
  // REQUIRES: the folder exists.
  Status copy(const ModelFile& file, const std::string& from, const std::string& to);

  // Counts bytes that need no copying.
  void skip(uint64_t bytes);

 private:
  Status check_space(const std::string& to);
  Status count(uint64_t bytes);

  FileSystem& fs_;
  const Transfer& transfer_;
  const uint64_t bytes_total_;
  const uint64_t bytes_needed_;
  const bool link_;
  uint64_t bytes_done_ = 0;
  bool space_was_checked_ = false;
};

// Whether a file has the size, the digest and, where it says one, the upstream id of `file`. kCorrupt with
// what differs; kNotFound, kIo. `progress` is told the bytes of each piece and may stop the reading.
Status check_contents(FileSystem& fs, const std::string& path, const ModelFile& file,
                      const std::function<Status(uint64_t bytes)>& progress);

}  // namespace pannier
