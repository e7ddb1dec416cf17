#include "base/model_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>

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

// The bytes of files that this process has in memory right now.
uint64_t resident_file_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return 1024 * std::stoull(line.substr(8));
  }
  ADD_FAILURE() << "no RssFile in /proc/self/status";
  return 0;
}

// Reads all pages, so that they are in memory, and gives their sum to compare.
uint64_t sum_of(ByteSpan bytes) { return std::accumulate(bytes.begin(), bytes.end(), uint64_t{0}); }

TEST_F(ModelFilesFolder, ReleasedBytesLeaveMemoryAndCanBeReadAgain) {
  constexpr size_t kSize = size_t{16} << 20;
  std::string contents(kSize, '\0');
  for (size_t i = 0; i < kSize; ++i) contents[i] = static_cast<char>(i * 31 + (i >> 12));
  write("weights", contents);
  const auto view = map_file((folder_ / "weights").string());
  ASSERT_TRUE(view.ok());
  const ByteSpan bytes = (*view)->bytes();
  const uint64_t sum = sum_of(bytes);
  const uint64_t before = resident_file_bytes();
  (*view)->release(bytes.subspan(100, kSize - 200));
  EXPECT_LT(resident_file_bytes() + kSize * 3 / 4, before);
  EXPECT_EQ(sum_of(bytes), sum);
  EXPECT_GT(resident_file_bytes() + kSize / 4, before);
  // Less than a page, nothing, and the whole file to its last byte.
  (*view)->release(bytes.subspan(5000, 10));
  (*view)->release({});
  (*view)->release(bytes);
  EXPECT_EQ(sum_of(bytes), sum);
}

// To the system a page of the heap would be a page like any other, and what it held would be gone.
TEST_F(ModelFilesFolder, ReleasingBytesOfOthersChangesNothing) {
  write("weights", std::string(1 << 16, 'w'));
  const auto view = map_file((folder_ / "weights").string());
  ASSERT_TRUE(view.ok());
  const std::string heap(size_t{1} << 20, 'h');
  (*view)->release(as_bytes(heap));
  EXPECT_EQ(heap, std::string(heap.size(), 'h'));
  const auto files = model_files_from_memory("m", {{"weights", heap}});
  const auto owned = files->open("weights");
  ASSERT_TRUE(owned.ok());
  (*owned)->release((*owned)->bytes());
  EXPECT_EQ(as_text((*owned)->bytes()), heap);
}

TEST(ModelFilesMemory, HoldsContents) {
  const auto files = model_files_from_memory("m", {{"a", "1"}});
  EXPECT_TRUE(files->has("a"));
  EXPECT_EQ(as_text((*files->open("a"))->bytes()), "1");
}

}  // namespace
}  // namespace pannier
