#include "base/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace pannier {
namespace {

TEST(Environment, ReadsTheProcessAndIsEmptyWhereNothingIsSet) {
  ASSERT_EQ(::setenv("PANNIER_TEST_VARIABLE", "value", 1), 0);
  EXPECT_EQ(process_environment()("PANNIER_TEST_VARIABLE"), "value");
  ASSERT_EQ(::unsetenv("PANNIER_TEST_VARIABLE"), 0);
  EXPECT_EQ(process_environment()("PANNIER_TEST_VARIABLE"), "");
}

TEST(Environment, StateOfAUserLiesWhereTheFirstVariableSays) {
  std::map<std::string, std::string> variables;
  const Environment environment = [&](const std::string& name) { return variables[name]; };
  EXPECT_EQ(user_state_folder(environment, "audit"), "");
  variables["HOME"] = "/u";
  EXPECT_EQ(user_state_folder(environment, "audit"), "/u/.local/state/pannier/audit");
  variables["XDG_STATE_HOME"] = "relative";
  EXPECT_EQ(user_state_folder(environment, "audit"), "/u/.local/state/pannier/audit");
  variables["XDG_STATE_HOME"] = "/state";
  EXPECT_EQ(user_state_folder(environment, "audit"), "/state/pannier/audit");
  variables["PANNIER_HOME"] = "/p";
  EXPECT_EQ(user_state_folder(environment, "audit"), "/p/audit");
}

}  // namespace
}  // namespace pannier
