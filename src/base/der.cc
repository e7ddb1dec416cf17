#include "base/der.h"

#include <fmt/core.h>

#include <array>

namespace pannier {

Error DerReader::corrupt(std::string_view name, std::string_view reason) const {
  return {ErrorKind::kCorrupt, fmt::format("{}: byte {}: {}: {}", what_, left_.data() - begin_, name, reason),
          ""};
}

Result<ByteSpan> DerReader::read(DerTag tag, std::string_view name) {
  if (left_.size() < 2) return corrupt(name, "ended early");
  if (left_[0] != tag) {
    return corrupt(name, fmt::format("has tag {:#04x}, {:#04x} was expected", left_[0], unsigned{tag}));
  }
  uint64_t bytes = left_[1];
  size_t head = 2;
  if (bytes >= 0x80) {
    // 0x80 says "until an end mark", which DER forbids; four bytes of length are more than any file here.
    const size_t length_bytes = bytes & 0x7F;
    if (length_bytes == 0 || length_bytes > 4) return corrupt(name, "a length that DER does not have");
    if (left_.size() - head < length_bytes) return corrupt(name, "ended early");
    bytes = 0;
    for (size_t i = 0; i < length_bytes; ++i) bytes = bytes << 8 | left_[head++];
    if (bytes < 0x80 || bytes >> (8 * (length_bytes - 1)) == 0) {
      return corrupt(name, "a length that is not written in the shortest way");
    }
  }
  if (bytes > left_.size() - head) {
    return corrupt(name, fmt::format("{} bytes are announced, {} are left", bytes, left_.size() - head));
  }
  const ByteSpan contents = left_.subspan(head, bytes);
  left_ = left_.subspan(head + bytes);
  return contents;
}

Result<DerReader> DerReader::enter(DerTag tag, std::string_view name) {
  PANNIER_ASSIGN(const ByteSpan contents, read(tag, name));
  return DerReader(contents, begin_, what_);
}

Result<ByteSpan> DerReader::unsigned_integer(std::string_view name) {
  PANNIER_ASSIGN(const ByteSpan bytes, read(kDerInteger, name));
  if (bytes.empty()) return corrupt(name, "a number without digits");
  if (bytes[0] >= 0x80) return corrupt(name, "a negative number");
  if (bytes[0] != 0) return bytes;
  if (bytes.size() > 1 && bytes[1] < 0x80) return corrupt(name, "a number with superfluous zeros");
  return bytes.subspan(1);
}

Result<uint64_t> DerReader::unsigned_integer(std::string_view name, uint64_t max) {
  PANNIER_ASSIGN(const ByteSpan bytes, unsigned_integer(name));
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 8; ++i) value = value << 8 | bytes[i];
  if (bytes.size() > 8 || value > max) {
    return Error{ErrorKind::kLimit, fmt::format("{}: {} is above {}", what_, name, max), ""};
  }
  return value;
}

Status DerReader::end(std::string_view name) const {
  if (!left_.empty()) return corrupt(name, fmt::format("{} bytes follow its end", left_.size()));
  return {};
}

Bytes der_element(DerTag tag, std::initializer_list<ByteSpan> contents) {
  uint64_t bytes = 0;
  for (const ByteSpan piece : contents) bytes += piece.size();
  Bytes out = {tag};
  if (bytes < 0x80) {
    out.push_back(static_cast<uint8_t>(bytes));
  } else {
    size_t length_bytes = 1;
    while (bytes >> (8 * length_bytes) != 0) ++length_bytes;
    out.push_back(static_cast<uint8_t>(0x80 | length_bytes));
    for (size_t i = length_bytes; i-- > 0;) out.push_back(static_cast<uint8_t>(bytes >> (8 * i)));
  }
  out.reserve(out.size() + bytes);
  for (const ByteSpan piece : contents) out.insert(out.end(), piece.begin(), piece.end());
  return out;
}

Bytes der_unsigned(ByteSpan big_endian) {
  while (!big_endian.empty() && big_endian[0] == 0) big_endian = big_endian.subspan(1);
  static constexpr std::array<uint8_t, 1> kZero = {0};
  if (big_endian.empty() || big_endian[0] >= 0x80) return der_element(kDerInteger, {kZero, big_endian});
  return der_element(kDerInteger, {big_endian});
}

Bytes der_unsigned(uint64_t value) {
  std::array<uint8_t, 8> bytes;
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * (7 - i)));
  return der_unsigned(ByteSpan(bytes));
}

}  // namespace pannier
