#include "carry/connected/download/block_writer.h"

#include <algorithm>
#include <cassert>

#include "base/crc32c.h"

namespace pannier {

BlockWriter::BlockWriter(PartFile& part, BlockRun run)
    : part_(part),
      position_(uint64_t{run.first} * part.block_bytes()),
      end_(part.block_end(run.first + run.count - 1)),
      block_(run.first) {
  assert(run.count > 0);
}

bool BlockWriter::is_done() const {
  return position_ == end_ || (takes_ && !owns_block_ && part_.missing_count() == 0);
}

BlockWriter::~BlockWriter() { give_back(); }

void BlockWriter::give_back() {
  if (position_ == end_) return;
  const uint64_t begin = uint64_t{block_} * part_.block_bytes();
  if (owns_block_) part_.give_back(block_, position_ - begin);
  if (takes_) return;  // owns nothing beyond the block it is in
  for (uint32_t block = block_ + 1; uint64_t{block} * part_.block_bytes() < end_; ++block) {
    part_.give_back(block, 0);
  }
}

void BlockWriter::restart_whole() {
  give_back();
  takes_ = true;
  position_ = 0;
  end_ = part_.key().bytes;
  block_ = 0;
  begin_block();
}

void BlockWriter::begin_block() {
  crc_ = 0;
  if (takes_) owns_block_ = part_.take(block_);
}

Status BlockWriter::write(ByteSpan bytes) {
  assert(bytes.size() <= end_ - position_);
  while (!bytes.empty()) {
    const uint64_t block_end = part_.block_end(block_);
    const ByteSpan piece =
        bytes.first(static_cast<size_t>(std::min<uint64_t>(bytes.size(), block_end - position_)));
    if (owns_block_) {
      PANNIER_TRY(part_.write(position_, piece));
      crc_ = crc32c(crc_, piece);
    }
    if (owns_block_ && position_ + piece.size() == block_end) {
      PANNIER_TRY(part_.complete(block_, crc_));
      ++completed_count_;
    }
    position_ += piece.size();
    bytes = bytes.subspan(piece.size());
    if (position_ < block_end || position_ == end_) continue;
    ++block_;
    begin_block();
  }
  return {};
}

}  // namespace pannier
