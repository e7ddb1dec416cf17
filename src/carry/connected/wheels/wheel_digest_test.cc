// wheel_digest: of the whole file, and of nothing that could not be read.
#include "carry/connected/wheels/wheel_digest.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"

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

}  // namespace
}  // namespace pannier
