// Sizes: what is one, and what is none.
#include "cli/size_argument.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(SizeArgument, BytesUnitsAndMedia) {
  EXPECT_EQ(*parse_size_argument("1500000"), 1'500'000u);
  EXPECT_EQ(*parse_size_argument("700MB"), 700'000'000u);
  EXPECT_EQ(*parse_size_argument("4gib"), 4ull << 30);
  EXPECT_EQ(*parse_size_argument("fat32"), (4ull << 30) - 1);
  EXPECT_LT(*parse_size_argument("DVD"), 4'700'000'000u);
}

TEST(SizeArgument, EverythingElseIsRefused) {
  for (const char* text :
       {"", "0", "-1", "1.5GB", "GB", "4 GB", "4XB", "99999999999999999999", "2000000TB"}) {
    EXPECT_EQ(parse_size_argument(text).error().kind, ErrorKind::kInvalid) << text;
  }
}

}  // namespace
}  // namespace pannier
