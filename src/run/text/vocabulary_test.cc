#include "run/text/vocabulary.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

TEST(Vocabulary, FindsWhatWasAddedAndNothingElse) {
  Vocabulary vocabulary;
  for (uint32_t i = 0; i < 5000; ++i)
    ASSERT_TRUE(vocabulary.add("token" + std::to_string(i), i * 2, "v").ok());
  ASSERT_TRUE(vocabulary.add("", 9, "v").ok());
  ASSERT_TRUE(vocabulary.finish("v").ok());
  const Vocabulary moved = std::move(vocabulary);
  for (uint32_t i = 0; i < 5000; ++i) EXPECT_EQ(moved.find("token" + std::to_string(i)), i * 2);
  EXPECT_EQ(moved.find("token5000"), TokenTable::kAbsent);
  EXPECT_EQ(moved.find(""), 9u);
  EXPECT_EQ(moved.size(), 5001u);
  EXPECT_EQ(moved.id_count(), 9999u);
  EXPECT_EQ(moved.token(8), "token4");
  EXPECT_EQ(moved.token(11), "");
  EXPECT_EQ(moved.token(1'000'000), "");
}

TEST(Vocabulary, TheLaterIdOfARepeatedTokenCounts) {
  Vocabulary vocabulary;
  ASSERT_TRUE(vocabulary.add("a", 0, "v").ok());
  ASSERT_TRUE(vocabulary.add("a", 5, "v").ok());
  ASSERT_TRUE(vocabulary.finish("v").ok());
  EXPECT_EQ(vocabulary.find("a"), 5u);
  EXPECT_EQ(vocabulary.size(), 1u);
}

TEST(Vocabulary, RefusesWhatIsBeyondTheLimits) {
  Vocabulary vocabulary;
  EXPECT_EQ(vocabulary.add("a", limits::kVocabularyEntriesMax, "v").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(vocabulary.add(std::string(limits::kTokenBytesMax + 1, 'a'), 0, "v").error().kind,
            ErrorKind::kLimit);
}

// Tokens chosen so that all of them begin their search at one place would make loading quadratic.
TEST(TokenTable, TokensMadeToCollideAreRefused) {
  constexpr size_t kCount = 1100;
  constexpr size_t kMask = 4095;  // the table for 1,100 tokens has 4,096 places
  std::vector<std::string> made;
  for (uint32_t i = 0; made.size() < kCount; ++i) {
    std::string token = std::to_string(i);
    const uint64_t hash = token_hash(token);
    if (((hash ^ (hash >> 29)) & kMask) == 7) made.push_back(std::move(token));
  }
  TokenTable table(kCount);
  Status status;
  for (size_t i = 0; i < kCount && status.ok(); ++i) status = table.insert(made[i], static_cast<uint32_t>(i));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier
