// unpack: a folder of plain files, whole or not there.
#include "carry/isolated/unpack.h"

#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

TEST(Unpack, WritesEveryFileOfEveryModel) {
  MemoryFileSystem fs;
  make_bundle(fs, "x.pannier", sample_models());
  const auto result = unpack_bundle(fs, "x.pannier", "new/out/");
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->file_count, 8u);
  for (const auto& [model, files] : sample_models()) {
    for (const auto& [path, contents] : files) {
      EXPECT_EQ(read_file(fs, "new/out/" + model + "/" + path), contents) << path;
    }
  }
  EXPECT_TRUE(fs.stat("new/out/sst2/run.sh")->executable);
  EXPECT_FALSE(fs.stat("new/out/sst2/vocab.txt")->executable);
  EXPECT_EQ(fs.list("new")->size(), 1u);  // the temporary folder is gone
}

TEST(Unpack, AnEmptyFolderIsFineAnotherIsNot) {
  MemoryFileSystem fs;
  make_bundle(fs, "x.pannier", {{"m", {{"a", "1"}}}});
  ASSERT_TRUE(fs.make_folders("empty").ok());
  EXPECT_TRUE(unpack_bundle(fs, "x.pannier", "empty").ok());
  const auto again = unpack_bundle(fs, "x.pannier", "empty");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(unpack_bundle(fs, "x.pannier", "x.pannier").error().kind, ErrorKind::kInvalid);
  for (const char* folder : {"", ".", "..", "/", "a/.."}) {
    EXPECT_EQ(unpack_bundle(fs, "x.pannier", folder).error().kind, ErrorKind::kInvalid) << folder;
  }
}

// Model "a" with a folder "b" and model "a/b" would write into one folder.
TEST(Unpack, RefusesModelsThatCollide) {
  MemoryFileSystem fs;
  make_bundle(fs, "x.pannier", {{"a", {{"b/config.json", "1"}}}, {"a/b", {{"config.json", "2"}}}});
  const auto result = unpack_bundle(fs, "x.pannier", "out");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
  make_bundle(fs, "y.pannier", {{"A", {{"x", "1"}}}, {"a", {{"x", "2"}}}});
  EXPECT_EQ(unpack_bundle(fs, "y.pannier", "out").error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(fs.stat("out").ok());
}

TEST(Unpack, ADamagedBundleLeavesNothing) {
  MemoryFileSystem fs;
  make_bundle(fs, "x.pannier", sample_models());
  std::string bytes = read_file(fs, "x.pannier");
  bytes[bytes.size() - 2000] ^= 4;
  write_file(fs, "in/y.pannier", bytes);
  ASSERT_TRUE(fs.make_folders("place").ok());
  const auto result = unpack_bundle(fs, "in/y.pannier", "place/out");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(tree_of(fs, "place").empty());
}

TEST(Unpack, EveryFailingCallLeavesAllOrNothing) {
  for (const FaultKind kind : {FaultKind::kIoError, FaultKind::kNoSpace, FaultKind::kShortWrite}) {
    bool was_hit = true;
    for (uint64_t call = 1; was_hit; ++call) {
      MemoryFileSystem fs;
      make_bundle(fs, "x.pannier", {{"m", {{"a", "1"}, {"b/c", "1"}, {"d", "2"}}}});
      ASSERT_TRUE(fs.make_folders("place").ok());
      FaultyFileSystem faulty(fs, {call, kind, false, {}});
      const auto result = unpack_bundle(faulty, "x.pannier", "place/out");
      was_hit = faulty.was_hit();
      SCOPED_TRACE("call " + std::to_string(call));
      const bool is_there = fs.stat("place/out").ok();
      if (result.ok()) {
        ASSERT_TRUE(is_there);
      }
      if (is_there) {
        EXPECT_EQ(read_file(fs, "place/out/m/b/c"), "1");
        EXPECT_EQ(read_file(fs, "place/out/m/d"), "2");
      } else {
        EXPECT_TRUE(tree_of(fs, "place").empty());
      }
    }
  }
}

}  // namespace
}  // namespace pannier
