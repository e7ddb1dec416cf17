// Reads and verifies ahead: while the caller digests block n by blob, block n + 1 is digested by block.
#include "carry/transport/block_stream.h"

#include <fmt/core.h>

#include <cassert>

namespace pannier {
namespace {

constexpr size_t kBlocksInMemory = 4;

}  // namespace

BlockStream::BlockStream(const BlockSource& source)
    : source_(source), free_(kBlocksInMemory), verified_(kBlocksInMemory) {
  for (size_t i = 0; i < kBlocksInMemory; ++i) {
    // A small bundle must not cost four whole blocks.
    free_.push(Bytes(std::min(limits::kBlockBytes, source.index.data_bytes)));
  }
  thread_ = std::thread([this] { run(); });
}

BlockStream::~BlockStream() {
  free_.close();
  verified_.close();
  thread_.join();
}

void BlockStream::run() {
  for (uint64_t number = 0; number < source_.index.blocks.size(); ++number) {
    auto buffer = free_.pop();
    if (!buffer) return;
    Block block;
    block.buffer = std::move(*buffer);
    block.status = read_block(number, block);
    const bool failed = !block.status.ok();
    if (!verified_.push(std::move(block)) || failed) return;
  }
}

Status BlockStream::read_block(uint64_t number, Block& block) const {
  const uint64_t first = number * limits::kBlockBytes;
  block.bytes = source_.index.block_bytes(number);
  const MutableByteSpan bytes(block.buffer.data(), block.bytes);
  PANNIER_TRY(source_.file.read_at(source_.data_offset + first, bytes));
  if (sha256(bytes) == source_.index.blocks[number]) return {};
  const uint64_t begin = source_.data_offset + first;
  return Error{ErrorKind::kCorrupt,
               fmt::format("{}: block {} of {} (bytes {} to {}) does not match its digest; in it: {}",
                           source_.path, number, source_.index.blocks.size(), begin, begin + block.bytes - 1,
                           bundle_contents_at(source_.index, first, first + block.bytes)),
               "the bundle was damaged or changed; copy it again from where it was packed"};
}

Result<ByteSpan> BlockStream::next() {
  if (current_) free_.push(std::move(current_->buffer));
  current_ = verified_.pop();
  assert(current_ && "asked for more blocks than there are");
  if (!current_->status.ok()) return current_->status.error();
  return ByteSpan(current_->buffer.data(), current_->bytes);
}

}  // namespace pannier
