#include "run/text/model_wordpiece.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace pannier {
namespace {

std::unique_ptr<TokenModel> model(std::initializer_list<const char*> tokens,
                                  WordPieceSettings settings = {}) {
  Vocabulary vocabulary;
  uint64_t id = 0;
  for (const char* token : tokens) EXPECT_TRUE(vocabulary.add(token, id++, "v").ok());
  EXPECT_TRUE(vocabulary.finish("v").ok());
  auto made = WordPiece::make(std::move(vocabulary), std::move(settings), "v");
  EXPECT_TRUE(made.ok());
  return std::move(made).value();
}

std::string cut(const TokenModel& made, std::string_view word) {
  const std::vector<Word> words = {{0, static_cast<uint32_t>(word.size())}};
  std::vector<Token> tokens;
  made.tokenize(word, words, tokens);
  std::string out;
  for (const Token& token : tokens) {
    out +=
        std::to_string(token.id) + "@" + std::to_string(token.begin) + "-" + std::to_string(token.end) + " ";
  }
  return out;
}

TEST(WordPiece, TakesTheLongestTokenFromTheLeft) {
  const auto made = model({"[UNK]", "un", "##aff", "##able", "##a", "unaff"});
  EXPECT_EQ(cut(*made, "unaffable"), "5@0-5 3@5-9 ");
  EXPECT_EQ(cut(*made, "una"), "1@0-2 4@2-3 ");
  EXPECT_EQ(cut(*made, "unaffx"), "0@0-6 ");  // what cannot be cut whole is unknown whole
  EXPECT_EQ(cut(*made, "##a"), "4@0-3 ");     // the prefix written out is a token like any other
}

TEST(WordPiece, CutsBetweenCharactersOnly) {
  // "é" is C3 A9; a token of the first byte alone cannot be in a text file, but in a table it could.
  const auto made = model({"[UNK]", "a", "##\xC3", "##é"});
  EXPECT_EQ(cut(*made, "aé"), "1@0-1 3@1-3 ");
  EXPECT_EQ(cut(*made, "aè"), "0@0-3 ");
}

TEST(WordPiece, CountsCharactersNotBytesForTooLongWords) {
  WordPieceSettings settings;
  settings.word_characters_max = 3;
  const auto made = model({"[UNK]", "ééé", "abcd", "a", "##é"}, settings);
  EXPECT_EQ(cut(*made, "ééé"), "1@0-6 ");
  EXPECT_EQ(cut(*made, "abcd"), "0@0-4 ");  // in the vocabulary, yet too long
}

TEST(WordPiece, PrefixMayBeEmptyOrAnother) {
  WordPieceSettings settings;
  settings.continuing_prefix = "";
  const auto made = model({"[UNK]", "a", "b"}, settings);
  EXPECT_EQ(cut(*made, "abba"), "1@0-1 2@1-2 2@2-3 1@3-4 ");
}

TEST(WordPiece, TokensLongerThanTheSmallBuffer) {
  const std::string token(700, 'x');
  WordPieceSettings settings;
  settings.word_characters_max = 2000;
  const auto made = model({"[UNK]", token.c_str(), "##y"}, settings);
  EXPECT_EQ(cut(*made, token + "y"), "1@0-700 2@700-701 ");
}

}  // namespace
}  // namespace pannier
