#include "carry/transport/volumes/stage.h"

#include "base/fs_faulty.h"
#include "carry/transport/volumes/volume_test_kit.h"

namespace pannier {
namespace {

using volume_test::make_set;
using volume_test::read_file;

// Lays a file of the set on a medium of its own.
void put(FileSystem& fs, const std::string& from, const std::string& medium) {
  volume_test::write_file(fs, medium + "/" + file_name(from), read_file(fs, from));
}

TEST(Stage, VolumesComeFromOneMediumAfterAnother) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {40'000, 0}, 80'000);
  ASSERT_EQ(made.files.size(), 3U);
  for (size_t i = 0; i < 3; ++i) put(fs, made.files[i], "m" + std::to_string(i));
  auto first = stage_volumes(fs, {"m2"}, "in", {});
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  EXPECT_EQ(first->copied, std::vector<std::string>{"a.v003.pannier"});
  EXPECT_EQ(first->missing, (std::vector<std::string>{"a.v001.pannier", "a.v002.pannier"}));
  EXPECT_FALSE(first->is_enough);
  ASSERT_TRUE(stage_volumes(fs, {"m0"}, "in", {}).ok());
  const auto again = stage_volumes(fs, {"m0"}, "in", {});
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->copied.empty());
  EXPECT_EQ(again->present, std::vector<std::string>{"a.v001.pannier"});
  const auto last = stage_volumes(fs, {"m1/a.v002.pannier"}, "in", {});
  ASSERT_TRUE(last.ok());
  EXPECT_TRUE(last->is_enough);
  const auto read = volume_test::read_all(fs, {"in"});
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_TRUE(*read == made.contents);
}

TEST(Stage, ParityMakesAMissingVolumeUnneeded) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {40'000, 34}, 80'000);
  put(fs, made.files[0], "m");
  put(fs, made.files[2], "m");
  auto staged = stage_volumes(fs, {"m"}, "in", {});
  ASSERT_TRUE(staged.ok());
  EXPECT_FALSE(staged->is_enough);
  put(fs, made.files[3], "p");
  staged = stage_volumes(fs, {"p"}, "in", {});
  ASSERT_TRUE(staged.ok()) << staged.error().to_string();
  EXPECT_TRUE(staged->is_enough);
  EXPECT_EQ(staged->missing, std::vector<std::string>{"a.v002.pannier"});
}

TEST(Stage, AnotherBundleIsKeptOut) {
  MemoryFileSystem fs;
  make_set(fs, "out/a.pannier", {40'000, 0}, 80'000);
  make_set(fs, "other/b.pannier", {20'000, 0}, 90'000, 2);
  ASSERT_TRUE(stage_volumes(fs, {"out/a.v001.pannier"}, "in", {}).ok());
  const auto mixed = stage_volumes(fs, {"other"}, "in", {});
  ASSERT_FALSE(mixed.ok());
  EXPECT_EQ(mixed.error().kind, ErrorKind::kInvalid);
}

TEST(Stage, ADamagedVolumeIsRefusedAndABetterOneReplacesIt) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {40'000, 0}, 80'000);
  put(fs, made.files[1], "m");
  volume_test::flip(fs, "m/a.v002.pannier", 20'000);
  const auto bad = stage_volumes(fs, {"m"}, "in", {});
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(bad.error().hint.find("002 "), std::string::npos);
  const auto good = stage_volumes(fs, {"out"}, "in", {});
  ASSERT_TRUE(good.ok()) << good.error().to_string();
  EXPECT_TRUE(good->is_enough);
}

// The process dies, or the medium is pulled out, at every call: the next run ends with all of it.
TEST(Stage, ABrokenOffCopyIsTakenUpAgain) {
  for (uint64_t call = 1;; ++call) {
    MemoryFileSystem below;
    const auto made = make_set(below, "out/a.pannier", {200'000, 0}, 300'000);
    FaultyFileSystem fs(below, {call, FaultKind::kIoError, true});
    (void)stage_volumes(fs, {"out"}, "in", {});
    const auto staged = stage_volumes(below, {"out"}, "in", {});
    ASSERT_TRUE(staged.ok()) << call << ": " << staged.error().to_string();
    ASSERT_TRUE(staged->is_enough);
    const auto read = volume_test::read_all(below, {"in"});
    ASSERT_TRUE(read.ok() && *read == made.contents) << call;
    ASSERT_EQ(below.list("in")->size(), 2U) << call;
    if (!fs.was_hit()) break;
  }
}

// What a power cut left of the first try is not what it should be.
TEST(Stage, ATornBeginningIsCopiedAgain) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {200'000, 0}, 300'000);
  volume_test::write_file(fs, "in/.a.v001.pannier.part", std::string(131'072, '\0'));
  const auto staged = stage_volumes(fs, {"out"}, "in", {});
  ASSERT_TRUE(staged.ok()) << staged.error().to_string();
  EXPECT_EQ(read_file(fs, "in/a.v001.pannier"), read_file(fs, made.files[0]));
}

}  // namespace
}  // namespace pannier
