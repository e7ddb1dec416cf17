// One file put together from blocks: resumed, hashed in order, checked, finished; power cuts in between.
#include "carry/connected/download/part_file.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/fs_memory.h"

namespace pannier {
namespace {

class Part : public ::testing::Test {
 protected:
  static constexpr uint64_t kBlock = 10;
  const std::string contents_ = "0123456789abcdefghijABCDEFGHIJxyz";  // 4 blocks, the last of 3 bytes
  MemoryFileSystem fs_;

  Part() { EXPECT_TRUE(fs_.make_folders("/d").ok() && fs_.sync_all("/").ok()); }

  DownloadKey key() const { return {{sha256(contents_), std::nullopt}, contents_.size()}; }
  PartPaths paths() const { return part_paths("/d", key()); }
  uint64_t synced_alone_bytes_ = 0;
  std::unique_ptr<PartFile> open(uint64_t block_bytes = kBlock) {
    auto part = PartFile::open(fs_, "/d", key(), {block_bytes, synced_alone_bytes_, {}});
    EXPECT_TRUE(part.ok()) << part.error().to_string();
    return part.ok() ? std::move(part).value() : nullptr;
  }
  void fill(PartFile& part, uint32_t block) { fill_with(part, block, contents_); }
  static void fill_with(PartFile& part, uint32_t block, const std::string& contents) {
    ASSERT_TRUE(part.take(block));
    const uint64_t begin = block * part.block_bytes();
    const std::string bytes = contents.substr(begin, part.block_end(block) - begin);
    ASSERT_TRUE(part.write(begin, as_bytes(bytes)).ok());
    ASSERT_TRUE(part.complete(block, crc32c(0, as_bytes(bytes))).ok());
  }
  static PartFile::Hashing hash(PartFile& part) {
    while (true) {
      const auto state = part.hash_some(1);
      EXPECT_TRUE(state.ok()) << state.error().to_string();
      if (!state.ok() || *state != PartFile::Hashing::kGoesOn) {
        return state.ok() ? *state : PartFile::Hashing::kWaits;
      }
    }
  }
  std::string names() {
    std::string text;
    for (const FolderEntry& entry : *fs_.list("/d")) {
      text += entry.name.substr(entry.name.rfind('.') + 1) + " ";
    }
    return text;
  }
};

TEST_F(Part, FilledInAnyOrderItIsHashedInOrder) {
  auto part = open();
  EXPECT_EQ(part->block_count(), 4u);
  EXPECT_FALSE(part->can_hash());
  fill(*part, 3);
  fill(*part, 1);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kWaits);
  fill(*part, 0);
  EXPECT_TRUE(part->can_hash());
  EXPECT_EQ(hash(*part), PartFile::Hashing::kWaits);
  EXPECT_EQ(part->bytes_there(), 23u);
  fill(*part, 2);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
  EXPECT_TRUE(part->finish_hash().match(key().id));
  ASSERT_TRUE(part->finish().ok());
  EXPECT_EQ(*read_small_file(fs_, part->whole_path(), 100), contents_);
  EXPECT_EQ(names(), "locks whole ");
}

TEST_F(Part, RunsAreTheFirstMissingBlocks) {
  auto part = open();
  ASSERT_TRUE(part->take(1));
  EXPECT_FALSE(part->take(1));
  auto run = part->take_run(9);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->first, 0u);
  EXPECT_EQ(run->count, 1u) << "up to the block that somebody has";
  run = part->take_run(1);
  EXPECT_EQ(run->first, 2u);
  part->give_back(0, 0);
  run = part->take_run(9);
  EXPECT_EQ(run->first, 0u);
  run = part->take_run(9);
  EXPECT_EQ(run->first, 3u);
  EXPECT_FALSE(part->take_run(9));
  EXPECT_EQ(part->missing_count(), 0u);
}

TEST_F(Part, ResumesWhatAnotherProcessWrote) {
  {
    auto part = open();
    fill(*part, 1);
    fill(*part, 2);
    ASSERT_TRUE(part->take(3));
    ASSERT_TRUE(part->write(30, as_bytes("x")).ok());  // killed in the middle of a block
  }
  auto part = open();
  EXPECT_EQ(part->bytes_there(), 20u);
  EXPECT_EQ(part->bytes_resumed(), 20u);
  fill(*part, 0);
  fill(*part, 3);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
  EXPECT_TRUE(part->finish_hash().match(key().id));
}

// The journal's records survived, the blocks did not: zeros, old bytes, or a file that is too short.
TEST_F(Part, BlocksThatAPowerCutTookAreMissingAgain) {
  {
    auto part = open();
    for (uint32_t block = 0; block < 4; ++block) fill(*part, block);
  }
  {
    auto file = fs_.open_or_create(paths().part);
    ASSERT_TRUE((*file)->write_at(12, as_bytes("?")).ok());
    ASSERT_TRUE((*file)->resize(31).ok());
  }
  auto part = open();
  EXPECT_EQ(part->bytes_resumed(), 33u);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kWaits);
  EXPECT_EQ(part->missing_count(), 1u);
  EXPECT_EQ(part->bytes_there(), 23u);
  fill(*part, 1);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kWaits) << "the cut-off last block";
  fill(*part, 3);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
  EXPECT_TRUE(part->finish_hash().match(key().id)) << "the digest forgot the damaged bytes";
  EXPECT_EQ(part->bytes_resumed(), 20u);
}

TEST_F(Part, WhatWasSyncedSurvivesAPowerCut) {
  for (const CrashLoss loss : {CrashLoss::kContents, CrashLoss::kNames, CrashLoss::kAll}) {
    {
      auto part = open();
      fill(*part, 0);
      fill(*part, 1);
      ASSERT_TRUE(part->sync(1).ok());
      fill(*part, 2);
      fs_.crash(loss);
    }
    auto part = open();
    ASSERT_NE(part, nullptr);
    (void)hash(*part);
    EXPECT_GE(part->bytes_there(), 20u);
    EXPECT_GE(part->bytes_resumed(), 20u);
    ASSERT_TRUE(part->discard().ok());
  }
}

TEST_F(Part, ALittleIsNotWorthASync) {
  auto part = open();
  fill(*part, 0);
  ASSERT_TRUE(part->sync(11).ok());
  fs_.crash(CrashLoss::kAll);
  EXPECT_EQ(open()->bytes_resumed(), 0u);
}

TEST_F(Part, AWholeFileOfSeveralBlocksIsOnTheDiskBeforeItsJournalGoes) {
  for (const CrashLoss loss : {CrashLoss::kContents, CrashLoss::kNames, CrashLoss::kAll}) {
    {
      auto part = open();
      for (uint32_t block = 0; block < 4; ++block) fill(*part, block);
      EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
      ASSERT_TRUE(part->finish().ok());
      fs_.crash(loss);
    }
    auto part = open();
    ASSERT_NE(part, nullptr);
    EXPECT_TRUE(part->found_whole());
    ASSERT_TRUE(fs_.remove_file(paths().whole).ok());
    (void)fs_.remove_file(part->leftover_journal());  // its removal may have been undone
  }
}

// Many middling files are synced together: until then the journal stays, and tells what a power cut left.
TEST_F(Part, AWholeFileThatWasNotSyncedKeepsItsJournal) {
  synced_alone_bytes_ = 1000;
  {
    auto part = open();
    for (uint32_t block = 0; block < 4; ++block) fill(*part, block);
    EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
    ASSERT_TRUE(part->finish().ok());
    EXPECT_EQ(part->leftover_journal(), paths().journal);
    EXPECT_EQ(names(), "locks journal whole ");
  }
  {
    auto part = open();
    EXPECT_TRUE(part->found_whole());
    EXPECT_EQ(part->leftover_journal(), paths().journal);
  }
  auto file = fs_.open_or_create(paths().whole);
  ASSERT_TRUE((*file)->write_at(12, as_bytes("?")).ok());
  auto part = open();
  EXPECT_FALSE(part->found_whole());
  EXPECT_EQ(hash(*part), PartFile::Hashing::kWaits);
  EXPECT_EQ(part->missing_count(), 1u) << "the others are as they were";
  fill(*part, 1);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
  EXPECT_TRUE(part->finish_hash().match(key().id));
}

