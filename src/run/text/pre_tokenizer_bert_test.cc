#include "run/text/pre_tokenizer_bert.h"

#include <gtest/gtest.h>

#include <string>

namespace pannier {
namespace {

std::vector<std::string> all_words(std::string_view text) {
  const BertPreTokenizer pre_tokenizer;
  std::vector<std::string> result;
  std::vector<Word> words;
  for (size_t from = 0; from < text.size();) {
    from = pre_tokenizer.split(text, from, words);
    EXPECT_LE(words.size(), PreTokenizer::kBatchWords);
    for (const Word& word : words) result.emplace_back(text.substr(word.begin, word.end - word.begin));
  }
  return result;
}

TEST(BertPreTokenizer, SpacesGoAndPunctuationStandsAlone) {
  EXPECT_EQ(all_words(" it's\u3000so—good!! "),
            (std::vector<std::string>{"it", "'", "s", "so", "—", "good", "!", "!"}));
  EXPECT_TRUE(all_words(" \u2003\n").empty());
  EXPECT_TRUE(all_words("").empty());
}

// Batches end at word ends, so that no word is cut in two.
TEST(BertPreTokenizer, ManyWordsComeInBatches) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += i % 3 == 0 ? "word," : "é ";
  const std::vector<std::string> words = all_words(text);
  ASSERT_EQ(words.size(), 5000u + 1667u);
  EXPECT_EQ(words[0], "word");
  EXPECT_EQ(words.back(), "é");
}

}  // namespace
}  // namespace pannier
