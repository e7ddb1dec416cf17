// wheel_folder: what looks like a model, and paths that must not leave their folder.
#include "carry/connected/wheels/wheel_folder.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/connected/wheels/wheel_test_maker.h"

namespace pannier {
namespace {

using wheels_test::zip_of;

ZipIndex index_of(const std::string& bytes) {
  auto index = parse_zip(as_bytes(bytes), "test", ZipKind::kWheel);
  EXPECT_TRUE(index.ok()) << index.error().to_string();
  return index.ok() ? *index : ZipIndex{};
}

TEST(WheelFolder, FindsModels) {
  const ZipIndex index = index_of(zip_of({{"config.json", "{}"},
                                          {"pytorch_model.bin", "w"},
                                          {"a/b/config.json", "{}"},
                                          {"a/b/model-00001-of-00002.safetensors", "w"},
                                          {"a/c/config.json", "{}"},
                                          {"a/d/model.safetensors", "w"},
                                          {"a/e/other.bin", "w"},
                                          {"a/e/config.json", "{}"}}));
  EXPECT_EQ(model_folders(index), (std::vector<std::string>{"", "a/b"}));
  EXPECT_EQ(all_folders(index), (std::vector<std::string>{"", "a/b", "a/c", "a/d", "a/e"}));
  EXPECT_TRUE(has_folder(index, "a"));
  EXPECT_TRUE(has_folder(index, "a/b"));
  EXPECT_FALSE(has_folder(index, "a/b/config.json"));
  EXPECT_FALSE(has_folder(index, "a/"));
}

TEST(WheelFolder, TakesOneAndWhatLiesBelowIt) {
  const std::string bytes =
      zip_of({{"m/x/deep.txt", "deep"}, {"m/a.txt", "a"}, {"mm/b.txt", "b"}, {"m/__pycache__/c.pyc", "c"}});
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.make_folders("out").ok());
  ASSERT_TRUE(write_file_atomic(fs, "out/left-behind", "x").ok());
  const auto taken = take_folder(fs, as_bytes(bytes), index_of(bytes), "m", "out");
  ASSERT_TRUE(taken.ok()) << taken.error().to_string();
  ASSERT_EQ(taken->files.size(), 2u);
  EXPECT_EQ(taken->files[0].path, "a.txt");
  EXPECT_EQ(taken->files[1].path, "x/deep.txt");
  EXPECT_EQ(taken->files[1].local_path, "out/x/deep.txt");
  EXPECT_EQ(*read_small_file(fs, "out/x/deep.txt", 100), "deep");
  EXPECT_EQ(*taken->files[1].id.sha256, sha256("deep"));
  EXPECT_EQ(taken->left_out.size(), 1u);
  EXPECT_FALSE(fs.stat("out/left-behind").ok());
}

TEST(WheelFolder, PathsThatLeaveOrCollideAreRefused) {
  MemoryFileSystem fs;
  for (const auto& entries :
       std::vector<std::vector<std::pair<std::string, std::string>>>{{{"m/../../evil", "x"}},
                                                                     {{"m/a", "x"}, {"m/A", "y"}},
                                                                     {{"m/c:evil", "x"}},
                                                                     {{"m//etc/passwd", "x"}}}) {
    const std::string bytes = zip_of(entries);
    const auto index = parse_zip(as_bytes(bytes), "test", ZipKind::kWheel);
    if (!index.ok()) continue;  // refused even earlier
    const auto taken = take_folder(fs, as_bytes(bytes), *index, "m", "out");
    ASSERT_FALSE(taken.ok()) << entries.back().first;
    EXPECT_EQ(taken.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_FALSE(fs.stat("evil").ok());
}

}  // namespace
}  // namespace pannier
