// Weights as segments, segments as chunks of as many elements, chunks as planes, planes as records; and
// which decoder reads what.
#include "format/part_codec.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>

#include "format/byte_planes.h"
#include "format/byte_record.h"
#include "format/chunk_delta.h"

namespace pannier {
namespace {

// So many elements are split at once: a plane is then one block of zstd, and all of a chunk stay in the
// processor's second cache.
constexpr uint64_t kChunkElements = 128ull << 10;
constexpr uint64_t kSegmentHeadBytes = 16;
constexpr uint8_t kFlagFloat = 1;
constexpr uint8_t kFlagBase = 2;
// Whether the base helps is asked of one chunk in so many.
constexpr uint64_t kBaseTrialEvery = 16;

struct NamedEncoding {
  PartEncoding encoding;
  std::string_view name;
};
constexpr NamedEncoding kEncodings[] = {
    {PartEncoding::kStored, "stored"},
    {PartEncoding::kPlanes, "planes"},
    {PartEncoding::kPlanesDelta, "planes-delta"},
    {PartEncoding::kChunksDelta, "chunks-delta"},
};

bool is_element_width(uint8_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

// Where planes and base bytes of a chunk lie while it is worked on.
class ChunkScratch {
 public:
  MutableByteSpan planes(uint64_t bytes) { return sized(planes_, bytes); }
  MutableByteSpan mixed(uint64_t bytes) { return sized(mixed_, bytes); }
  MutableByteSpan base(uint64_t bytes) { return sized(base_, bytes); }

 private:
  static MutableByteSpan sized(Bytes& storage, uint64_t bytes) {
    if (storage.size() < bytes) storage.resize(bytes);
    return MutableByteSpan(storage).first(bytes);
  }
  Bytes planes_;
  Bytes mixed_;  // XORed
  Bytes base_;
};

// Kept by each thread: fresh memory would cost a page fault every 4 KiB.
ChunkScratch& scratch_of_thread() {
  thread_local ChunkScratch scratch;
  return scratch;
}

class WeightEncoder {
 public:
  WeightEncoder(ByteSpan raw, const BaseReader& base, EncodedPart& part)
      : raw_(raw), base_(base), part_(part), out_(part.bytes) {
    out_.clear();
    out_.reserve(raw.size());
  }

  Status add(const WeightSegment& segment);
  void finish();

 private:
  using PlaneWriters = std::array<RecordWriter, kElementBytesMax>;

  Status add_chunk(const WeightSegment& segment, ByteSpan chunk, PlaneWriters& writers, Bytes& out);
  Result<bool> is_base_better(const WeightSegment& segment, ByteSpan chunk, ByteSpan xored);
  void begin_segment(const WeightSegment& segment, bool has_base, uint64_t base_offset);
  void end_segment();

  ByteSpan raw_;
  const BaseReader& base_;
  uint64_t offset_ = 0;  // in raw_
  EncodedPart& part_;
  Bytes& out_;  // the part's
  ChunkScratch& scratch_ = scratch_of_thread();
  uint64_t segment_at_ = 0;     // in out_: the head of the one that is being written
  uint64_t segment_begin_ = 0;  // in raw_
  bool any_base_ = false;
};

void WeightEncoder::begin_segment(const WeightSegment& segment, bool has_base, uint64_t base_offset) {
  segment_at_ = out_.size();
  segment_begin_ = offset_;
  out_.resize(segment_at_ + kSegmentHeadBytes);
  uint8_t* const head = out_.data() + segment_at_;
  head[4] = segment.element_bytes;
  head[5] = static_cast<uint8_t>((segment.is_float ? kFlagFloat : 0) | (has_base ? kFlagBase : 0));
  if (has_base) std::memcpy(head + 8, &base_offset, sizeof(base_offset));
  any_base_ = any_base_ || has_base;
}

void WeightEncoder::end_segment() {
  const auto bytes = static_cast<uint32_t>(offset_ - segment_begin_);
  std::memcpy(out_.data() + segment_at_, &bytes, sizeof(bytes));
}

Status WeightEncoder::add_chunk(const WeightSegment& segment, ByteSpan chunk, PlaneWriters& writers,
                                Bytes& out) {
  const MutableByteSpan planes = scratch_.planes(chunk.size());
  split_planes(chunk, {segment.element_bytes, segment.is_float}, planes.data());
  const uint64_t count = chunk.size() / segment.element_bytes;
  for (uint32_t i = 0; i < segment.element_bytes; ++i) {
    PANNIER_TRY(writers[i].append(planes.subspan(i * count, count), out));
  }
  return {};
}

// What differs wholly is shorter alone: a layer that was trained anew.
Result<bool> WeightEncoder::is_base_better(const WeightSegment& segment, ByteSpan chunk, ByteSpan xored) {
  PlaneWriters writers_alone;
  PlaneWriters writers_xored;
  Bytes alone;
  Bytes with_base;
  PANNIER_TRY(add_chunk(segment, chunk, writers_alone, alone));
  PANNIER_TRY(add_chunk(segment, xored, writers_xored, with_base));
  return with_base.size() <= alone.size();
}

Status WeightEncoder::add(const WeightSegment& segment) {
  assert(is_element_width(segment.element_bytes) && (segment.element_bytes > 1 || !segment.is_float));
  assert(segment.bytes % segment.element_bytes == 0 && segment.bytes <= raw_.size() - offset_);
  const uint64_t chunk_bytes_max = kChunkElements * segment.element_bytes;
  const uint64_t end = offset_ + segment.bytes;
  PlaneWriters writers;
  bool use_base = false;
  for (uint64_t i = 0, base_offset = segment.base_offset.value_or(0); offset_ < end; ++i) {
    ByteSpan chunk = raw_.subspan(offset_, std::min(chunk_bytes_max, end - offset_));
    bool is_new_segment = i == 0;
    const bool is_trial = i % kBaseTrialEvery == 0;
    if (segment.base_offset && (use_base || is_trial)) {
      const MutableByteSpan xored = scratch_.mixed(chunk.size());
      std::copy(chunk.begin(), chunk.end(), xored.begin());
      const MutableByteSpan base_bytes = scratch_.base(chunk.size());
      PANNIER_TRY(base_(base_offset, base_bytes));
      xor_bytes(xored, base_bytes);
      if (is_trial) {
        PANNIER_ASSIGN(const bool is_better, is_base_better(segment, chunk, xored));
        is_new_segment = is_new_segment || is_better != use_base;
        use_base = is_better;
      }
      if (use_base) chunk = xored;
    }
    if (is_new_segment) {
      if (i > 0) end_segment();
      begin_segment(segment, use_base, base_offset);
      for (RecordWriter& writer : writers) writer.begin_anew();
    }
    PANNIER_TRY(add_chunk(segment, chunk, writers, out_));
    offset_ += chunk.size();
    base_offset += chunk.size();
  }
  end_segment();
  return {};
}

void WeightEncoder::finish() {
  assert(offset_ == raw_.size());
  part_.encoding = any_base_ ? PartEncoding::kPlanesDelta : PartEncoding::kPlanes;
  if (out_.size() < raw_.size()) return;
  part_.encoding = PartEncoding::kStored;
  out_.assign(raw_.begin(), raw_.end());
}

// One segment as its head says it, checked.
struct SegmentHead {
  uint64_t bytes = 0;
  ElementShape shape;
  std::optional<uint64_t> base_offset;
};

class WeightDecoder {
 public:
  WeightDecoder(ByteSpan encoded, const BaseReader* base, MutableByteSpan raw, std::string_view what)
      : reader_(encoded, what), base_(base), raw_(raw) {}

  Status run();

 private:
  Result<SegmentHead> take_head();
  Status fill_chunk(const SegmentHead& head, MutableByteSpan chunk);

  EncodedReader reader_;
  const BaseReader* base_;  // nullptr: the encoding has none
  MutableByteSpan raw_;
  uint64_t offset_ = 0;
  ChunkScratch& scratch_ = scratch_of_thread();
};

Result<SegmentHead> WeightDecoder::take_head() {
  PANNIER_ASSIGN(const ByteSpan bytes, reader_.take(kSegmentHeadBytes));
  SegmentHead head;
  head.bytes = read_le<uint32_t>(bytes);
  head.shape = {bytes[4], (bytes[5] & kFlagFloat) != 0};
  const uint64_t base_offset = read_le<uint64_t>(bytes.subspan(8));
  const bool has_base = (bytes[5] & kFlagBase) != 0;
  if (has_base) head.base_offset = base_offset;
  const uint8_t width = head.shape.element_bytes;
  if (!is_element_width(width)) return reader_.corrupt(fmt::format("its elements have {} bytes", width));
  if (head.bytes == 0 || head.bytes % width != 0 || head.bytes > raw_.size() - offset_) {
    return reader_.corrupt(fmt::format("a segment of {} bytes, made of {} each, where {} are to come",
                                       head.bytes, width, raw_.size() - offset_));
  }
  const bool is_known = (bytes[5] & ~(kFlagFloat | kFlagBase)) == 0 && bytes[6] == 0 && bytes[7] == 0;
  if (!is_known || (width == 1 && head.shape.is_float))
    return reader_.corrupt("a segment's flags are not known");
  if (!has_base && base_offset != 0) return reader_.corrupt("a segment without base has a place in it");
  if (has_base && base_ == nullptr)
    return reader_.corrupt("a segment builds on a base, and this encoding has none");
  if (base_offset > UINT64_MAX - head.bytes) return reader_.corrupt("a segment's base lies beyond any blob");
  return head;
}

Status WeightDecoder::fill_chunk(const SegmentHead& head, MutableByteSpan chunk) {
  const uint64_t count = chunk.size() / head.shape.element_bytes;
  const MutableByteSpan scratch = scratch_.planes(chunk.size());
  PlanePointers planes{};
  for (uint32_t i = 0; i < head.shape.element_bytes; ++i) {
    PANNIER_ASSIGN(const ByteSpan plane, read_record(reader_, count, scratch.subspan(i * count, count)));
    planes[i] = plane.data();
  }
  merge_planes(planes, head.shape, chunk);
  return {};
}

Status WeightDecoder::run() {
  while (offset_ < raw_.size()) {
    PANNIER_ASSIGN(SegmentHead head, take_head());
    const uint64_t chunk_bytes_max = kChunkElements * head.shape.element_bytes;
    for (const uint64_t end = offset_ + head.bytes; offset_ < end;) {
      const MutableByteSpan chunk = raw_.subspan(offset_, std::min(chunk_bytes_max, end - offset_));
      PANNIER_TRY(fill_chunk(head, chunk));
      if (head.base_offset) {
        const MutableByteSpan base_bytes = scratch_.base(chunk.size());
        const Status status = (*base_)(*head.base_offset, base_bytes);
        if (!status.ok()) return with_context(status.error(), std::string(reader_.what()));
        xor_bytes(chunk, base_bytes);
        *head.base_offset += chunk.size();
      }
      offset_ += chunk.size();
    }
  }
  if (!reader_.at_end()) return reader_.corrupt("bytes follow the last segment");
  return {};
}

Status decode_stored(ByteSpan encoded, MutableByteSpan raw, std::string_view what) {
  if (encoded.size() != raw.size()) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: a stored part of {} bytes is for {}", what, encoded.size(), raw.size()),
                 ""};
  }
  std::copy(encoded.begin(), encoded.end(), raw.begin());
  return {};
}

}  // namespace

