// UTF-8: strict decoding, encoding and repair.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pannier {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// One decoded code point and how many bytes it took (1…4).
struct Utf8Step {
  char32_t code_point = 0;
  uint8_t length = 0;  // 0: the bytes at this place are not valid UTF-8
};

// Decodes the code point that begins at text[offset]. Overlong forms, surrogates and values above
// U+10FFFF are invalid. REQUIRES: offset < text.size().
Utf8Step utf8_decode(std::string_view text, size_t offset);

// Appends the 1…4 bytes of a code point. REQUIRES: a Unicode scalar value.
void utf8_append(char32_t code_point, std::string& out);

// npos when all of it is valid, else the offset of the first invalid byte.
size_t utf8_find_invalid(std::string_view text);

// Every maximal invalid part replaced by U+FFFD, as Python's errors="replace" does.
std::string utf8_repair(std::string_view text);

}  // namespace pannier
