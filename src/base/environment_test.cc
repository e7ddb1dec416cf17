#include "base/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace pannier {
namespace {

TEST(Environment, ReadsTheProcessAndIsEmptyWhereNothingIsSet) {
  ASSERT_EQ(::setenv("PANNIER_TEST_VARIABLE", "value", 1), 0);
  EXPECT_EQ(process_environment()("PANNIER_TEST_VARIABLE"), "value");
  ASSERT_EQ(::unsetenv("PANNIER_TEST_VARIABLE"), 0);
  EXPECT_EQ(process_environment()("PANNIER_TEST_VARIABLE"), "");
}

}  // namespace
}  // namespace pannier
