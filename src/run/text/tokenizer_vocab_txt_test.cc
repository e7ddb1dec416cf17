#include "run/text/tokenizer_vocab_txt.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(VocabTxt, LinesAreTokensAndLineNumbersIds) {
  const auto vocabulary = parse_vocab_txt("a\r\n  b \t\u3000\n\né \nlast");
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.error().to_string();
  EXPECT_EQ(vocabulary->find("a"), 0u);
  EXPECT_EQ(vocabulary->find("  b"), 1u);  // white space goes at the end only
  EXPECT_EQ(vocabulary->find(""), 2u);
  EXPECT_EQ(vocabulary->find("é"), 3u);
  EXPECT_EQ(vocabulary->find("last"), 4u);
  EXPECT_EQ(vocabulary->size(), 5u);
}

TEST(VocabTxt, AFinalNewlineIsNoToken) {
  EXPECT_EQ(parse_vocab_txt("a\nb\n")->id_count(), 2u);
  EXPECT_EQ(parse_vocab_txt("a\nb")->id_count(), 2u);
  EXPECT_EQ(parse_vocab_txt("")->id_count(), 0u);
}

TEST(VocabTxt, ARepeatedLineTakesTheLaterId) {
  const auto vocabulary = parse_vocab_txt("a\nb\na\n");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(vocabulary->find("a"), 2u);
  EXPECT_EQ(vocabulary->size(), 2u);
}

TEST(VocabTxt, WhatIsNotTextIsRefusedWithTheLine) {
  const auto invalid = parse_vocab_txt("a\nb\xff\n");
  ASSERT_FALSE(invalid.ok());
  EXPECT_NE(invalid.error().message.find("line 2"), std::string::npos);
  const auto nul = parse_vocab_txt(std::string_view("a\n\0\n", 4));
  ASSERT_FALSE(nul.ok());
  EXPECT_EQ(nul.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier
