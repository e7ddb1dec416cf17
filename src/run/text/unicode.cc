// Looks code points up in the generated tables.
#include "run/text/unicode.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/utf8.h"

namespace pannier {
namespace {

using namespace unicode_tables;

// Hangul syllables decompose by arithmetic (Unicode core specification, section 3.12).
constexpr char32_t kSyllableFirst = 0xAC00;
constexpr uint32_t kSyllableCount = 11172;
constexpr uint32_t kVowelsTimesTails = 588;
constexpr uint32_t kTails = 28;

// The index of a key in a sorted table, or `count`.
uint32_t find_key(const uint32_t* keys, uint32_t count, char32_t code_point) {
  const uint32_t* end = keys + count;
  const uint32_t* found = std::lower_bound(keys, end, static_cast<uint32_t>(code_point));
  return found != end && *found == code_point ? static_cast<uint32_t>(found - keys) : count;
}

CodePoints look_up(const uint32_t* keys, uint32_t count, const uint16_t* begins, const uint32_t* pool,
                   char32_t code_point) {
  CodePoints result;
  const uint32_t index = find_key(keys, count, code_point);
  if (index == count) {
    result.values[0] = code_point;
    result.count = 1;
    return result;
  }
  result.count = begins[index + 1] - begins[index];
  assert(result.count <= std::size(result.values));  // the generator would have needed more room
  for (uint32_t i = 0; i < result.count; ++i) result.values[i] = pool[begins[index] + i];
  return result;
}

CodePoints decompose_hangul(char32_t syllable) {
  const uint32_t index = syllable - kSyllableFirst;
  CodePoints result;
  result.values[result.count++] = 0x1100 + index / kVowelsTimesTails;
  result.values[result.count++] = 0x1161 + index % kVowelsTimesTails / kTails;
  if (index % kTails != 0) result.values[result.count++] = 0x11A7 + index % kTails;
  return result;
}

// Where the last character of a text that is not empty begins.
size_t last_character(std::string_view text) {
  size_t start = text.size() - 1;
  while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80) --start;
  return start;
}

}  // namespace

uint8_t unicode_combining_class(char32_t code_point) {
  if ((unicode_properties(code_point) & kUnicodeMapped) == 0) return 0;
  const uint32_t index = find_key(kClassKeys, kClassCount, code_point);
  return index == kClassCount ? 0 : kClassValues[index];
}

CodePoints unicode_decompose(char32_t code_point) {
  if (code_point - kSyllableFirst < kSyllableCount) return decompose_hangul(code_point);
  return look_up(kDecompositionKeys, kDecompositionCount, kDecompositionBegins, kDecompositionPool,
                 code_point);
}

CodePoints unicode_lower(char32_t code_point) {
  return look_up(kLowerKeys, kLowerCount, kLowerBegins, kLowerPool, code_point);
}

bool utf8_ends_with(std::string_view text, UnicodeProperty property) {
  if (text.empty()) return false;
  return (unicode_properties(utf8_decode(text, last_character(text)).code_point) & property) != 0;
}

size_t utf8_trailing_white(std::string_view text) {
  while (utf8_ends_with(text, kUnicodeWhite)) text = text.substr(0, last_character(text));
  return text.size();
}

bool utf8_begins_with(std::string_view text, UnicodeProperty property) {
  return !text.empty() && (unicode_properties(utf8_decode(text, 0).code_point) & property) != 0;
}

size_t utf8_count(std::string_view text) {
  size_t count = 0;
  for (const char byte : text) count += (static_cast<uint8_t>(byte) & 0xC0) != 0x80;
  return count;
}

bool utf8_is_ascii(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t eight;
    std::memcpy(&eight, text.data() + i, 8);
    if ((eight & 0x8080808080808080ull) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    if (static_cast<uint8_t>(text[i]) >= 0x80) return false;
  }
  return true;
}

}  // namespace pannier
