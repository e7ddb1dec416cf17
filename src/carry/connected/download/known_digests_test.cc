// Git ids and their SHA-256, kept across processes, torn, damaged and shared.
#include "carry/connected/download/known_digests.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"

namespace pannier {
namespace {

class KnownDigestsTest : public ::testing::Test {
 protected:
  MemoryFileSystem fs_;
  KnownDigestsTest() { EXPECT_TRUE(fs_.make_folders("/d").ok()); }

  static Sha1 git(uint8_t n) {
    Sha1 id;
    id.bytes.fill(n);
    return id;
  }
  std::unique_ptr<KnownDigests> load() {
    auto known = KnownDigests::load(fs_, "/d");
    EXPECT_TRUE(known.ok());
    return std::move(known).value();
  }
  void add(uint8_t n) {
    ASSERT_TRUE(load()->add(git(n), n, sha256(std::string(1, static_cast<char>(n)))).ok());
  }
  bool knows(uint8_t n) {
    const auto found = load()->known_digest({std::nullopt, git(n)}, n);
    return found && *found == sha256(std::string(1, static_cast<char>(n)));
  }
};

TEST_F(KnownDigestsTest, AreFoundByAnotherProcess) {
  EXPECT_FALSE(knows(1));
  add(1);
  add(2);
  EXPECT_TRUE(knows(1));
  EXPECT_TRUE(knows(2));
  EXPECT_FALSE(load()->known_digest({std::nullopt, git(1)}, 2)) << "the size is part of it";
}

TEST_F(KnownDigestsTest, UpstreamsOwnSha256Wins) {
  add(1);
  const Digest own = sha256("own");
  EXPECT_EQ(load()->known_digest({own, git(1)}, 1), own);
  EXPECT_EQ(load()->known_digest({own, std::nullopt}, 9), own);
  EXPECT_FALSE(load()->known_digest({}, 1));
}

TEST_F(KnownDigestsTest, WhatIsKnownIsNotWrittenAgain) {
  add(1);
  const uint64_t bytes = fs_.stat("/d/known-digests")->bytes;
  EXPECT_EQ(bytes, 64u);
  add(1);
  EXPECT_EQ(fs_.stat("/d/known-digests")->bytes, bytes);
}

TEST_F(KnownDigestsTest, ATornRecordIsCutOffByTheNext) {
  add(1);
  add(2);
  for (uint64_t size = 65; size < 128; ++size) {
    auto file = fs_.open_or_create("/d/known-digests");
    ASSERT_TRUE((*file)->resize(size).ok());
    EXPECT_FALSE(knows(2));
    add(2);
    EXPECT_TRUE(knows(1) && knows(2)) << size;
  }
}

TEST_F(KnownDigestsTest, EveryFlippedBitMakesARecordUnknown) {
  add(1);
  auto file = fs_.open_or_create("/d/known-digests");
  Bytes good(64);
  ASSERT_TRUE((*file)->read_at(0, good).ok());
  for (size_t bit = 0; bit < 512; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ASSERT_TRUE((*file)->write_at(0, bad).ok());
    EXPECT_FALSE(load()->known_digest({std::nullopt, git(1)}, 1)) << bit;
  }
}

TEST_F(KnownDigestsTest, AFolderThatIsNotThereKnowsNothing) {
  auto known = KnownDigests::load(fs_, "/no");
  ASSERT_TRUE(known.ok());
  EXPECT_FALSE((*known)->known_digest({std::nullopt, git(1)}, 1));
}

}  // namespace
}  // namespace pannier
