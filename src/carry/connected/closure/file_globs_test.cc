#include "carry/connected/closure/file_globs.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(FileGlobs, MatchAsPythonsFnmatchcase) {
  struct Row {
    const char* pattern;
    const char* path;
    bool matches;
  };
  // Each as fnmatch.fnmatchcase of CPython answers.
  constexpr Row kRows[] = {
      {"*", "", true},
      {"*.json", "a/b/c.json", true},
      {"a/*.json", "a/b/c.json", true},
      {"a?c", "a/c", true},
      {"a?c", "ac", false},
      {"[ab]x", "bx", true},
      {"[!ab]x", "bx", false},
      {"[!ab]x", "cx", true},
      {"[]]x", "]x", true},
      {"[!]]x", "]x", false},
      {"[!]]x", "ax", true},
      {"[a", "[a", true},
      {"[]", "[]", true},
      {"x[", "x[", true},
      {"[^a]x", "^x", true},
      {"*a*b*c", "aXbXc", true},
      {"*a*b*c", "abcabc", true},
      {"*a*b*c", "acb", false},
      {"?", "\xc3\xbc", true},
      {"\xc3\xbc*",
       "\xc3\xbc"
       "b",
       true},
      {"[\xc3\xbc-\xc3\xbf]x", "\xc3\xbcx", true},
      {"[c-a]x", "bx", false},
      {"[a-]x", "-x", true},
      {"[-a]x", "-x", true},
      {"A*", "abc", false},
      {"", "", true},
      {"", "a", false},
      {"**", "a/b", true},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(glob_matches(row.pattern, row.path), row.matches) << row.pattern << " " << row.path;
  }
}

TEST(FileGlobs, AFolderMeansAllBelowIt) {
  EXPECT_TRUE(glob_matches("onnx/", "onnx/model.onnx"));
  EXPECT_TRUE(glob_matches("onnx/", "onnx/a/b"));
  EXPECT_FALSE(glob_matches("onnx/", "onnx"));
  EXPECT_FALSE(glob_matches("onnx", "onnx/model.onnx"));
  EXPECT_TRUE(glob_matches("onnx\\*", "onnx/model.onnx"));
}

TEST(FileGlobs, ManyStarsTakeNoLongerThanOne) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "*b", std::string(20'000, 'a')));
  EXPECT_TRUE(glob_matches(pattern, std::string(20'000, 'a')));
}

TEST(FileGlobs, FirstMatch) {
  const std::vector<std::string> patterns = {"*.bin", "*.json", "*"};
  ASSERT_NE(first_match(patterns, "config.json"), nullptr);
  EXPECT_EQ(*first_match(patterns, "config.json"), "*.json");
  EXPECT_EQ(first_match({"*.bin"}, "config.json"), nullptr);
}

}  // namespace
}  // namespace pannier
