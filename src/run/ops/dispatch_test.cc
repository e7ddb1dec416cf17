// Tests of choosing kernels.
#include "run/ops/dispatch.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(DispatchTest, TheFastestUsableOneIsActiveUntilAnotherIsChosen) {
  ASSERT_FALSE(usable_kernels().empty());
  EXPECT_STREQ(usable_kernels().front()->name, "sse2");
  EXPECT_EQ(&active_kernels(), usable_kernels().back());
  use_kernels(usable_kernels().front());
  EXPECT_STREQ(active_kernels().name, "sse2");
  use_kernels(nullptr);
  EXPECT_EQ(&active_kernels(), usable_kernels().back());
}

}  // namespace
}  // namespace pannier
