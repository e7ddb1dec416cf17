// The journal of a part file: what it keeps, and everything that may be wrong with one.
#include "carry/connected/download/download_journal.h"

#include <gtest/gtest.h>

#include <random>

#include "base/fs_memory.h"

namespace pannier {
namespace {

class Journal : public ::testing::Test {
 protected:
  static constexpr uint64_t kBytes = 1050;  // 11 blocks of 100
  const std::string path_ = "/k.journal";
  const std::string key_ = "sha256-00-1050";
  MemoryFileSystem fs_;

  std::unique_ptr<DownloadJournal> open(uint64_t block_bytes = 100) {
    auto journal = DownloadJournal::open(fs_, {path_, key_, kBytes, block_bytes});
    EXPECT_TRUE(journal.ok());
    return std::move(journal).value();
  }
  std::string bytes() { return *read_small_file(fs_, path_, 1 << 20); }
  void replace(const std::string& contents) {
    ASSERT_TRUE(fs_.remove_file(path_).ok());
    auto file = fs_.create(path_);
    ASSERT_TRUE((*file)->append(as_bytes(contents)).ok());
  }
  // "3 7": the blocks that the journal knows.
  static std::string blocks_of(const JournalContents& contents) {
    std::string text;
    for (size_t block = 0; block < contents.crcs.size(); ++block) {
      if (contents.crcs[block]) text += std::to_string(block) + " ";
    }
    return text;
  }
};

TEST_F(Journal, KeepsWhatWasAppended) {
  auto journal = open();
  EXPECT_EQ(journal->contents().crcs.size(), 11u);
  EXPECT_EQ(blocks_of(journal->contents()), "");
  ASSERT_TRUE(journal->append(7, 77).ok());
  ASSERT_TRUE(journal->append(10, 1).ok());
  ASSERT_TRUE(journal->append(10, 2).ok());
  journal = open();
  EXPECT_EQ(blocks_of(journal->contents()), "7 10 ");
  EXPECT_EQ(*journal->contents().crcs[7], 77u);
  EXPECT_EQ(*journal->contents().crcs[10], 2u) << "the later record counts";
  ASSERT_TRUE(journal->append(0, 5).ok());
  EXPECT_EQ(blocks_of(open()->contents()), "0 7 10 ") << "and goes on behind what was there";
}

TEST_F(Journal, ItsBytesAreThoseOfThePage) {
  auto journal = open();
  ASSERT_TRUE(journal->append(7, 0x01020304).ok());
  const std::string found = bytes();
  ASSERT_EQ(found.size(), 64u + 16u);
  EXPECT_EQ(found.substr(0, 8), "PNRJRNL1");
  EXPECT_EQ(read_le<uint64_t>(as_bytes(found).subspan(8)), 100u);
  EXPECT_EQ(read_le<uint64_t>(as_bytes(found).subspan(16)), kBytes);
  EXPECT_EQ(found.substr(24, 32), std::string(as_text(sha256(key_).bytes)));
  EXPECT_EQ(found.substr(64, 12), std::string("\7\0\0\0\4\3\2\1\0\0\0\0", 12));
}

TEST_F(Journal, TheBlockSizeItBeganWithCounts) {
  ASSERT_TRUE(open(100)->append(3, 1).ok());
  const auto journal = open(500);
  EXPECT_EQ(journal->contents().block_bytes, 100u);
  EXPECT_EQ(blocks_of(journal->contents()), "3 ");
}

// A kill in the middle of a record: the next one takes its place, and no later one is out of step.
TEST_F(Journal, ATornRecordIsOverwritten) {
  auto journal = open();
  ASSERT_TRUE(journal->append(1, 1).ok());
  ASSERT_TRUE(journal->append(2, 2).ok());
  const std::string whole = bytes();
  for (size_t size = whole.size() - 15; size < whole.size(); ++size) {
    replace(whole.substr(0, size));
    journal = open();
    EXPECT_EQ(blocks_of(journal->contents()), "1 ");
    ASSERT_TRUE(journal->append(5, 5).ok());
    EXPECT_EQ(blocks_of(open()->contents()), "1 5 ");
  }
}

// After a power cut the pages of a file may be old, new or zeros, in any mixture.
TEST_F(Journal, ZerosBetweenRecordsArePassedOver) {
  auto journal = open();
  for (uint32_t block = 1; block <= 4; ++block) ASSERT_TRUE(journal->append(block, block).ok());
  std::string contents = bytes();
  contents.replace(64 + 16, 32, std::string(32, '\0'));
  replace(contents);
  EXPECT_EQ(blocks_of(open()->contents()), "1 4 ");
}

TEST_F(Journal, EveryFlippedBitIsNoticed) {
  auto journal = open();
  ASSERT_TRUE(journal->append(3, 99).ok());
  const std::string good = bytes();
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto parsed = parse_journal(as_bytes(bad), sha256(key_), kBytes);
    EXPECT_EQ(parsed ? blocks_of(*parsed) : "", "") << "bit " << bit;
  }
}

TEST_F(Journal, OneOfAnotherFileOrSizeIsAsGoodAsNone) {
  ASSERT_TRUE(open()->append(3, 99).ok());
  const std::string good = bytes();
  EXPECT_TRUE(parse_journal(as_bytes(good), sha256(key_), kBytes));
  EXPECT_FALSE(parse_journal(as_bytes(good), sha256("another key"), kBytes));
  EXPECT_FALSE(parse_journal(as_bytes(good), sha256(key_), kBytes + 1));
  auto other = DownloadJournal::open(fs_, {path_, "another key", kBytes, 200});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ((*other)->contents().block_bytes, 200u);
  EXPECT_EQ(blocks_of((*other)->contents()), "");
  EXPECT_EQ(bytes().size(), 64u);
}

// A record moved in from another file's journal, whole as it is, must not count.
TEST_F(Journal, ARecordOfAnotherFileIsPassedOver) {
  ASSERT_TRUE(open()->append(3, 99).ok());
  const std::string record = bytes().substr(64);
  auto other = DownloadJournal::open(fs_, {"/other", "another key", kBytes, 100});
  const std::string head = *read_small_file(fs_, "/other", 100);
  const auto parsed = parse_journal(as_bytes(head + record), sha256("another key"), kBytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(blocks_of(*parsed), "");
}

// The head says what will be allocated: a block size of 1 of a huge file would be gigabytes.
TEST_F(Journal, TooManyBlocksAreRefusedBeforeAnythingIsAllocated) {
  auto journal = DownloadJournal::open(fs_, {path_, key_, uint64_t{1} << 50, uint64_t{1} << 28});
  ASSERT_TRUE(journal.ok());
  const std::string good = bytes();
  EXPECT_TRUE(parse_journal(as_bytes(good), sha256(key_), uint64_t{1} << 50));
  auto tiny = DownloadJournal::open(fs_, {"/tiny", key_, kBytes, 1});
  EXPECT_EQ((*tiny)->contents().crcs.size(), kBytes);
  EXPECT_EQ(block_count_of(UINT64_MAX, 1), kDownloadBlocksMax + 1);
  EXPECT_EQ(block_count_of(0, 100), 0u);
  EXPECT_EQ(block_count_of(100, 100), 1u);
  EXPECT_EQ(block_count_of(101, 100), 2u);
}

TEST_F(Journal, OneThatIsTooLongIsAsGoodAsNone) {
  ASSERT_TRUE(open()->append(3, 99).ok());
  auto file = fs_.open_or_create(path_);
  ASSERT_TRUE((*file)->resize(journal_bytes_max(kBytes, 100) + 1).ok());
  EXPECT_EQ(blocks_of(open()->contents()), "");
}

TEST_F(Journal, NoiseIsAsGoodAsNone) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string noise(random() % 300, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_FALSE(parse_journal(as_bytes(noise), sha256(key_), kBytes));
  }
}

}  // namespace
}  // namespace pannier
