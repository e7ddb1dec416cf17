#include "base/display.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace pannier {
namespace {

TEST(Display, OrdinaryTextOfAnyScriptStays) {
  for (const char* text : {"", "plain", "a\\b \"c\"", "\u00e9\u6587\u05d0\U0001F600"})
    EXPECT_EQ(for_display(text), text);
}

// A file name that carries an escape sequence could rewrite what the reviewer sees.
TEST(DisplayHostile, EscapeSequencesAndDirectionMarksAreSpelledOut) {
  EXPECT_EQ(for_display("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(for_display("a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
  EXPECT_EQ(for_display("gpj.\u202Eexe"), "gpj.\\xe2\\x80\\xaeexe");
  EXPECT_EQ(for_display("a\u2028b\u0085"), "a\\xe2\\x80\\xa8b\\xc2\\x85");
  EXPECT_EQ(for_display("\xff\u00e9\xe2\x82"), "\\xff\u00e9\\xe2\\x82");
}

TEST(DisplayHostile, MessagesStayShortAndWhole) {
  EXPECT_EQ(for_message(std::string(120, 'a')), std::string(120, 'a'));
  EXPECT_EQ(for_message(std::string(1'000'000, 'a')), std::string(120, 'a') + "…");
  // A character across the cut is left out, not halved.
  std::string text(119, 'a');
  text += "\u6587\u6587";
  EXPECT_EQ(for_message(text), std::string(119, 'a') + "…");
  EXPECT_EQ(utf8_find_invalid(for_message(std::string(200, '\x80'))), std::string_view::npos);
}

}  // namespace
}  // namespace pannier
