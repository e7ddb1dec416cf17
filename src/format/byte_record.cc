// The four ways: as it is, one byte repeated, a zstd frame, or a bitmap of what is not zero and the rest.
#include "format/byte_record.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "format/byte_planes.h"

namespace pannier {
namespace {

constexpr uint8_t kMethodRaw = 0;
constexpr uint8_t kMethodConstant = 1;
constexpr uint8_t kMethodFrame = 2;
constexpr uint8_t kMethodSparse = 3;

// Every way is tried on one record in so many.
constexpr uint32_t kTrialEvery = 16;
// What was raw is looked at, in pieces of a plane, whether it still is no better.
constexpr uint64_t kSkewSampleBytes = 4096;
constexpr uint64_t kSkewPieceBytes = 512;
// Bitmaps pay where most bytes are zero: Huffman codes have no code shorter than a bit.
constexpr double kSparseZerosMin = 0.5;

// Whether there are matches is told from so many bytes: looking for them in all would take half the time.
constexpr uint64_t kMatchTrialBytes = 32ull << 10;

// What decodes slower must save so much more: a frame against raw bytes, matches against Huffman.
uint64_t gain_min(uint64_t plain_bytes) { return plain_bytes / 128; }

// Memory that each thread keeps, since a page that is given back and taken again costs more than it does to
// fill it. A few times the size of a plane, which is 128 KiB at most.
struct RecordScratch {
  Bytes candidate;
  Bytes bitmap;
  Bytes values;
};
RecordScratch& scratch_of_thread() {
  thread_local RecordScratch scratch;
  return scratch;
}

void append_head(uint8_t method, uint64_t bytes, Bytes& out) {
  out.push_back(method);
  append_le(bytes, 4, out);
}

void set_length(uint64_t begin, Bytes& out) {
  const auto length = static_cast<uint32_t>(out.size() - begin - kRecordHeadBytes);
  std::memcpy(out.data() + begin + 1, &length, sizeof(length));
}

void append_raw(ByteSpan plain, Bytes& out) {
  append_head(kMethodRaw, plain.size(), out);
  out.insert(out.end(), plain.begin(), plain.end());
}

void append_constant(uint8_t byte, Bytes& out) {
  append_head(kMethodConstant, 1, out);
  out.push_back(byte);
}

// A frame where it saves enough, and else raw.
Status append_frame_or_raw(ByteSpan plain, Effort effort, Bytes& out) {
  const uint64_t begin = out.size();
  append_head(kMethodFrame, 0, out);
  PANNIER_ASSIGN(const bool fits, append_frame(plain, effort, plain.size() - gain_min(plain.size()), out));
  if (fits) {
    set_length(begin, out);
  } else {
    out.resize(begin);
    append_raw(plain, out);
  }
  return {};
}

bool is_constant(ByteSpan plain) {
  return !plain.empty() && std::memcmp(plain.data(), plain.data() + 1, plain.size() - 1) == 0;
}

bool is_mostly_zero(ByteSpan plain) {
  const auto zeros = static_cast<uint64_t>(std::count(plain.begin(), plain.end(), uint8_t{0}));
  return static_cast<double>(zeros) > kSparseZerosMin * static_cast<double>(plain.size());
}

// Whether some bytes are clearly more frequent than others, by a sample: the sum of the squared counts, which
// is least where all are equal, and then strays by half a percent. Cheap enough for every plane.
bool looks_skewed(ByteSpan plain) {
  if (plain.size() < kSkewSampleBytes) return false;
  std::array<uint32_t, 256> counts{};
  const uint64_t stride = (plain.size() - kSkewPieceBytes) / (kSkewSampleBytes / kSkewPieceBytes - 1);
  for (uint64_t taken = 0, at = 0; taken < kSkewSampleBytes; taken += kSkewPieceBytes, at += stride) {
    for (const uint8_t byte : plain.subspan(at, kSkewPieceBytes)) ++counts[byte];
  }
  uint64_t squares = 0;
  for (const uint64_t count : counts) squares += count * count;
  constexpr uint64_t kEven = kSkewSampleBytes + kSkewSampleBytes * (kSkewSampleBytes - 1) / 256;
  return squares > kEven + kEven / 16;
}

uint64_t count_bits(ByteSpan bitmap) {
  uint64_t bits = 0;
  for (; bitmap.size() >= 8; bitmap = bitmap.subspan(8)) {
    bits += static_cast<uint64_t>(std::popcount(read_le<uint64_t>(bitmap)));
  }
  for (const uint8_t byte : bitmap) bits += static_cast<uint64_t>(std::popcount(byte));
  return bits;
}

// A record that is no bitmap. Its payload has been taken off the reader already.
Result<ByteSpan> expand(uint8_t method, ByteSpan payload, MutableByteSpan plain,
                        const EncodedReader& reader) {
  if (method == kMethodRaw) {
    if (payload.size() != plain.size()) {
      return reader.corrupt(fmt::format("a record of {} bytes stores {}", plain.size(), payload.size()));
    }
    return payload;
  }
  if (method == kMethodConstant) {
    if (payload.size() != 1) return reader.corrupt("a record of one repeated byte has more than that byte");
    std::fill(plain.begin(), plain.end(), payload[0]);
    return ByteSpan(plain);
  }
  if (method == kMethodFrame) {
    PANNIER_TRY(decode_frame(payload, plain, reader.what()));
    return ByteSpan(plain);
  }
  return reader.corrupt(fmt::format("a record is written in way {}, which is none here", method));
}

struct Record {
  uint8_t method = kMethodRaw;
  ByteSpan payload;
};

Result<Record> take_record(EncodedReader& reader) {
  PANNIER_ASSIGN(const ByteSpan head, reader.take(kRecordHeadBytes));
  PANNIER_ASSIGN(const ByteSpan payload, reader.take(read_le<uint32_t>(head.subspan(1))));
  return Record{head[0], payload};
}

Result<ByteSpan> take_plain_record(EncodedReader& reader, uint64_t plain_bytes, Bytes& storage) {
  PANNIER_ASSIGN(const Record record, take_record(reader));
  storage.resize(plain_bytes);
  return expand(record.method, record.payload, storage, reader);
}

// A bitmap and its values, both records of the other ways: never a bitmap in a bitmap.
Status expand_sparse(ByteSpan payload, MutableByteSpan plain, const EncodedReader& outer) {
  EncodedReader reader(payload, outer.what());
  RecordScratch& scratch = scratch_of_thread();
  PANNIER_ASSIGN(const ByteSpan bitmap, take_plain_record(reader, (plain.size() + 7) / 8, scratch.bitmap));
  const uint64_t last_bits = plain.size() % 8;
  if (last_bits != 0 && (bitmap.back() >> last_bits) != 0) {
    return outer.corrupt("a bitmap has bits beyond the bytes that it is for");
  }
  PANNIER_ASSIGN(const ByteSpan values, take_plain_record(reader, count_bits(bitmap), scratch.values));
  if (!reader.at_end()) return outer.corrupt("a record goes on behind its end");
  merge_zeros(bitmap, values, plain);
  return {};
}

// The bitmap of a tensor that was not touched in places has runs; of one that was touched everywhere, none.
Status append_sparse(ByteSpan plain, Effort bitmap_effort, Bytes& out) {
  RecordScratch& scratch = scratch_of_thread();
  const uint64_t begin = out.size();
  append_head(kMethodSparse, 0, out);
  scratch.bitmap.resize((plain.size() + 7) / 8);
  scratch.values.resize(plain.size());
  const uint64_t count = split_zeros(plain, scratch.bitmap.data(), scratch.values.data());
  PANNIER_TRY(append_frame_or_raw(scratch.bitmap, bitmap_effort, out));
  PANNIER_TRY(append_frame_or_raw(ByteSpan(scratch.values).first(count), Effort::kHuffman, out));
  set_length(begin, out);
  if (out.size() - begin < plain.size()) return {};
  out.resize(begin);
  append_raw(plain, out);
  return {};
}

Result<bool> has_matches(ByteSpan plain) {
  Bytes& candidate = scratch_of_thread().candidate;
  const ByteSpan sample = plain.first(std::min<uint64_t>(plain.size(), kMatchTrialBytes));
  candidate.clear();
  PANNIER_TRY(append_frame_or_raw(sample, Effort::kHuffman, candidate));
  const uint64_t huffman_bytes = candidate.size();
  candidate.clear();
  PANNIER_TRY(append_frame_or_raw(sample, Effort::kMatches, candidate));
  return candidate.size() + gain_min(sample.size()) < huffman_bytes;
}

}  // namespace

void append_le(uint64_t value, uint32_t bytes, Bytes& out) {
  for (uint32_t i = 0; i < bytes; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

Result<ByteSpan> EncodedReader::take(uint64_t bytes) {
  if (bytes > left()) {
    return corrupt(fmt::format("{} bytes are said to follow, but {} are left", bytes, left()));
  }
  const ByteSpan taken = bytes_.subspan(offset_, bytes);
  offset_ += bytes;
  return taken;
}

Error EncodedReader::corrupt(std::string_view reason) const {
  return {ErrorKind::kCorrupt,
          fmt::format("{}: near byte {} of the encoded part: {}", what_, offset_, reason), ""};
}

Result<ByteSpan> read_record(EncodedReader& reader, uint64_t plain_bytes, MutableByteSpan scratch) {
  assert(scratch.size() >= plain_bytes);
  const MutableByteSpan plain = scratch.first(plain_bytes);
  PANNIER_ASSIGN(const Record record, take_record(reader));
  if (record.method != kMethodSparse) return expand(record.method, record.payload, plain, reader);
  PANNIER_TRY(expand_sparse(record.payload, plain, reader));
  return ByteSpan(plain);
}

Status RecordWriter::append_as(ByteSpan plain, Way way, Bytes& out) {
  switch (way) {
    case Way::kRaw:
      append_raw(plain, out);
      return {};
    case Way::kHuffman:
      return append_frame_or_raw(plain, Effort::kHuffman, out);
    case Way::kMatches:
      return append_frame_or_raw(plain, Effort::kMatches, out);
    case Way::kSparse:
      return append_sparse(plain, Effort::kHuffman, out);
    case Way::kSparseWithMatches:
      return append_sparse(plain, Effort::kMatches, out);
  }
  return {};
}

Status RecordWriter::try_all(ByteSpan plain, Bytes& out) {
  const uint64_t begin = out.size();
  way_ = Way::kHuffman;
  PANNIER_TRY(append_as(plain, way_, out));
  PANNIER_ASSIGN(const bool try_matches, has_matches(plain));
  const bool try_sparse = is_mostly_zero(plain);
  const std::pair<Way, bool> candidates[] = {
      {Way::kSparse, try_sparse}, {Way::kSparseWithMatches, try_sparse}, {Way::kMatches, try_matches}};
  for (const auto& [way, is_promising] : candidates) {
    if (!is_promising) continue;
    Bytes& candidate = scratch_of_thread().candidate;
    candidate.clear();
    PANNIER_TRY(append_as(plain, way, candidate));
    if (candidate.size() + gain_min(plain.size()) >= out.size() - begin) continue;
    way_ = way;
    out.resize(begin);
    out.insert(out.end(), candidate.begin(), candidate.end());
  }
  if (out[begin] == kMethodRaw) way_ = Way::kRaw;
  return {};
}

Status RecordWriter::append(ByteSpan plain, Bytes& out) {
  if (is_constant(plain)) {
    append_constant(plain[0], out);
    return {};
  }
  if (until_trial_ == 0 || (way_ == Way::kRaw && looks_skewed(plain))) {
    until_trial_ = kTrialEvery - 1;
    return try_all(plain, out);
  }
  --until_trial_;
  const bool is_sparse = way_ == Way::kSparse || way_ == Way::kSparseWithMatches;
  const bool is_fit = !is_sparse || is_mostly_zero(plain);
  return append_as(plain, is_fit ? way_ : Way::kHuffman, out);
}

Status append_record(ByteSpan plain, Bytes& out) {
  if (is_constant(plain)) {
    append_constant(plain[0], out);
    return {};
  }
  return append_frame_or_raw(plain, Effort::kMatches, out);
}

}  // namespace pannier
