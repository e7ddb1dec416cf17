// Questions about code points, answered as the reference library answers them.
//
// The reference mixes several Unicode versions (old categories, newer lower-casing); see
// unicode_tables.h for where the answers come from. Nothing here follows the C locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "run/text/unicode_tables.h"

namespace pannier {

// Bits of `unicode_properties`.
enum UnicodeProperty : uint8_t {
  kUnicodeDropped = 1 << 0,      // removed by BERT's clean_text: NUL, U+FFFD, control, format, private use
  kUnicodeSpaced = 1 << 1,       // turned into ' ' by BERT's clean_text (U+0020 too)
  kUnicodeChinese = 1 << 2,      // gets a space on either side from BERT's handle_chinese_chars
  kUnicodeWhite = 1 << 3,        // White_Space
  kUnicodePunctuation = 1 << 4,  // a word of its own for BERT's pre-tokenizer (all ASCII symbols too)
  kUnicodeMark = 1 << 5,         // nonspacing mark (Mn), removed by BERT's strip_accents
  kUnicodeWord = 1 << 6,         // \w of the reference's regular expressions
  kUnicodeMapped = 1 << 7,       // has a decomposition, a combining class or another lower case
};

// REQUIRES: code_point <= 0x10FFFF.
inline uint8_t unicode_properties(char32_t code_point) {
  const uint32_t block = unicode_tables::kPropertyIndex[code_point / unicode_tables::kBlockCodePoints];
  return unicode_tables::kPropertyBlocks[block * unicode_tables::kBlockCodePoints +
                                         code_point % unicode_tables::kBlockCodePoints];
}

// Canonical combining class, 0 for most.
uint8_t unicode_combining_class(char32_t code_point);

// Up to four code points, in place: no allocation.
struct CodePoints {
  char32_t values[4] = {};
  uint32_t count = 0;
};
// Full canonical decomposition (NFD), in canonical order; the code point itself where it has none.
CodePoints unicode_decompose(char32_t code_point);
// Full lower case without context (U+0130 gives two); the code point itself where it has none.
CodePoints unicode_lower(char32_t code_point);

// True where `text` ends / begins with a code point of that property. False for an empty text.
// REQUIRES: valid UTF-8.
bool utf8_ends_with(std::string_view text, UnicodeProperty property);
bool utf8_begins_with(std::string_view text, UnicodeProperty property);

// Where the White_Space at the end of `text` begins; text.size() where there is none.
// REQUIRES: valid UTF-8.
size_t utf8_trailing_white(std::string_view text);

// How many code points valid UTF-8 has.
size_t utf8_count(std::string_view text);
// True where every byte is ASCII.
bool utf8_is_ascii(std::string_view text);

}  // namespace pannier
