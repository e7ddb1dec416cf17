// The gear table and the sorted list of chunks.
#include "format/chunk_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace pannier {
namespace {

constexpr uint32_t kAverageBitsMin = 8;
// So many chunks on average for a base that is large.
constexpr uint64_t kChunksAimed = 1ull << 18;

uint32_t average_bits_for(uint64_t base_bytes) {
  const auto bits = static_cast<uint32_t>(std::bit_width(base_bytes / kChunksAimed));
  return std::clamp(bits, kAverageBitsMin, 40u);
}

// The output of splitmix64 (Steele, Lea, Flood) for its state i: fixed numbers without a pattern.
constexpr uint64_t gear_of(uint64_t i) {
  uint64_t z = (i + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

#define PANNIER_GEAR_4(i) gear_of(i), gear_of((i) + 1), gear_of((i) + 2), gear_of((i) + 3)
#define PANNIER_GEAR_16(i) \
  PANNIER_GEAR_4(i), PANNIER_GEAR_4((i) + 4), PANNIER_GEAR_4((i) + 8), PANNIER_GEAR_4((i) + 12)
#define PANNIER_GEAR_64(i) \
  PANNIER_GEAR_16(i), PANNIER_GEAR_16((i) + 16), PANNIER_GEAR_16((i) + 32), PANNIER_GEAR_16((i) + 48)
constinit const uint64_t ContentChunker::kGear[256] = {PANNIER_GEAR_64(0), PANNIER_GEAR_64(64),
                                                       PANNIER_GEAR_64(128), PANNIER_GEAR_64(192)};

ContentChunker::ContentChunker(uint32_t average_bits)
    : mask_(~0ull << (64 - average_bits)),
      bytes_min_(1ull << (average_bits - 2)),
      bytes_max_(1ull << (average_bits + 3)) {
  assert(average_bits >= 8 && average_bits <= 40);
}

ChunkIndex::ChunkIndex(uint64_t base_bytes)
    : base_bytes_(base_bytes), average_bits_(average_bits_for(base_bytes)), chunker_(average_bits_) {}

void ChunkIndex::add(ByteSpan next) {
  assert(!is_finished_ && next.size() <= base_bytes_ - added_);
  for (const uint8_t byte : next) {
    ++added_;
    if (!chunker_.take(byte)) continue;
    chunks_.emplace_back(chunker_.fingerprint(), added_ - chunker_.chunk_bytes());
  }
}

void ChunkIndex::finish() {
  assert(!is_finished_ && added_ == base_bytes_);
  if (chunker_.has_rest()) chunks_.emplace_back(chunker_.fingerprint(), added_ - chunker_.chunk_bytes());
  std::sort(chunks_.begin(), chunks_.end());
  is_finished_ = true;
}

std::optional<uint64_t> ChunkIndex::find(uint64_t fingerprint) const {
  assert(is_finished_);
  const auto found =
      std::lower_bound(chunks_.begin(), chunks_.end(), std::pair<uint64_t, uint64_t>(fingerprint, 0));
  if (found == chunks_.end() || found->first != fingerprint) return std::nullopt;
  return found->second;
}

}  // namespace pannier
