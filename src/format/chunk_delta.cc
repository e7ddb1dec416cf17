// Finds copies chunk by chunk, stretches them byte by byte, and writes the list of them.
#include "format/chunk_delta.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "format/byte_record.h"

namespace pannier {
namespace {

constexpr uint64_t kCountBytes = 4;
constexpr uint64_t kStepBytes = 16;
// A shorter copy is not worth its step; and it bounds how often a decoder reads.
constexpr uint32_t kCopyBytesMin = 32;
constexpr uint64_t kWindowBytes = 64 * limits::kKiB;

// Some new bytes, then some of the base.
struct Step {
  uint32_t literal_bytes = 0;
  uint32_t copy_bytes = 0;
  uint64_t base_offset = 0;
};

// Compares with the base, of which one window is held at a time.
class BaseComparer {
 public:
  BaseComparer(const BaseReader& base, uint64_t base_bytes) : base_(base), base_bytes_(base_bytes) {}

  // How many of `bytes` are those of the base from `offset` on.
  Result<uint64_t> equal_from(ByteSpan bytes, uint64_t offset) {
    uint64_t equal = 0;
    while (equal < bytes.size() && offset + equal < base_bytes_) {
      PANNIER_TRY(load(offset + equal));
      const ByteSpan held = ByteSpan(window_).subspan(offset + equal - window_begin_);
      const uint64_t most = std::min<uint64_t>(held.size(), bytes.size() - equal);
      const ByteSpan mine = bytes.subspan(equal, most);
      const auto different = std::mismatch(mine.begin(), mine.end(), held.begin()).first;
      const auto same = static_cast<uint64_t>(different - mine.begin());
      equal += same;
      if (same < most) break;
    }
    return equal;
  }

  // How many at the end of `bytes` are those of the base before `offset`.
  Result<uint64_t> equal_before(ByteSpan bytes, uint64_t offset) {
    uint64_t equal = 0;
    while (equal < bytes.size() && equal < offset) {
      const uint64_t place = offset - equal - 1;
      PANNIER_TRY(load(place));
      if (window_[place - window_begin_] != bytes[bytes.size() - equal - 1]) break;
      ++equal;
    }
    return equal;
  }

 private:
  // Holds the window in which the byte at `offset` is. REQUIRES: it is in the base.
  Status load(uint64_t offset) {
    if (offset >= window_begin_ && offset - window_begin_ < window_.size()) return {};
    window_begin_ = offset / kWindowBytes * kWindowBytes;
    window_.resize(std::min(kWindowBytes, base_bytes_ - window_begin_));
    const Status status = base_(window_begin_, window_);
    if (!status.ok()) window_.clear();
    return status;
  }

  const BaseReader& base_;
  uint64_t base_bytes_;
  uint64_t window_begin_ = 0;
  Bytes window_;
};

class ChunkEncoder {
 public:
  ChunkEncoder(ByteSpan raw, const ChunkIndex& index, const BaseReader& base)
      : raw_(raw), index_(index), comparer_(base, index.base_bytes()) {}

  Result<EncodedPart> run() {
    ContentChunker chunker = index_.new_chunker();
    for (uint64_t i = 0; i < raw_.size(); ++i) {
      const bool is_end = chunker.take(raw_[i]) || i + 1 == raw_.size();
      if (!is_end || i + 1 <= told_) continue;
      const std::optional<uint64_t> found = index_.find(chunker.fingerprint());
      if (found) PANNIER_TRY(try_copy(i + 1 - chunker.chunk_bytes(), i + 1, *found));
    }
    if (told_ < raw_.size()) add_step(raw_.size(), 0, 0);
    return written();
  }

 private:
  // Bytes [begin, end) of the part may be those of the base at `offset`: copies what is, and what lies
  // before and behind it likewise.
  Status try_copy(uint64_t begin, uint64_t end, uint64_t offset) {
    PANNIER_ASSIGN(const uint64_t equal, comparer_.equal_from(raw_.subspan(begin), offset));
    if (begin + equal < end) return {};  // another chunk of the same fingerprint
    const uint64_t equal_end = begin + equal;
    if (begin < told_) {
      offset += told_ - begin;
      begin = told_;
    }
    PANNIER_ASSIGN(const uint64_t before, comparer_.equal_before(raw_.subspan(told_, begin - told_), offset));
    if (equal_end - begin + before >= kCopyBytesMin) {
      add_step(begin - before, equal_end - begin + before, offset - before);
    }
    return {};
  }

