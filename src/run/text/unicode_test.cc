#include "run/text/unicode.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace pannier {
namespace {

// The golden test asks about every code point; these tell the odd ones.
TEST(Unicode, PropertiesAreThoseOfTheReferenceNotOfOneUnicodeVersion) {
  EXPECT_TRUE(unicode_properties(0xFFFD) & kUnicodeDropped);
  EXPECT_TRUE(unicode_properties(0x200D) & kUnicodeDropped);   // zero-width joiner: format
  EXPECT_TRUE(unicode_properties(0xE000) & kUnicodeDropped);   // private use
  EXPECT_FALSE(unicode_properties(0x0378) & kUnicodeDropped);  // unassigned stays
  EXPECT_TRUE(unicode_properties('\t') & kUnicodeSpaced);
  EXPECT_FALSE(unicode_properties(0x0B) & kUnicodeSpaced);  // vertical tab: a control, dropped
  EXPECT_TRUE(unicode_properties(0x0B) & kUnicodeWhite);
  EXPECT_TRUE(unicode_properties('$') & kUnicodePunctuation);      // all ASCII symbols
  EXPECT_FALSE(unicode_properties(0x20AC) & kUnicodePunctuation);  // euro sign: a symbol
  EXPECT_TRUE(unicode_properties(0x2B920) & kUnicodeChinese);      // the reference's own range,
  EXPECT_FALSE(unicode_properties(0x2B820) & kUnicodeChinese);     // which leaves a gap
  EXPECT_EQ(unicode_properties(0x10FFFF) & kUnicodeWord, 0);
}

TEST(Unicode, DecomposesFullyAndHangulByArithmetic) {
  const CodePoints long_one = unicode_decompose(0x1F82);
  ASSERT_EQ(long_one.count, 4u);
  EXPECT_EQ(long_one.values[3], 0x345u);
  EXPECT_EQ(unicode_decompose(0xAC00).count, 2u);
  const CodePoints syllable = unicode_decompose(0xD7A3);
  ASSERT_EQ(syllable.count, 3u);
  EXPECT_EQ(syllable.values[2], 0x11C2u);
  EXPECT_EQ(unicode_decompose(0xD7A4).values[0], 0xD7A4u);
}

TEST(Unicode, LowersWithoutContextAndWithoutLocale) {
  const CodePoints dotted = unicode_lower(0x130);
  ASSERT_EQ(dotted.count, 2u);
  EXPECT_EQ(dotted.values[1], 0x307u);
  EXPECT_EQ(unicode_lower(0x3A3).values[0], 0x3C3u);  // never a final sigma
  EXPECT_EQ(unicode_combining_class(0x302E), 224);
  EXPECT_EQ(unicode_combining_class('a'), 0);
}

TEST(Unicode, LooksAtBothEndsOfATextByCharacter) {
  EXPECT_TRUE(utf8_ends_with("aé", kUnicodeWord));
  EXPECT_FALSE(utf8_ends_with("é ", kUnicodeWord));
  EXPECT_FALSE(utf8_begins_with("", kUnicodeWord));
  EXPECT_EQ(utf8_trailing_white("é \u3000\n"), 2u);
  EXPECT_EQ(utf8_trailing_white("\u3000"), 0u);
  EXPECT_EQ(utf8_count("aé漢😀"), 4u);
  EXPECT_TRUE(utf8_is_ascii("0123456789"));
  EXPECT_FALSE(utf8_is_ascii("0123456é"));
  EXPECT_FALSE(utf8_is_ascii("01234567é"));
}

}  // namespace
}  // namespace pannier
