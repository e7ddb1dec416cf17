#include "base/utf8.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(Utf8, EveryScalarValueRoundTrips) {
  for (char32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
    std::string text;
    utf8_append(code_point, text);
    const Utf8Step step = utf8_decode(text, 0);
    ASSERT_EQ(step.code_point, code_point);
    ASSERT_EQ(step.length, text.size());
    ASSERT_EQ(utf8_find_invalid(text), std::string_view::npos);
  }
}

// Expected values are what Python 3 gives for bytes.decode("utf-8", errors="replace").
TEST(Utf8, RepairsAsPythonDoes) {
  const std::pair<std::string, std::string> samples[] = {
      {"abc", "abc"},
      {"\x80", "\uFFFD"},
      {"a\xff"
       "b",
       "a\uFFFD"
       "b"},
      {"\xc0\x80", "\uFFFD\uFFFD"},  // overlong
      {"\xe2\x82", "\uFFFD"},        // cut short: one replacement
      {"\xe2\x82"
       "a",
       "\uFFFD"
       "a"},
      {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},  // a surrogate
      {"\xf0\x9f\x98", "\uFFFD"},
      {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
      {"\xe2\x82\xac\xe2", "\u20AC\uFFFD"},
  };
  for (const auto& [bytes, text] : samples) {
    EXPECT_EQ(utf8_repair(bytes), text);
    EXPECT_EQ(utf8_find_invalid(bytes) == std::string_view::npos, bytes == text);
    EXPECT_EQ(utf8_find_invalid(utf8_repair(bytes)), std::string_view::npos);
  }
}

}  // namespace
}  // namespace pannier
