// Cuts depend on contents alone, and the index finds each chunk.
#include "format/chunk_index.h"

#include <gtest/gtest.h>

#include <set>

#include "format/part_test_sample.h"

namespace pannier {
namespace {

std::vector<std::pair<uint64_t, uint64_t>> chunks_of(ByteSpan bytes, ContentChunker chunker) {
  std::vector<std::pair<uint64_t, uint64_t>> chunks;  // bytes, fingerprint
  for (const uint8_t byte : bytes) {
    if (chunker.take(byte)) chunks.emplace_back(chunker.chunk_bytes(), chunker.fingerprint());
  }
  return chunks;
}

TEST(ContentChunker, ChunksHaveTheSizesThatWereAskedFor) {
  const Bytes bytes = noise(4 << 20, 1);
  const auto chunks = chunks_of(bytes, ContentChunker(12));
  uint64_t sum = 0;
  for (const auto& [size, fingerprint] : chunks) {
    EXPECT_GE(size, 1024u);
    EXPECT_LE(size, 32768u);
    sum += size;
  }
  EXPECT_NEAR(static_cast<double>(sum) / static_cast<double>(chunks.size()), 4096 + 1024, 700);
}

TEST(ContentChunker, EqualBytesAreCutAtTheMost) {
  const auto chunks = chunks_of(Bytes(100'000, 0), ContentChunker(8));
  ASSERT_FALSE(chunks.empty());
  EXPECT_EQ(chunks[0].first, 2048u);
}

TEST(ContentChunker, AnInsertionMovesOnlyTheCutsBesideIt) {
  const Bytes before = noise(200'000, 2);
  Bytes after = before;
  after.insert(after.begin() + 1000, 7);
  std::set<uint64_t> known;
  for (const auto& [size, fingerprint] : chunks_of(before, ContentChunker(8))) known.insert(fingerprint);
  uint64_t fresh = 0;
  for (const auto& [size, fingerprint] : chunks_of(after, ContentChunker(8)))
    fresh += known.count(fingerprint) == 0;
  EXPECT_LE(fresh, 4u);
}

TEST(ChunkIndex, FindsEveryChunkAndTheRest) {
  const Bytes base = noise(100'000, 3);
  ChunkIndex index(base.size());
  for (uint64_t at = 0; at < base.size(); at += 777) {
    index.add(ByteSpan(base).subspan(at, std::min<uint64_t>(777, base.size() - at)));
  }
  index.finish();
  ContentChunker chunker = index.new_chunker();
  uint64_t found = 0;
  for (uint64_t i = 0; i < base.size(); ++i) {
    if (!chunker.take(base[i]) && i + 1 < base.size()) continue;
    EXPECT_EQ(index.find(chunker.fingerprint()), i + 1 - chunker.chunk_bytes());
    ++found;
  }
  EXPECT_EQ(found, index.chunks());
  EXPECT_EQ(index.find(12345), std::nullopt);
}

TEST(ChunkIndex, GrowsLessThanALargeBase) {
  ChunkIndex small(1 << 20);
  ChunkIndex large(1 << 26);
  const Bytes bytes = noise(1 << 20, 4);
  small.add(bytes);
  small.finish();
  for (int i = 0; i < 64; ++i) large.add(bytes);
  large.finish();
  EXPECT_GT(small.chunks(), 2000u);
  EXPECT_LT(large.chunks(), 1u << 19);
}

TEST(ChunkIndex, OfNothing) {
  ChunkIndex index(0);
  index.finish();
  EXPECT_EQ(index.chunks(), 0u);
  EXPECT_EQ(index.find(0), std::nullopt);
}

}  // namespace
}  // namespace pannier