std::string_view part_encoding_name(PartEncoding encoding) {
  for (const NamedEncoding& row : kEncodings) {
    if (row.encoding == encoding) return row.name;
  }
  assert(false);
  return "";
}

std::optional<PartEncoding> part_encoding_of_name(std::string_view name) {
  for (const NamedEncoding& row : kEncodings) {
    if (row.name == name) return row.encoding;
  }
  return std::nullopt;
}

Status encode_weights(ByteSpan raw, std::span<const WeightSegment> segments, const BaseReader& base,
                      EncodedPart& part) {
  assert(raw.size() <= kPartBytes);
  WeightEncoder encoder(raw, base, part);
  for (const WeightSegment& segment : segments) {
    if (segment.bytes > 0) PANNIER_TRY(encoder.add(segment));
  }
  encoder.finish();
  return {};
}

Result<EncodedPart> encode_weights(ByteSpan raw, std::span<const WeightSegment> segments,
                                   const BaseReader& base) {
  EncodedPart part;
  PANNIER_TRY(encode_weights(raw, segments, base, part));
  return part;
}

Status decode_part(PartEncoding encoding, ByteSpan encoded, const BaseReader& base, MutableByteSpan raw,
                   std::string_view what) {
  if (raw.size() > kPartBytes) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: a part of {} bytes, and {} are the most", what, raw.size(), kPartBytes),
                 ""};
  }
  if (encoding == PartEncoding::kStored) return decode_stored(encoded, raw, what);
  // Bounds all that follows: how many segments, records and reads of the base there can be.
  if (encoded.size() >= raw.size()) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: {} encoded bytes for {} raw ones, which would be stored as they are", what,
                             encoded.size(), raw.size()),
                 ""};
  }
  if (encoding == PartEncoding::kPlanes) return WeightDecoder(encoded, nullptr, raw, what).run();
  if (!base) {
    return Error{ErrorKind::kCorrupt, fmt::format("{}: builds on another blob, and none is named", what), ""};
  }
  if (encoding == PartEncoding::kPlanesDelta) return WeightDecoder(encoded, &base, raw, what).run();
  return decode_chunks(encoded, base, raw, what);
}

}  // namespace pannier
