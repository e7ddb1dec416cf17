#include "carry/store/near_names.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(NearNames, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
}

TEST(NearNames, TheNearestComeFirstAndFew) {
  std::vector<Reference> references;
  for (const char* name : {"aaaa", "aaab", "aabb", "abbb", "org/aaaa", "other"})
    references.push_back({name, {}, 1});
  EXPECT_EQ(hint_of_near_names("aabc", references), "did you mean aabb, aaaa, aaab?");
  EXPECT_EQ(hint_of_near_names("aaaa@v2", references), "did you mean aaaa, org/aaaa, aaab?");
  EXPECT_EQ(hint_of_near_names("zzzzzzzz", references), "pannier list shows what the store holds");
}

TEST(NearNames, OtherNamesLeadToTheName) {
  Reference reference{"distilbert/some-long-name", {}, 1};
  reference.aliases = {"mood"};
  EXPECT_EQ(hint_of_near_names("moof", {reference}), "did you mean distilbert/some-long-name?");
}

TEST(NearNames, AnEmptyStoreSaysSo) {
  EXPECT_EQ(hint_of_near_names("a", {}), "the store is empty; put a model into it with pannier install");
}

}  // namespace
}  // namespace pannier
