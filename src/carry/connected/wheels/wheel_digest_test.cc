// wheel_digest: a copy is what was read, and its digest is of what was copied.
#include "carry/connected/wheels/wheel_digest.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"

namespace pannier {
namespace {

TEST(WheelDigest, CopiesAndHashesInOnePass) {
  MemoryFileSystem fs;
  const std::string contents(3'000'001, 'x');
  ASSERT_TRUE(write_file_atomic(fs, "a", contents).ok());
  const auto digest = digest_of_file(fs, "a", nullptr);
  ASSERT_TRUE(digest.ok());
  EXPECT_EQ(digest->bytes, contents.size());
  EXPECT_EQ(digest->sha256, sha256(contents));
  const auto copied = copy_file(fs, "a", "b", nullptr);
  ASSERT_TRUE(copied.ok());
  EXPECT_EQ(copied->sha256, sha256(contents));
  EXPECT_EQ(*read_small_file(fs, "b", 1 << 24), contents);
  EXPECT_FALSE(copy_file(fs, "a", "b", nullptr).ok());  // never over something
  fs.crash(CrashLoss::kContents);
  EXPECT_EQ(*read_small_file(fs, "b", 1 << 24), contents);  // it was synced
}

TEST(WheelDigest, FailsAsTheFileDoes) {
  MemoryFileSystem fs;
  EXPECT_EQ(digest_of_file(fs, "none", nullptr).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(write_file_atomic(fs, "a", "abc").ok());
  const std::atomic<bool> cancel{true};
  EXPECT_EQ(digest_of_file(fs, "a", &cancel).error().kind, ErrorKind::kInterrupted);
  fs.set_capacity_bytes(4);
  EXPECT_EQ(copy_file(fs, "a", "b", nullptr).error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace pannier
