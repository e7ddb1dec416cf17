// The digests of blocks and of the blobs in them, out of one pass, against digests taken one by one.
#include "carry/transport/block_digester.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

class BlockDigesterTest : public testing::Test {
 protected:
  void SetUp() override {
    // Blobs over three blocks, within one, of no bytes, and one as long as a block.
    make_bundle(fs_, "x.pannier",
                {{"m",
                  {{"a", noise(9'000'001, 1)},
                   {"b", noise(4'194'304, 2)},
                   {"c", ""},
                   {"d", noise(3'000'000, 3)},
                   {"e", noise(5'000'000, 4)}}}});
    const auto reader = BundleReader::open(fs_, "x.pannier");
    ASSERT_TRUE(reader.ok());
    index_ = (*reader)->index();
    data_ = read_file(fs_, "x.pannier").substr((*reader)->data_offset());
  }

  ByteSpan block(uint64_t number) const {
    return as_bytes(data_).subspan(number * limits::kBlockBytes, index_.block_bytes(number));
  }

  // Of the segment's entries that have contents: what the digester must give, in order.
  std::vector<Digest> wanted(const BundleSegment& segment) const {
    std::vector<Digest> digests;
    for (size_t i = segment.first_entry; i < segment.end_entry; ++i) {
      if (index_.entries[i].bytes > 0) digests.push_back(index_.entries[i].digest);
    }
    return digests;
  }

  MemoryFileSystem fs_;
  BundleIndex index_;
  std::string data_;
};

TEST_F(BlockDigesterTest, EachSegmentGivesItsBlocksAndItsBlobs) {
  const auto segments = cut_into_segments(index_, limits::kBlockBytes);
  ASSERT_GT(segments.size(), 2u);
  for (const BundleSegment& segment : segments) {
    BlockDigester digester(index_, segment);
    std::vector<Digest> blobs;
    for (uint64_t number = segment.first_block(); number < segment.end_block(); ++number) {
      const auto digests = digester.digest(number, block(number), true);
      EXPECT_EQ(digests.block, index_.blocks[number]) << number;
      blobs.insert(blobs.end(), digests.blobs.begin(), digests.blobs.end());
    }
    EXPECT_EQ(blobs, wanted(segment));
  }
}

TEST_F(BlockDigesterTest, ABlockThatIsKnownGivesTheSameBlobs) {
  const BundleSegment all = segment_up_to(index_, index_.entries.size());
  BlockDigester digester(index_, all);
  std::vector<Digest> blobs;
  for (uint64_t number = 0; number < all.end_block(); ++number) {
    const auto digests = digester.digest(number, block(number), number % 2 == 0);
    EXPECT_EQ(digests.block, number % 2 == 0 ? index_.blocks[number] : Digest{});
    blobs.insert(blobs.end(), digests.blobs.begin(), digests.blobs.end());
  }
  EXPECT_EQ(blobs, wanted(all));
}

// Whatever byte is flipped, the block's digest says so; the blob's where the byte is one of a blob.
TEST_F(BlockDigesterTest, AFlippedByteChangesTheDigestsItBelongsTo) {
  const BundleSegment all = segment_up_to(index_, index_.entries.size());
  for (const bool in_header : {true, false}) {
    const BundleEntry& entry = index_.entries.front();
    const std::string good = data_;
    data_[in_header ? entry.offset - 1 : entry.offset] ^= 1;
    const auto digests = BlockDigester(index_, all).digest(0, block(0), true);
    EXPECT_NE(digests.block, index_.blocks[0]);
    ASSERT_FALSE(digests.blobs.empty());
    EXPECT_EQ(digests.blobs.front() == entry.digest, in_header);
    data_ = good;
  }
}

}  // namespace
}  // namespace pannier
