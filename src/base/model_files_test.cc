#include "base/model_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace pannier {
namespace {

namespace stdfs = std::filesystem;

class ModelFilesFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (stdfs::temp_directory_path() / "pannier-model-files-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { stdfs::remove_all(folder_); }
  void write(const std::string& name, const std::string& contents) {
    stdfs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << contents;
  }
  stdfs::path folder_;
};

TEST_F(ModelFilesFolder, ListsAndMapsFilesOfAllDepths) {
  write("config.json", "{}");
  write("1_Pooling/config.json", "[1]");
  write("empty", "");
  stdfs::create_symlink("config.json", folder_ / "link.json");
  const auto files = model_files_from_folder(folder_.string());
  ASSERT_TRUE(files.ok());
  EXPECT_EQ((*files)->names(),
            (std::vector<std::string>{"1_Pooling/config.json", "config.json", "empty", "link.json"}));
  EXPECT_EQ(as_text((*(*files)->open("1_Pooling/config.json"))->bytes()), "[1]");
  EXPECT_EQ(as_text((*(*files)->open("link.json"))->bytes()), "{}");
  EXPECT_TRUE((*(*files)->open("empty"))->bytes().empty());
  EXPECT_EQ((*files)->open("nothing").error().kind, ErrorKind::kNotFound);
}

TEST_F(ModelFilesFolder, WhatIsNoFolderIsNotFound) {
  write("file", "x");
  EXPECT_EQ(model_files_from_folder((folder_ / "file").string()).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(model_files_from_folder((folder_ / "none").string()).error().kind, ErrorKind::kNotFound);
}

TEST_F(ModelFilesFolder, AFolderInThePlaceOfAFileIsAnError) {
  const auto files = model_files_from_paths("m", {{"config.json", folder_.string()}});
  EXPECT_EQ(files->open("config.json").error().kind, ErrorKind::kIo);
}

TEST(ModelFilesMemory, HoldsContents) {
  const auto files = model_files_from_memory("m", {{"a", "1"}});
  EXPECT_TRUE(files->has("a"));
  EXPECT_EQ(as_text((*files->open("a"))->bytes()), "1");
}

}  // namespace
}  // namespace pannier
