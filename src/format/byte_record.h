// A record: a run of bytes whose length both sides know (a plane, a list), written in whichever of four ways
// is short. Parts are made of records. Page: docs/formats/encodings.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "format/entropy_coder.h"

namespace pannier {

// Takes bytes off the front of an encoded part and says in errors which part and where.
class EncodedReader {
 public:
  EncodedReader(ByteSpan bytes, std::string_view what) : bytes_(bytes), what_(what) {}
  bool at_end() const { return offset_ == bytes_.size(); }
  uint64_t left() const { return bytes_.size() - offset_; }
  // kCorrupt where fewer are left.
  Result<ByteSpan> take(uint64_t bytes);
  Error corrupt(std::string_view reason) const;
  std::string_view what() const { return what_; }

 private:
  ByteSpan bytes_;
  std::string_view what_;
  uint64_t offset_ = 0;
};

// Appends the lowest `bytes` bytes of a number, the lowest first.
void append_le(uint64_t value, uint32_t bytes, Bytes& out);

inline constexpr uint64_t kRecordHeadBytes = 5;  // method, length

// Reads a record of plain_bytes. The view is into the encoded bytes where they are stored as they are, and
// else into `scratch`, which is filled. REQUIRES: scratch.size() >= plain_bytes. kCorrupt.
Result<ByteSpan> read_record(EncodedReader& reader, uint64_t plain_bytes, MutableByteSpan scratch);

// Writes records of one kind (plane 1 of a tensor, say), one after the other: tries every way on the first
// and again every few, and keeps to what was shortest in between. Deterministic.
class RecordWriter {
 public:
  // Appends the record of `plain`. kLimit: no memory.
  Status append(ByteSpan plain, Bytes& out);
  // The next one tries every way again: what comes is of another kind.
  void begin_anew() { until_trial_ = 0; }

 private:
  enum class Way { kRaw, kHuffman, kMatches, kSparse, kSparseWithMatches };
  Status try_all(ByteSpan plain, Bytes& out);
  static Status append_as(ByteSpan plain, Way way, Bytes& out);

  Way way_ = Way::kRaw;
  uint32_t until_trial_ = 0;
};

// The record of one run that may have repetitions: a list, text. kLimit: no memory.
Status append_record(ByteSpan plain, Bytes& out);

}  // namespace pannier
