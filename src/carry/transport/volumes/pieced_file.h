// PiecedFile: several files, or parts of them, read as one; some may be missing.
#pragma once

#include <memory>
#include <vector>

#include "base/fs.h"
#include "base/result.h"

namespace pannier {

struct FilePiece {
  std::shared_ptr<ReadableFile> file;  // null: missing
  uint64_t file_offset = 0;
  uint64_t bytes = 0;
};

// Thread-safe.
class PiecedFile : public ReadableFile {
 public:
  explicit PiecedFile(std::vector<FilePiece> pieces);

  uint64_t size() const override { return size_; }
  // kIncomplete where a missing piece is needed, or one whose file ends early; errors of the files.
  Status read_at(uint64_t offset, MutableByteSpan out) override;

 private:
  struct Placed {
    uint64_t offset = 0;
    FilePiece piece;
  };
  std::vector<Placed> pieces_;  // in order, none empty
  uint64_t size_ = 0;
};

}  // namespace pannier
