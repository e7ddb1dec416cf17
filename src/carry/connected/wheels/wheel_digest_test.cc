// wheel_digest: of the whole file, and of nothing that could not be read.
#include "carry/connected/wheels/wheel_digest.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/connected/wheels/wheel_test_maker.h"
#include "carry/connected/wheels/wheels_test_support.h"

namespace pannier {
namespace {

TEST(WheelDigest, IsOfEveryByte) {
  MemoryFileSystem fs;
  for (const size_t bytes : {0, 1, 1024 * 1024, 3'000'001}) {
    const std::string contents(bytes, 'x');
    ASSERT_TRUE(write_file_atomic(fs, "a", contents).ok());
    const auto digest = digest_of_file(fs, "a", nullptr);
    ASSERT_TRUE(digest.ok());
    EXPECT_EQ(digest->bytes, bytes);
    EXPECT_EQ(digest->sha256, sha256(contents));
  }
}

TEST(WheelDigest, FailsAsTheFileDoes) {
  MemoryFileSystem fs;
  EXPECT_EQ(digest_of_file(fs, "none", nullptr).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(write_file_atomic(fs, "a", "abc").ok());
  const std::atomic<bool> cancel{true};
  EXPECT_EQ(digest_of_file(fs, "a", &cancel).error().kind, ErrorKind::kInterrupted);
}

TEST(WheelDigest, ChecksAMappedWheelAndStopsWhenAsked) {
  const std::string path =
      std::filesystem::temp_directory_path().string() + "/" + unique_name("wheel-digest");
  const wheels_test::TestWheel wheel;
  wheels_test::put(path, wheel.bytes());
  const auto name = WheelName::parse(wheel.filename());
  const auto view = map_file(path);
  ASSERT_TRUE(name.ok() && view.ok());
  const auto checked = check_wheel_file(**view, *name, nullptr);
  ASSERT_TRUE(checked.ok()) << checked.error().to_string();
  EXPECT_EQ(checked->metadata.name, "tiny");
  const std::atomic<bool> cancel{true};
  EXPECT_EQ(check_wheel_file(**view, *name, &cancel).error().kind, ErrorKind::kInterrupted);
  wheels_test::TestWheel other;
  other.version = "2.0";
  EXPECT_EQ(check_wheel_file(**view, *WheelName::parse(other.filename()), nullptr).error().kind,
            ErrorKind::kCorrupt);
  (void)real_file_system().remove_file(path);
}

}  // namespace
}  // namespace pannier
