// BlockWriter: puts the body of an answer into the blocks of a part file, byte after byte.
#pragma once

#include "carry/connected/download/part_file.h"

namespace pannier {

// One thread's. It may be given to several requests one after the other: each goes on at `position`.
class BlockWriter {
 public:
  // Fills `run`, which was taken from `part`. What of it is not complete goes back at the end.
  BlockWriter(PartFile& part, BlockRun run);
  ~BlockWriter();
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;

  // From here on: the bytes wanted next, up to `end`.
  uint64_t position() const { return position_; }
  uint64_t end() const { return end_; }
  // Nothing is left to fill (of a file that comes as a whole there may be bytes to come, which nobody needs).
  bool is_done() const;
  uint64_t block_bytes() const { return part_.block_bytes(); }
  uint32_t completed_count() const { return completed_count_; }

  // From now on the whole file comes, from its first byte: every block that is missing is filled, the
  // others are passed over.
  void restart_whole();
  // REQUIRES: not more bytes than are left.
  Status write(ByteSpan bytes);

 private:
  void begin_block();
  void give_back();

  PartFile& part_;
  uint64_t position_;
  uint64_t end_;
  uint32_t block_;          // the one that position_ lies in
  bool takes_ = false;      // each block has to be taken when it begins
  bool owns_block_ = true;  // else its bytes are passed over
  uint32_t crc_ = 0;
  uint32_t completed_count_ = 0;
};

}  // namespace pannier