TEST_F(Part, AWholeFileIsFoundAndReadThrough) {
  {
    auto part = open(100);
    fill(*part, 0);
    EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
    ASSERT_TRUE(part->finish().ok());
  }
  auto part = open();
  ASSERT_TRUE(part->found_whole());
  EXPECT_EQ(part->found_whole()->sha256, sha256(contents_));
  EXPECT_EQ(part->bytes_resumed(), contents_.size());
}

TEST_F(Part, AWholeFileThatIsDamagedIsFetchedAgain) {
  auto file = fs_.open_or_create(paths().whole);
  ASSERT_TRUE((*file)->write_at(0, as_bytes(std::string(contents_.size(), '\0'))).ok());
  auto part = open();
  EXPECT_FALSE(part->found_whole());
  EXPECT_EQ(part->missing_count(), 4u);
  EXPECT_FALSE(fs_.stat(paths().whole).ok());
}

TEST_F(Part, OneHolder) {
  auto part = open();
  EXPECT_EQ(open(), nullptr);
  part.reset();
  EXPECT_NE(open(), nullptr);
}

TEST_F(Part, AFileOfOneBlockHasNoJournal) {
  auto part = open(contents_.size());
  EXPECT_EQ(part->block_count(), 1u);
  EXPECT_EQ(names(), "locks part ");
}

TEST_F(Part, AnEmptyFileIsWholeAtOnce) {
  const DownloadKey empty{{sha256(""), std::nullopt}, 0};
  auto part = PartFile::open(fs_, "/d", empty, {kBlock, 0, {}});
  ASSERT_TRUE(part.ok());
  EXPECT_TRUE((*part)->can_hash());
  EXPECT_EQ(hash(**part), PartFile::Hashing::kEnded);
  EXPECT_TRUE((*part)->finish_hash().match(empty.id));
  ASSERT_TRUE((*part)->finish().ok());
  EXPECT_EQ(fs_.stat((*part)->whole_path())->bytes, 0u);
}

// Left over from contents that were longer, or written by whatever else: no part of the file.
TEST_F(Part, BytesBeyondTheEndAreCutOff) {
  {
    auto file = fs_.open_or_create(paths().part);
    ASSERT_TRUE((*file)->write_at(0, as_bytes(std::string(100, '?'))).ok());
  }
  auto part = open();
  for (uint32_t block = 0; block < 4; ++block) fill(*part, block);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
  ASSERT_TRUE(part->finish().ok());
  EXPECT_EQ(*read_small_file(fs_, part->whole_path(), 200), contents_);
}

TEST_F(Part, ARepairTellsWhichBlocksDiffered) {
  auto part = open();
  std::string damaged = contents_;
  damaged[15] = '?';
  for (uint32_t block = 0; block < 4; ++block) fill_with(*part, block, damaged);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
  EXPECT_FALSE(part->finish_hash().match(key().id));
  part->begin_repair();
  EXPECT_EQ(part->missing_count(), 4u);
  EXPECT_EQ(part->bytes_there(), 0u);
  for (uint32_t block = 0; block < 4; ++block) fill(*part, block);
  EXPECT_EQ(hash(*part), PartFile::Hashing::kEnded);
  EXPECT_TRUE(part->finish_hash().match(key().id));
  EXPECT_EQ(part->differing_blocks(), (std::vector<uint32_t>{1}));
}

TEST_F(Part, ReadingMuchCanBeBrokenOff) {
  auto file = fs_.open_or_create(paths().whole);
  ASSERT_TRUE((*file)->write_at(0, as_bytes(contents_)).ok());
  const auto part = PartFile::open(
      fs_, "/d", key(), {kBlock, 0, []() -> Status { return Error{ErrorKind::kInterrupted, "stop", ""}; }});
  ASSERT_FALSE(part.ok());
  EXPECT_EQ(part.error().kind, ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace pannier