  // New bytes up to `literal_end`, then a copy.
  void add_step(uint64_t literal_end, uint64_t copy_bytes, uint64_t base_offset) {
    const ByteSpan literal = raw_.subspan(told_, literal_end - told_);
    literals_.insert(literals_.end(), literal.begin(), literal.end());
    append_le(literal.size(), 4, steps_);
    append_le(copy_bytes, 4, steps_);
    append_le(base_offset, 8, steps_);
    told_ = literal_end + copy_bytes;
  }

  Result<EncodedPart> written() const {
    EncodedPart part;
    append_le(steps_.size() / kStepBytes, kCountBytes, part.bytes);
    PANNIER_TRY(append_record(steps_, part.bytes));
    PANNIER_TRY(append_record(literals_, part.bytes));
    part.encoding = PartEncoding::kChunksDelta;
    if (part.bytes.size() >= raw_.size()) {
      part.encoding = PartEncoding::kStored;
      part.bytes.assign(raw_.begin(), raw_.end());
    }
    return part;
  }

  ByteSpan raw_;
  const ChunkIndex& index_;
  BaseComparer comparer_;
  uint64_t told_ = 0;  // up to where steps reach
  Bytes steps_;
  Bytes literals_;
};

// Checks the whole list before anything is read of the base or written.
Result<std::vector<Step>> read_steps(EncodedReader& reader, uint64_t raw_bytes) {
  PANNIER_ASSIGN(const ByteSpan count_bytes, reader.take(kCountBytes));
  const uint64_t count = read_le<uint32_t>(count_bytes);
  if (count == 0 || count > raw_bytes / kCopyBytesMin + 1) {
    return reader.corrupt(fmt::format("{} steps for {} bytes", count, raw_bytes));
  }
  Bytes scratch(count * kStepBytes);
  PANNIER_ASSIGN(ByteSpan list, read_record(reader, scratch.size(), scratch));
  std::vector<Step> steps;
  steps.reserve(count);
  uint64_t left = raw_bytes;
  for (; !list.empty(); list = list.subspan(kStepBytes)) {
    const Step step{read_le<uint32_t>(list), read_le<uint32_t>(list.subspan(4)),
                    read_le<uint64_t>(list.subspan(8))};
    const bool is_last = list.size() == kStepBytes;
    const bool ends_with_literal =
        is_last && step.copy_bytes == 0 && step.literal_bytes > 0 && step.base_offset == 0;
    if (!ends_with_literal && step.copy_bytes < kCopyBytesMin) {
      return reader.corrupt(fmt::format("a step copies {} bytes", step.copy_bytes));
    }
    const uint64_t bytes = uint64_t{step.literal_bytes} + step.copy_bytes;
    if (bytes > left) return reader.corrupt("its steps make more bytes than the part has");
    if (step.base_offset > UINT64_MAX - step.copy_bytes)
      return reader.corrupt("a step copies from beyond any blob");
    left -= bytes;
    steps.push_back(step);
  }
  if (left != 0) return reader.corrupt(fmt::format("its steps leave {} bytes of the part open", left));
  return steps;
}

}  // namespace

Result<EncodedPart> encode_chunks(ByteSpan raw, const ChunkIndex& index, const BaseReader& base) {
  assert(raw.size() <= kPartBytes);
  if (raw.empty()) return EncodedPart{};
  return ChunkEncoder(raw, index, base).run();
}

Status decode_chunks(ByteSpan encoded, const BaseReader& base, MutableByteSpan raw, std::string_view what) {
  EncodedReader reader(encoded, what);
  PANNIER_ASSIGN(const std::vector<Step> steps, read_steps(reader, raw.size()));
  uint64_t literal_bytes = 0;
  for (const Step& step : steps) literal_bytes += step.literal_bytes;
  Bytes scratch(literal_bytes);
  PANNIER_ASSIGN(ByteSpan literals, read_record(reader, literal_bytes, scratch));
  if (!reader.at_end()) return reader.corrupt("bytes follow the new ones");
  for (const Step& step : steps) {
    std::copy_n(literals.begin(), step.literal_bytes, raw.begin());
    literals = literals.subspan(step.literal_bytes);
    raw = raw.subspan(step.literal_bytes);
    if (step.copy_bytes > 0) {
      const Status status = base(step.base_offset, raw.first(step.copy_bytes));
      if (!status.ok()) return with_context(status.error(), std::string(what));
    }
    raw = raw.subspan(step.copy_bytes);
  }
  return {};
}

}  // namespace pannier
