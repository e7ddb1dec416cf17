// Base64 with exactly one text for each sequence of bytes.
#include "format/base64.h"

#include <fmt/core.h>

#include <cstdint>

namespace pannier {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Error refuse(size_t offset, std::string_view reason) {
  return {ErrorKind::kCorrupt, fmt::format("base64 at character {}: {}", offset, reason), ""};
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t begin = 0; begin < bytes.size(); begin += 3) {
    const std::string_view group = bytes.substr(begin, 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<uint8_t>(group[i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      out.push_back(i <= group.size() ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=');
    }
  }
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return refuse(text.size(), "the length is not a multiple of 4");
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int bit_count = 0;
  for (size_t i = 0; i < text.size() - padding; ++i) {
    const size_t value = kAlphabet.find(text[i]);
    if (value == std::string_view::npos) return refuse(i, "a character outside the alphabet");
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xFFFF;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out.push_back(static_cast<char>(bits >> bit_count & 0xFF));
  }
  if ((bits & ((1u << bit_count) - 1)) != 0) {
    return refuse(text.size() - padding - 1, "unused bits are not zero");
  }
  return out;
}

}  // namespace pannier
