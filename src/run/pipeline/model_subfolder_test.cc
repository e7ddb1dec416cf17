// Tests of a folder within a model.
#include "run/pipeline/model_subfolder.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace pannier {
namespace {

TEST(ModelSubfolderTest, NamesAreRelativeAndNothingElseIsThere) {
  const auto files = model_files_from_memory(
      "dir:m",
      {{"config.json", "root"}, {"0_T/config.json", "inner"}, {"0_T/a/b", "deep"}, {"0_Tx/c", "no"}});
  const auto folder = files_in_subfolder(*files, "0_T");
  EXPECT_EQ(folder->label(), "dir:m/0_T");
  EXPECT_EQ(folder->names(), (std::vector<std::string>{"a/b", "config.json"}));
  EXPECT_EQ(as_text((*folder->open("config.json"))->bytes()), "inner");
  EXPECT_TRUE(folder->has("a/b"));
  EXPECT_FALSE(folder->has("c"));
  EXPECT_EQ(folder->open("c").error().kind, ErrorKind::kNotFound);
}

TEST(ModelSubfolderTest, NoFolderIsTheModelItself) {
  const auto files =
      model_files_from_memory("dir:m", {{"config.json", "root"}, {"0_T/config.json", "inner"}});
  const auto folder = files_in_subfolder(*files, "");
  EXPECT_EQ(folder->label(), "dir:m");
  EXPECT_EQ(folder->names(), files->names());
  EXPECT_EQ(as_text((*folder->open("config.json"))->bytes()), "root");
}

}  // namespace
}  // namespace pannier
