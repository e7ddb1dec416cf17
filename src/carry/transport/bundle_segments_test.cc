// Where the data of a bundle is cut so that several threads can read it.
#include "carry/transport/bundle_segments.h"

#include <gtest/gtest.h>

#include "format/tar.h"

namespace pannier {
namespace {

// Entries of these sizes, one behind the other; a negative one is a part of the blob before it.
BundleIndex index_of(const std::vector<int64_t>& sizes) {
  BundleIndex index;
  uint64_t at = 0;
  uint64_t decoded = 0;
  for (const int64_t size : sizes) {
    BundleEntry entry;
    entry.bytes = static_cast<uint64_t>(size < 0 ? -size : size);
    entry.offset = at + kTarBlockBytes;
    decoded = size < 0 ? decoded + kPartBytes : 0;
    if (size < 0) {
      entry.encoding = PartEncoding::kPlanes;
      entry.decoded_offset = decoded;
    }
    at = entry.offset + entry.bytes + tar_padding_bytes(entry.bytes);
    index.entries.push_back(entry);
  }
  index.data_bytes = at + kTarTrailerBytes;
  return index;
}

constexpr int64_t kMiB = 1 << 20;

TEST(BundleSegments, CoverAllEntriesAndBytesOnce) {
  const BundleIndex index = index_of({0, 7, 5 * kMiB, 1, 4 * kMiB - 512, 4 * kMiB, 3 * kMiB, 3 * kMiB, 0, 9});
  const auto segments = cut_into_segments(index, limits::kBlockBytes);
  ASSERT_GT(segments.size(), 3u);
  size_t entry = 0;
  uint64_t at = 0;
  for (const BundleSegment& segment : segments) {
    EXPECT_EQ(segment.first_entry, entry);
    EXPECT_EQ(segment.begin, at);
    EXPECT_LT(segment.first_entry, segment.end_entry);
    EXPECT_EQ(segment.begin + kTarBlockBytes, index.entries[segment.first_entry].offset);
    if (segment.end_entry < index.entries.size()) {
      EXPECT_GE(segment.end - segment.begin, limits::kBlockBytes);
    }
    entry = segment.end_entry;
    at = segment.end;
  }
  EXPECT_EQ(entry, index.entries.size());
  EXPECT_EQ(at, index.data_bytes);
}

// A digest over a blob's decoded bytes cannot be continued by another thread.
TEST(BundleSegments, ThePartsOfABlobStayTogether) {
  const BundleIndex index = index_of({5 * kMiB, -5 * kMiB, -5 * kMiB, -5 * kMiB, 1});
  const auto segments = cut_into_segments(index, limits::kBlockBytes);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].end_entry, 4u);
  EXPECT_EQ(segments[1].first_entry, 4u);
}

// Shorter ones would put one block into three segments, and a seam is shared by two.
TEST(BundleSegments, NoneIsShorterThanABlockWhateverIsAsked) {
  const BundleIndex index = index_of(std::vector<int64_t>(40, kMiB / 2));
  for (const uint64_t bytes_min : {uint64_t{0}, uint64_t{1}, limits::kBlockBytes}) {
    const auto segments = cut_into_segments(index, bytes_min);
    ASSERT_GT(segments.size(), 2u);
    for (size_t i = 0; i + 1 < segments.size(); ++i) {
      EXPECT_GE(segments[i].end - segments[i].begin, limits::kBlockBytes);
    }
    for (size_t i = 0; i + 2 < segments.size(); ++i) {
      EXPECT_LE(segments[i].end_block(), segments[i + 2].first_block());
    }
  }
}

TEST(BundleSegments, UpToAnEntryEndsWhereTheNextHeaderBegins) {
  const BundleIndex index = index_of({10, 600, 0, 3});
  EXPECT_EQ(segment_up_to(index, 1).end, 1024u);
  EXPECT_EQ(segment_up_to(index, 2).end, 1024u + 512 + 1024);
  EXPECT_EQ(segment_up_to(index, 3).end, 1024u + 512 + 1024 + 512);
  EXPECT_EQ(segment_up_to(index, 4).end, index.data_bytes);
}

}  // namespace
}  // namespace pannier
