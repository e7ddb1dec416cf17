#include "format/toml.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

TEST(Toml, ReadsIntoTheSameDocumentAsJson) {
  const auto document = parse_toml(
      "version = 1\nmodels = ['a', { ref = \"b\", files = 'all' }]\nwhen = 1979-05-27T07:32:00\n"
      "[python]\nratio = 0.5\nyes = true\n[[wheel]]\nname = 'x'\n[[wheel]]\nname = 'y'\n",
      "spec");
  ASSERT_TRUE(document.ok()) << document.error().to_string();
  const JsonValue root = document->root();
  EXPECT_EQ(root["version"].as_integer(), 1);
  EXPECT_EQ(root["models"].size(), 2u);
  EXPECT_EQ(root["when"].as_string(), "1979-05-27T07:32:00");
  EXPECT_EQ(root["python"]["ratio"].as_number(), 0.5);
  EXPECT_EQ(root["python"]["yes"].as_bool(), true);
  EXPECT_EQ(root["wheel"].size(), 2u);
}

TEST(Toml, NamesLineAndColumnOfAMistake) {
  const auto document = parse_toml("a = 1\nb = [1, \n", "pannier.toml");
  ASSERT_FALSE(document.ok());
  EXPECT_EQ(document.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(document.error().message.find("pannier.toml: line "), std::string::npos)
      << document.error().message;
}

TEST(Toml, RefusesWhatIsTwiceNotFiniteOrTooDeep) {
  for (const std::string& text :
       {std::string("a = 1\na = 2\n"), std::string("a = nan\n"), std::string("a = inf\n"),
        "a = " + std::string(5000, '[') + std::string(5000, ']') + "\n", std::string("a = \"\xff\"\n"),
        std::string("a = 'x\n")}) {
    EXPECT_FALSE(parse_toml(text, "x").ok()) << text.substr(0, 40);
  }
  EXPECT_EQ(parse_toml(std::string(limits::kTomlBytesMax + 1, '\n'), "x").error().kind, ErrorKind::kLimit);
}

// The parser takes some letters for impossible and asserts on some keys; neither may end the process.
TEST(Toml, LettersBeyondAsciiBelongIntoStringsAndComments) {
  for (const std::string& text :
       {std::string("\u0363 = 1"), std::string("größe = 1"), std::string("a = 1 # x\nö = 2"),
        std::string("a = \"x\\\"\" ö"), std::string("\xcd\xa3")}) {
    ASSERT_FALSE(parse_toml(text, "x").ok()) << text;
    EXPECT_EQ(parse_toml(text, "x").error().kind, ErrorKind::kCorrupt) << text;
  }
  const auto good = parse_toml("a = 'grö' # ß\nb = \"\\\"ö\"\nc = \'\'\'\nö\'\'\'\n\"ö\" = 1\n", "x");
  ASSERT_TRUE(good.ok()) << good.error().to_string();
  EXPECT_EQ(good->root()["ö"].as_integer(), 1);
}

TEST(Toml, QuotedStringsReadBackAsTheyWere) {
  for (const std::string& text : {std::string("plain"), std::string("q\"b\\s"), std::string("t\tn\nz\x01"),
                                  std::string("\x7f"), std::string("größe")}) {
    const auto document = parse_toml("a = " + toml_string(text) + "\n", "x");
    ASSERT_TRUE(document.ok()) << text;
    EXPECT_EQ(document->root()["a"].as_string(), text);
  }
}

}  // namespace
}  // namespace pannier
