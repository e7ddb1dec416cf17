#include "base/absolute_path.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace pannier {
namespace {

TEST(AbsolutePath, BeginsInTheWorkingFolder) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(absolute_path("a/b"), here + "/a/b");
  EXPECT_EQ(absolute_path("./a/../b"), here + "/b");
}

TEST(AbsolutePath, KeepsWhatIsAbsoluteAndTheSlashAtTheEnd) {
  EXPECT_EQ(absolute_path("/a/b"), "/a/b");
  EXPECT_EQ(absolute_path("/a/./b/../c/"), "/a/c/");
  EXPECT_EQ(absolute_path("/"), "/");
}

}  // namespace
}  // namespace pannier
