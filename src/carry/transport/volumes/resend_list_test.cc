#include "carry/transport/volumes/resend_list.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

const Digest kIdentity = sha256("a bundle");

TEST(ResendList, RunsAreRangesAndTheCheckComesLast) {
  const std::string list =
      write_resend_list(kIdentity, {{true, 1}, {false, 6}, {false, 2}, {false, 7}, {false, 8}});
  EXPECT_EQ(list.substr(0, list.size() - 4), "003 007-009 p02 ");
  const auto parsed = parse_resend_list(kIdentity, list);
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(*parsed, (std::vector<SetMember>{{false, 2}, {false, 6}, {false, 7}, {false, 8}, {true, 1}}));
}

TEST(ResendList, HowItIsSaidDoesNotMatter) {
  const std::string list = write_resend_list(kIdentity, {{false, 9}, {true, 0}});
  const std::string check = list.substr(list.size() - 4);
  for (const std::string said : {"p1, 10 ", "P01 V010, ", "v1O p0l "}) {
    const auto parsed = parse_resend_list(kIdentity, said + check);
    EXPECT_TRUE(parsed.ok()) << said;
  }
}

TEST(ResendList, AWrongNumberOrBundleIsFound) {
  const std::string list = write_resend_list(kIdentity, {{false, 9}, {false, 20}});
  EXPECT_FALSE(parse_resend_list(sha256("another"), list).ok());
  std::string other = list;
  other[2] = '1';
  EXPECT_FALSE(parse_resend_list(kIdentity, other).ok());
  for (const char* text : {"", "003", "abc defg", "000 k7qd", "5-3 k7qd", "p1-v3 k7qd", "1000000 k7qd"}) {
    EXPECT_FALSE(parse_resend_list(kIdentity, text).ok()) << text;
  }
}

TEST(ResendList, AllIsAList) {
  const auto parsed = parse_resend_list(kIdentity, write_resend_list(kIdentity, {}));
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->empty());
}

}  // namespace
}  // namespace pannier
