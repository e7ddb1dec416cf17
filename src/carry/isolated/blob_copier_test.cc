// Copies and clones: checked, counted, and no more than fits.
#include "carry/isolated/blob_copier.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

const ModelFile kHello{"a.sh", true, 5, sha256("hello"), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"};

TEST(BlobCopier, CopiesAndClones) {
  for (const bool can_clone : {false, true}) {
    MemoryFileSystem fs;
    fs.set_can_clone(can_clone);
    write_file(fs, "blob", "hello");
    uint64_t done = 0;
    Transfer transfer;
    transfer.progress = [&](uint64_t bytes, uint64_t total) {
      done = bytes;
      EXPECT_EQ(total, 8u);
    };
    BlobCopier copier(fs, transfer, {8, 8});
    const Status copied = copier.copy(kHello, "blob", "out");
    ASSERT_TRUE(copied.ok()) << copied.error().to_string();
    EXPECT_EQ(read_file(fs, "out"), "hello");
    EXPECT_TRUE(fs.stat("out")->executable);
    EXPECT_EQ(done, 5u);
    copier.skip(3);
    EXPECT_EQ(done, 8u);
    EXPECT_FALSE(copier.copy(kHello, "blob", "out").ok()) << "never over what is there";
  }
}

TEST(BlobCopier, WhatIsNotAsItShouldBeIsCorrupt) {
  for (const bool can_clone : {false, true}) {
    MemoryFileSystem fs;
    fs.set_can_clone(can_clone);
    write_file(fs, "short", "hell");
    write_file(fs, "other", "jello");
    write_file(fs, "hello", "hello");
    const Transfer transfer;
    BlobCopier copier(fs, transfer, {5, 5});
    EXPECT_EQ(copier.copy(kHello, "short", "1").error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(copier.copy(kHello, "other", "2").error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(copier.copy(kHello, "none", "3").error().kind, ErrorKind::kNotFound);
    ModelFile liar = kHello;
    liar.upstream_id = std::string(40, 'a');
    const Status refused = copier.copy(liar, "hello", "4");
    EXPECT_EQ(refused.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(refused.error().message.find("is the git blob b6fc4c62"), std::string::npos);
  }
}

// A clone takes no room, so a full disk is no reason to refuse it.
TEST(BlobCopier, OnlyACopyNeedsRoom) {
  MemoryFileSystem fs;
  write_file(fs, "blob", "hello");
  fs.set_capacity_bytes(100);
  const Transfer transfer;
  const Status refused = BlobCopier(fs, transfer, {5, 5}).copy(kHello, "blob", "out");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kIo);
  EXPECT_NE(refused.error().message.find("are needed at"), std::string::npos) << refused.error().message;
  fs.set_can_clone(true);
  EXPECT_TRUE(BlobCopier(fs, transfer, {5, 5}).copy(kHello, "blob", "out").ok());
}

}  // namespace
}  // namespace pannier
