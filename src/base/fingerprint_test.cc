#include "base/fingerprint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/fingerprint_words.h"

namespace pannier {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

TEST(FingerprintWords, AreSortedShortAndFarApart) {
  EXPECT_TRUE(std::is_sorted(kFingerprintWords.begin(), kFingerprintWords.end()));
  std::set<std::string_view> beginnings;
  for (const std::string_view word : kFingerprintWords) {
    EXPECT_GE(word.size(), 3u) << word;
    EXPECT_LE(word.size(), 7u) << word;
    EXPECT_TRUE(std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; })) << word;
    EXPECT_TRUE(beginnings.insert(word.substr(0, 3)).second) << word;
    for (const std::string_view other : kFingerprintWords) {
      if (other == word) continue;
      EXPECT_GE(edit_distance(word, other), 3u) << word << " and " << other;
    }
  }
}

// People have these words on paper: a change of the list would make their keys look exchanged.
TEST(FingerprintWords, NeverChange) {
  std::string all;
  for (const std::string_view word : kFingerprintWords) all += std::string(word) + "\n";
  EXPECT_EQ(sha256(all).hex(), "d85abc0e40770189e511bdc218f421dc72b07de658b625823d58d4aace8a5596");
}

TEST(Fingerprint, IsShownInGroups) {
  Digest digest;
  for (size_t i = 0; i < 32; ++i) digest.bytes[i] = static_cast<uint8_t>(17 * i);
  EXPECT_EQ(fingerprint_hex(digest),
            "0011 2233 4455 6677 8899 aabb ccdd eeff 1021 3243 5465 7687 98a9 bacb dced fe0f");
  EXPECT_EQ(fingerprint_words(digest),
            "acid ballet butter copper / domino falafel glacier insect / ladder mosaic onion pony / silver "
            "temple vessel zodiac");
}

TEST(Fingerprint, MatchesHowEverPeopleTypeIt) {
  const Digest digest = sha256("a key");
  const std::string words = fingerprint_words(digest);
  std::string shouted = words;
  std::transform(shouted.begin(), shouted.end(), shouted.begin(),
                 [](unsigned char c) { return ::toupper(c); });
  std::string plain = words;
  std::erase(plain, '/');
  for (const std::string& typed :
       {digest.hex(), digest.oci(), fingerprint_hex(digest), words, shouted, plain, "  " + words + "\n"}) {
    EXPECT_TRUE(is_fingerprint_of(digest, typed)) << typed;
  }
}

TEST(Fingerprint, PartsAndOthersDoNotMatch) {
  const Digest digest = sha256("a key");
  const std::string words = fingerprint_words(digest);
  for (const std::string& typed :
       {std::string(), digest.hex().substr(1), digest.hex() + "0", digest.hex().substr(0, 32),
        words.substr(0, words.rfind(' ')), words + " acid", words + words,
        fingerprint_words(sha256("another")), sha256("another").hex(), std::string(100'000, ' ')}) {
    EXPECT_FALSE(is_fingerprint_of(digest, typed)) << typed.substr(0, 200);
  }
}

}  // namespace
}  // namespace pannier
