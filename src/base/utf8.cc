#include "base/utf8.h"

#include <cassert>

namespace pannier {
namespace {

// Table 3-7 of the Unicode standard: what the second byte may be after each lead byte.
struct Lead {
  uint8_t length;  // 0: never begins a character
  uint8_t second_min;
  uint8_t second_max;
};

Lead classify(uint8_t lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// How many bytes from `offset` are a well-formed beginning of a character, and the code point where
// it is whole.
struct Scan {
  Utf8Step step;
  uint8_t valid_bytes;  // of the (possibly broken) character
};

Scan scan(std::string_view text, size_t offset) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[offset + i]); };
  const uint8_t first = byte(0);
  const Lead lead = classify(first);
  if (lead.length == 0) return {{0, 0}, 0};
  if (lead.length == 1) return {{first, 1}, 1};
  char32_t code_point = first & (0x7F >> lead.length);
  for (uint8_t i = 1; i < lead.length; ++i) {
    if (offset + i >= text.size()) return {{0, 0}, i};
    const uint8_t next = byte(i);
    const uint8_t low = i == 1 ? lead.second_min : 0x80;
    const uint8_t high = i == 1 ? lead.second_max : 0xBF;
    if (next < low || next > high) return {{0, 0}, i};
    code_point = (code_point << 6) | (next & 0x3F);
  }
  return {{code_point, lead.length}, lead.length};
}

}  // namespace

Utf8Step utf8_decode(std::string_view text, size_t offset) {
  assert(offset < text.size());
  return scan(text, offset).step;
}

void utf8_append(char32_t code_point, std::string& out) {
  assert(code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF));
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code_point >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    out.push_back(static_cast<char>(0x80 | ((code_point >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((code_point >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  }
}

size_t utf8_find_invalid(std::string_view text) {
  size_t offset = 0;
  while (offset < text.size()) {
    if (static_cast<uint8_t>(text[offset]) < 0x80) {
      ++offset;
      continue;
    }
    const Utf8Step step = scan(text, offset).step;
    if (step.length == 0) return offset;
    offset += step.length;
  }
  return std::string_view::npos;
}

std::string utf8_repair(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t offset = 0;
  while (offset < text.size()) {
    const Scan found = scan(text, offset);
    if (found.step.length > 0) {
      out.append(text.substr(offset, found.step.length));
      offset += found.step.length;
    } else {
      utf8_append(kReplacementCharacter, out);
      offset += found.valid_bytes > 0 ? found.valid_bytes : 1;
    }
  }
  return out;
}

}  // namespace pannier
