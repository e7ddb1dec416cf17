// DER (ITU-T X.690): the encoding of keys and signatures. Strict: one encoding for each value, definite and
// minimal lengths, nothing after the end. Reads views of the given bytes and allocates nothing.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

enum DerTag : uint8_t {
  kDerInteger = 0x02,
  kDerBitString = 0x03,
  kDerOctetString = 0x04,
  kDerNull = 0x05,
  kDerObjectId = 0x06,
  kDerSequence = 0x30,
  kDerContext0 = 0xA0,  // [0], [1] constructed
  kDerContext1 = 0xA1,
};

// Walks the elements of one level. `bytes` and `what` (names the file in messages) must outlive it.
class DerReader {
 public:
  DerReader(ByteSpan bytes, std::string_view what) : left_(bytes), begin_(bytes.data()), what_(what) {}

  bool at_end() const { return left_.empty(); }
  // Whether the next element has this tag.
  bool next_is(DerTag tag) const { return !left_.empty() && left_[0] == tag; }

  // The contents of the next element, which must have this tag; `name` says what it is. kCorrupt.
  Result<ByteSpan> read(DerTag tag, std::string_view name);
  // The same as a reader of its elements.
  Result<DerReader> enter(DerTag tag, std::string_view name);
  // An INTEGER that is not negative, big-endian and without leading zeros: empty for 0.
  Result<ByteSpan> unsigned_integer(std::string_view name);
  // The same where it must fit. kCorrupt, kLimit above `max`.
  Result<uint64_t> unsigned_integer(std::string_view name, uint64_t max);
  // kCorrupt where anything is left.
  Status end(std::string_view name) const;

 private:
  DerReader(ByteSpan bytes, const uint8_t* begin, std::string_view what)
      : left_(bytes), begin_(begin), what_(what) {}
  Error corrupt(std::string_view name, std::string_view reason) const;

  ByteSpan left_;
  const uint8_t* begin_;  // of the outermost level, for offsets in messages
  std::string_view what_;
};

// One element; `contents` are the pieces it is made of, in order.
Bytes der_element(DerTag tag, std::initializer_list<ByteSpan> contents);
// A number that is not negative; big-endian, leading zeros allowed.
Bytes der_unsigned(ByteSpan big_endian);
Bytes der_unsigned(uint64_t value);

}  // namespace pannier
