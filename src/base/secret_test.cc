#include "base/secret.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pannier {
namespace {

TEST(Secret, MovesAndLeavesNothingBehind) {
  // Short enough to lie within the object, and long enough not to.
  for (const size_t length : {5u, 500u}) {
    std::string text(length, 'x');
    const char* where = text.data();
    Secret first(std::move(text));
    EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_NE(where[0], 'x');   // the buffer is still the string's own
    EXPECT_EQ(first.text(), std::string(length, 'x'));
    const char* first_where = first.text().data();
    Secret second = std::move(first);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_NE(first_where[0], 'x');
    Secret third;
    third = std::move(second);
    EXPECT_EQ(third.text(), std::string(length, 'x'));
    third = Secret();
    EXPECT_TRUE(third.empty());
  }
}

TEST(Secret, WipingLeavesZeros) {
  Bytes bytes = {1, 2, 3};
  wipe(MutableByteSpan(bytes));
  EXPECT_EQ(bytes, Bytes(3, 0));
  wipe(MutableByteSpan());
}

TEST(Random, BytesDiffer) {
  Bytes one(1000, 0);
  Bytes other(1000, 0);
  ASSERT_TRUE(fill_random(one).ok() && fill_random(other).ok());
  EXPECT_NE(one, other);
  // 1,000 fair bytes are nowhere near constant.
  EXPECT_LT(std::count(one.begin(), one.end(), one[0]), 50);
  EXPECT_TRUE(fill_random({}).ok());
}

}  // namespace
}  // namespace pannier
