#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace pannier {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0)
    return Error{ErrorKind::kInvalid, std::to_string(value) + " is odd", "give an even number"};
  return value / 2;
}

Result<std::unique_ptr<int>> quarter(int value) {
  PANNIER_ASSIGN(const int first, half(value));
  PANNIER_ASSIGN(const int second, half(first));
  return std::make_unique<int>(second);
}

Status check(int value) {
  PANNIER_TRY(quarter(value));
  return {};
}

TEST(Result, PassesValuesAndErrorsOn) {
  EXPECT_EQ(**quarter(12), 3);
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
  EXPECT_TRUE(check(8).ok());
  EXPECT_EQ(check(7).error().to_string(), "7 is odd\n  hint: give an even number");
  EXPECT_EQ(with_context(check(7).error(), "config.json").message, "config.json: 7 is odd");
}

TEST(Result, EveryKindHasAName) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInterrupted); ++kind) {
    EXPECT_STRNE(error_kind_name(static_cast<ErrorKind>(kind)), "unknown");
  }
}

}  // namespace
}  // namespace pannier
