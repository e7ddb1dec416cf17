// Errors travel down the chain like blocks do, behind what came before them, so that the earliest one is
// told however far ahead the threads in front have got.
#include "carry/transport/segment_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "carry/transport/block_digester.h"
#include "carry/transport/bounded_queue.h"
#include "carry/transport/entry_walker.h"
#include "carry/transport/part_decoder.h"

namespace pannier {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds_since(Clock::time_point begin) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count());
}

struct Block {
  uint64_t number = 0;
  std::shared_ptr<const Bytes> buffer;
  size_t bytes = 0;
  bool is_verified = false;                  // by the segment on the other side of the seam
  std::unique_ptr<SeamBlocks::Claim> claim;  // of a seam that the other segment will ask for
  std::vector<Digest> blob_digests;
  Status status;
  BlockTimes times;

  ByteSpan contents() const { return ByteSpan(*buffer).first(bytes); }
};

class SegmentChain {
 public:
  SegmentChain(const SegmentContext& context, const BundleSegment& segment, const SegmentHooks& hooks)
      : context_(context), segment_(segment), hooks_(hooks), read_(1), digested_(1) {}

  Status run();

 private:
  void read_blocks();
  Block read_block(uint64_t number);
  void digest_blocks();
  void digest_block(BlockDigester& digester, Block& block);
  Status walk_blocks(PartDecoder* decoder);
  bool is_seam(uint64_t number) const;
  Error wrong_block(const Block& block) const;

  const SegmentContext& context_;
  const BundleSegment segment_;
  const SegmentHooks& hooks_;
  BoundedQueue<Block> read_;
  BoundedQueue<Block> digested_;
};

bool SegmentChain::is_seam(uint64_t number) const {
  const uint64_t first = number * limits::kBlockBytes;
  const uint64_t end = first + context_.index.block_bytes(number);
  return first < segment_.begin || segment_.end < end;
}

Block SegmentChain::read_block(uint64_t number) {
  Block block;
  block.number = number;
  block.bytes = context_.index.block_bytes(number);
  if (is_seam(number)) {
    SeamBlocks::Verified verified;
    block.claim = context_.seams.claim(number, verified);
    if (!block.claim) {
      block.buffer = std::move(verified.buffer);
      block.status = std::move(verified.status);
      block.is_verified = true;
      return block;
    }
  }
  const auto begin = Clock::now();
  const std::shared_ptr<Bytes> buffer = context_.block_buffers.take();
  block.status = context_.file.read_at(context_.data_offset + number * limits::kBlockBytes,
                                       MutableByteSpan(*buffer).first(block.bytes));
  block.buffer = buffer;
  block.times = {block.bytes, nanoseconds_since(begin), 0};
  return block;
}

void SegmentChain::read_blocks() {
  for (uint64_t number = segment_.first_block(); number < segment_.end_block(); ++number) {
    Block block;
    block.number = number;
    block.status = hooks_.check_stop();
    if (block.status.ok()) block = read_block(number);
    const bool failed = !block.status.ok();
    if (!read_.push(std::move(block)) || failed) return;
  }
}

void SegmentChain::digest_block(BlockDigester& digester, Block& block) {
  if (block.status.ok()) {
    const auto begin = Clock::now();
    BlockDigester::Digests digests = digester.digest(block.number, block.contents(), !block.is_verified);
    block.blob_digests = std::move(digests.blobs);
    if (!block.is_verified && digests.block != context_.index.blocks[block.number]) {
      block.status = wrong_block(block);
    }
    block.times.digest_nanoseconds = nanoseconds_since(begin);
  }
  if (block.claim) block.claim->publish({block.buffer, block.status});
  block.claim.reset();
  if (block.status.ok() && !block.is_verified) hooks_.block_done(block.times);
}

void SegmentChain::digest_blocks() {
  BlockDigester digester(context_.index, segment_);
  while (auto block = read_.pop()) {
    digest_block(digester, *block);
    const bool failed = !block->status.ok();
    if (!digested_.push(std::move(*block)) || failed) break;
  }
  read_.close();
  digested_.close();
}

Error SegmentChain::wrong_block(const Block& block) const {
  const uint64_t first = block.number * limits::kBlockBytes;
  const uint64_t begin = context_.data_offset + first;
  return {
      ErrorKind::kCorrupt,
      fmt::format("{}: block {} of {} (bytes {} to {}) does not match its digest; in it: {}", context_.what,
                  block.number, context_.index.blocks.size(), begin, begin + block.bytes - 1,
                  bundle_contents_at(context_.index, first, first + block.bytes)),
      "the bundle was damaged or changed; copy it again from where it was packed"};
}

Status SegmentChain::walk_blocks(PartDecoder* decoder) {
  EntryWalker walker(context_.index, segment_, context_.what, context_.sink, decoder);
  while (const auto block = digested_.pop()) {
    PANNIER_TRY(Status(block->status));
    const uint64_t first = block->number * limits::kBlockBytes;
    const uint64_t begin = std::max(first, segment_.begin);
    const uint64_t end = std::min(first + block->bytes, segment_.end);
    PANNIER_TRY(walker.feed(block->contents().subspan(begin - first, end - begin), block->blob_digests));
  }
  assert(walker.done());
  return {};
}

Status SegmentChain::run() {
  const auto& entries = context_.index.entries;
  const bool has_parts = std::any_of(entries.begin() + static_cast<ptrdiff_t>(segment_.first_entry),
                                     entries.begin() + static_cast<ptrdiff_t>(segment_.end_entry),
                                     [](const BundleEntry& entry) { return entry.is_part(); });
  std::optional<PartDecoder> decoder;
  if (has_parts)
    decoder.emplace(context_.index, context_.what, context_.bases, context_.sink, context_.part_buffers);
  std::thread reader([this] {
    read_blocks();
    read_.close();
  });
  std::thread digester([this] { digest_blocks(); });
  Status walked = walk_blocks(decoder ? &*decoder : nullptr);
  read_.close();
  digested_.close();
  reader.join();
  digester.join();
  // What the decoder's thread refused lay before what the walker came to meanwhile.
  if (decoder) PANNIER_TRY(decoder->finish());
  return walked;
}

}  // namespace

Status read_segment(const SegmentContext& context, const BundleSegment& segment, const SegmentHooks& hooks) {
  return SegmentChain(context, segment, hooks).run();
}

}  // namespace pannier
