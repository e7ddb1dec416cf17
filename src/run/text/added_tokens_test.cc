#include "run/text/added_tokens.h"

#include <gtest/gtest.h>

#include "run/text/normalizer_bert.h"

namespace pannier {
namespace {

AddedToken verbatim(std::string content) {
  AddedToken token;
  token.content = std::move(content);
  token.normalized = false;
  return token;
}

Vocabulary vocabulary_of(std::initializer_list<std::pair<const char*, uint64_t>> tokens) {
  Vocabulary vocabulary;
  for (const auto& [token, id] : tokens) EXPECT_TRUE(vocabulary.add(token, id, "v").ok());
  EXPECT_TRUE(vocabulary.finish("v").ok());
  return vocabulary;
}

std::string splits(const AddedTokens& tokens, std::string_view text, bool normalized = false) {
  std::vector<AddedSplit> out;
  if (normalized) {
    tokens.split_normalized(text, out);
  } else {
    tokens.split(text, out);
  }
  std::string shown;
  for (const AddedSplit& part : out) {
    shown += part.id == AddedSplit::kText ? "-" : std::to_string(part.id);
    shown += "<" + std::string(text.substr(part.begin, part.end - part.begin)) + ">";
  }
  return shown;
}

AddedTokens made_of(const std::vector<AddedToken>& list, bool split_special = false) {
  const Vocabulary vocabulary = vocabulary_of({{"x", 0}});
  AddedTokens tokens;
  EXPECT_TRUE(tokens.add(list, vocabulary, "v").ok());
  EXPECT_TRUE(tokens.finish(nullptr, split_special, "v").ok());
  return tokens;
}

TEST(AddedTokens, NumbersOnFromTheEndOfTheVocabularyAndKeepsKnownIds) {
  const Vocabulary vocabulary = vocabulary_of({{"a", 0}, {"b", 7}});
  AddedTokens tokens;
  ASSERT_TRUE(
      tokens.add({verbatim("new"), verbatim("b"), verbatim(""), verbatim("newer")}, vocabulary, "v").ok());
  EXPECT_EQ(tokens.id_of("new", vocabulary), 2u);  // the number of tokens, not the largest id
  EXPECT_EQ(tokens.id_of("b", vocabulary), 7u);
  EXPECT_EQ(tokens.id_of("newer", vocabulary), 3u);
  EXPECT_EQ(tokens.id_of("a", vocabulary), 0u);
  EXPECT_FALSE(tokens.id_of("c", vocabulary).has_value());
  ASSERT_TRUE(tokens.add({verbatim("last")}, vocabulary, "v").ok());
  EXPECT_EQ(tokens.id_of("last", vocabulary), 8u);  // a later call goes on after the largest added id
  EXPECT_EQ(tokens.token(8), "last");
}

TEST(AddedTokens, LeftmostThenLongest) {
  const AddedTokens tokens = made_of({verbatim("aa"), verbatim("aaab"), verbatim("ab")});
  EXPECT_EQ(splits(tokens, "aaab"), "2<aaab>");
  EXPECT_EQ(splits(tokens, "aaac"), "1<aa>-<ac>");
  EXPECT_EQ(splits(tokens, "aaaab"), "1<aa>1<aa>-<b>");
  EXPECT_EQ(splits(tokens, "cab"), "-<c>3<ab>");
  EXPECT_EQ(splits(tokens, ""), "");
}

TEST(AddedTokens, StripsWhiteSpaceOnlyOnce) {
  AddedToken left = verbatim("L");
  left.lstrip = true;
  AddedToken right = verbatim("R");
  right.rstrip = true;
  const AddedTokens tokens = made_of({left, right});
  EXPECT_EQ(splits(tokens, "a \u3000L b"), "-<a>1< \u3000L>-< b>");
  EXPECT_EQ(splits(tokens, "R  L"), "2<R  >1<L>");
}

TEST(AddedTokens, SingleWordLooksAtItsNeighbours) {
  AddedToken token = verbatim("film");
  token.single_word = true;
  const AddedTokens tokens = made_of({token});
  EXPECT_EQ(splits(tokens, "a film."), "-<a >1<film>-<.>");
  EXPECT_EQ(splits(tokens, "films"), "-<films>");
  EXPECT_EQ(splits(tokens, "_film"), "-<_film>");
  EXPECT_EQ(splits(tokens, "éfilm"), "-<éfilm>");
}

TEST(AddedTokens, NormalizedOnesAreSoughtInNormalForm) {
  const Vocabulary vocabulary = vocabulary_of({{"x", 0}});
  const BertNormalizer normalizer({});
  AddedToken token;
  token.content = "Été";
  AddedTokens tokens;
  ASSERT_TRUE(tokens.add({token}, vocabulary, "v").ok());
  ASSERT_TRUE(tokens.finish(&normalizer, false, "v").ok());
  EXPECT_EQ(splits(tokens, "Été"), "-<Été>");
  EXPECT_EQ(splits(tokens, "un ete", true), "-<un >1<ete>");
}

TEST(AddedTokens, SpecialOnesCanBeLeftInTheText) {
  AddedToken special = verbatim("[S]");
  special.special = true;
  EXPECT_EQ(splits(made_of({special, verbatim("[T]")}, true), "[S][T]"), "-<[S]>2<[T]>");
  EXPECT_EQ(splits(made_of({special, verbatim("[T]")}, false), "[S][T]"), "1<[S]>2<[T]>");
}

}  // namespace
}  // namespace pannier
