// A body put into blocks at every size of piece, broken off, continued, and begun again as a whole.
#include "carry/connected/download/block_writer.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"

namespace pannier {
namespace {

class BlockWriterTest : public ::testing::Test {
 protected:
  const std::string contents_ = "0123456789abcdefghijABCDEFGHIJxyz";  // 4 blocks of 10
  MemoryFileSystem fs_;
  std::unique_ptr<PartFile> part_ = open();

  std::unique_ptr<PartFile> open() {
    EXPECT_TRUE(fs_.make_folders("/d").ok());
    return PartFile::open(fs_, "/d", {{sha256(contents_), std::nullopt}, contents_.size()}, {10, 0, {}})
        .value();
  }
  void feed(BlockWriter& writer, size_t begin, size_t end, size_t piece) {
    for (size_t at = begin; at < end; at += piece) {
      ASSERT_TRUE(writer.write(as_bytes(contents_.substr(at, std::min(piece, end - at)))).ok());
    }
  }
  bool is_whole() {
    EXPECT_EQ(*part_->hash_some(UINT64_MAX), PartFile::Hashing::kEnded);
    return part_->finish_hash().match(part_->key().id);
  }
};

TEST_F(BlockWriterTest, FillsARunInPiecesOfEverySize) {
  for (size_t piece = 1; piece <= contents_.size(); ++piece) {
    part_.reset();
    fs_ = MemoryFileSystem();
    part_ = open();
    {
      BlockWriter writer(*part_, *part_->take_run(2));
      EXPECT_EQ(writer.end(), 20u);
      feed(writer, 0, 20, piece);
      EXPECT_TRUE(writer.is_done());
      EXPECT_EQ(writer.completed_count(), 2u);
    }
    BlockWriter writer(*part_, *part_->take_run(9));
    EXPECT_EQ(writer.position(), 20u);
    EXPECT_EQ(writer.end(), 33u);
    feed(writer, 20, 33, piece);
    EXPECT_TRUE(is_whole());
  }
}

TEST_F(BlockWriterTest, WhatIsNotCompleteGoesBack) {
  {
    BlockWriter writer(*part_, *part_->take_run(3));
    feed(writer, 0, 14, 14);
    EXPECT_EQ(part_->bytes_there(), 14u);
    EXPECT_EQ(part_->missing_count(), 1u);
  }
  EXPECT_EQ(part_->missing_count(), 3u);
  EXPECT_EQ(part_->bytes_there(), 10u);
}

TEST_F(BlockWriterTest, AWholeBodyPassesOverWhatIsThere) {
  {
    BlockWriter writer(*part_, {1, 1});
    ASSERT_TRUE(part_->take(1));
    feed(writer, 10, 20, 10);
  }
  BlockWriter writer(*part_, *part_->take_run(1));
  feed(writer, 0, 5, 5);
  writer.restart_whole();
  EXPECT_EQ(writer.position(), 0u);
  EXPECT_EQ(writer.end(), 33u);
  EXPECT_EQ(part_->bytes_there(), 10u) << "the five bytes do not count";
  feed(writer, 0, 33, 7);
  EXPECT_EQ(writer.completed_count(), 3u);
  EXPECT_EQ(part_->bytes_there(), 33u);
  EXPECT_TRUE(is_whole());
}

TEST_F(BlockWriterTest, AWholeBodyIsDoneWhenNothingIsMissing) {
  for (const uint32_t block : {2u, 3u}) {
    ASSERT_TRUE(part_->take(block));
    BlockWriter writer(*part_, {block, 1});
    feed(writer, block * 10, part_->block_end(block), 10);
  }
  BlockWriter writer(*part_, *part_->take_run(9));
  writer.restart_whole();
  feed(writer, 0, 19, 19);
  EXPECT_FALSE(writer.is_done());
  feed(writer, 19, 20, 1);
  EXPECT_TRUE(writer.is_done()) << "13 bytes to come are there already";
}

TEST_F(BlockWriterTest, AWholeBodyBrokenOffGivesBackItsBlockOnly) {
  {
    BlockWriter writer(*part_, *part_->take_run(4));
    writer.restart_whole();
    feed(writer, 0, 25, 25);
  }
  EXPECT_EQ(part_->missing_count(), 2u);
  EXPECT_EQ(part_->bytes_there(), 20u);
}

}  // namespace
}  // namespace pannier
