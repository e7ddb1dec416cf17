// Blocks that two segments share: read once, given to both, and nobody waits for one who gave up.
#include "carry/transport/seam_blocks.h"

#include <gtest/gtest.h>

#include <thread>

namespace pannier {
namespace {

TEST(SeamBlocks, TheSecondGetsWhatTheFirstPublished) {
  SeamBlocks seams;
  SeamBlocks::Verified verified;
  const auto claim = seams.claim(7, verified);
  ASSERT_NE(claim, nullptr);
  const auto bytes = std::make_shared<const Bytes>(Bytes{1, 2, 3});
  claim->publish({bytes, {}});
  EXPECT_EQ(seams.claim(7, verified), nullptr);
  EXPECT_EQ(verified.buffer, bytes);
  EXPECT_TRUE(verified.status.ok());
}

TEST(SeamBlocks, TheSecondWaitsForTheFirst) {
  SeamBlocks seams;
  SeamBlocks::Verified mine;
  auto claim = seams.claim(7, mine);
  ASSERT_NE(claim, nullptr);
  SeamBlocks::Verified theirs;
  std::thread second([&] { EXPECT_EQ(seams.claim(7, theirs), nullptr); });
  claim->publish({std::make_shared<const Bytes>(Bytes{9}), {}});
  second.join();
  ASSERT_NE(theirs.buffer, nullptr);
  EXPECT_EQ(*theirs.buffer, Bytes{9});
}

TEST(SeamBlocks, AnErrorIsPublishedAsWell) {
  SeamBlocks seams;
  SeamBlocks::Verified verified;
  seams.claim(7, verified)->publish({nullptr, Error{ErrorKind::kCorrupt, "wrong", ""}});
  EXPECT_EQ(seams.claim(7, verified), nullptr);
  ASSERT_FALSE(verified.status.ok());
  EXPECT_EQ(verified.status.error().kind, ErrorKind::kCorrupt);
}

// The first one's thread ended with an error of its own before it came to the block.
TEST(SeamBlocks, WhoGivesUpLeavesNobodyWaiting) {
  SeamBlocks seams;
  SeamBlocks::Verified verified;
  seams.claim(7, verified).reset();
  EXPECT_EQ(seams.claim(7, verified), nullptr);
  ASSERT_FALSE(verified.status.ok());
  EXPECT_EQ(verified.status.error().kind, ErrorKind::kInterrupted);
}

TEST(SeamBlocks, EachBlockIsAClaimOfItsOwn) {
  SeamBlocks seams;
  SeamBlocks::Verified verified;
  const auto seven = seams.claim(7, verified);
  const auto eight = seams.claim(8, verified);
  EXPECT_NE(seven, nullptr);
  EXPECT_NE(eight, nullptr);
}

TEST(BlockBuffers, AreUsedAgainAndOutliveThePool) {
  auto buffers = std::make_unique<BlockBuffers>(100);
  auto first = buffers->take();
  EXPECT_EQ(first->size(), 100u);
  const Bytes* const address = first.get();
  const auto second = buffers->take();
  EXPECT_NE(second.get(), address);
  first.reset();
  first = buffers->take();
  EXPECT_EQ(first.get(), address);
  buffers.reset();
  (*first)[99] = 1;
}

}  // namespace
}  // namespace pannier
