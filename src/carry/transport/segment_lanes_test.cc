// Reading on several threads gives what reading on one gives: the same blobs, and the same error.
#include "carry/transport/segment_lanes.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

// Keeps the digest of every blob, of the bytes that came.
class RecordingSink : public BundleSink {
 public:
  Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) override {
    return std::unique_ptr<BlobSink>(std::make_unique<Recorder>(*this, blob.path));
  }
  Status cannot_decode(const BundleBlob& blob) override {
    return Error{ErrorKind::kIncomplete, blob.digest.hex(), ""};
  }
  std::map<std::string, Digest> digests;

 private:
  class Recorder : public BlobSink {
   public:
    Recorder(RecordingSink& sink, std::string path) : sink_(sink), path_(std::move(path)) {}
    Status append(ByteSpan bytes) override {
      hash_.update(bytes);
      return {};
    }
    Status finish() override {
      const std::lock_guard lock(sink_.mutex_);
      EXPECT_TRUE(sink_.digests.emplace(path_, hash_.finish()).second) << path_ << " came twice";
      return {};
    }

   private:
    RecordingSink& sink_;
    const std::string path_;
    Sha256 hash_;
  };
  std::mutex mutex_;
};

class SegmentLanesTest : public testing::Test {
 protected:
  void SetUp() override {
    // Blobs that end anywhere in a block, one that ends with it, some that are empty or tiny.
    TestModel files = {{"empty", ""}, {"aligned", noise(4'194'304, 3)}, {"tiny", "x"}};
    for (uint64_t i = 0; i < 8; ++i) files["w" + std::to_string(i)] = noise(1'500'000 + 777'777 * i, 10 + i);
    make_bundle(fs_, "x.pannier", {{"m", files}});
    bytes_ = read_file(fs_, "x.pannier");
  }

  static BundleReadOptions lanes(uint32_t count) {
    BundleReadOptions options;
    options.lanes = count;
    options.lanes_at_once = true;
    options.segment_bytes_min = limits::kBlockBytes;
    return options;
  }

  Result<std::map<std::string, Digest>> read(const std::string& path, uint32_t count) {
    PANNIER_ASSIGN(const auto reader, BundleReader::open(fs_, path));
    RecordingSink sink;
    PANNIER_TRY(reader->read_blobs(sink, lanes(count)));
    return sink.digests;
  }

  MemoryFileSystem fs_;
  std::string bytes_;
};

TEST_F(SegmentLanesTest, EveryBlobComesOnceWhateverTheNumberOfLanes) {
  const auto reader = BundleReader::open(fs_, "x.pannier");
  ASSERT_TRUE(reader.ok());
  ASSERT_GT(cut_into_segments((*reader)->index(), limits::kBlockBytes).size(), 4u);
  for (const uint32_t count : {1u, 2u, 3u, 8u}) {
    const auto found = read("x.pannier", count);
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    ASSERT_EQ(found->size(), (*reader)->index().entries.size());
    for (const BundleEntry& entry : (*reader)->index().entries) {
      EXPECT_EQ(found->at(entry.path), entry.digest) << entry.path;
    }
  }
}

// Whoever reads a broken copy twice must be told the same thing twice.
TEST_F(SegmentLanesTest, TheEarliestOfSeveralErrorsIsTold) {
  const auto reader = BundleReader::open(fs_, "x.pannier");
  ASSERT_TRUE(reader.ok());
  const uint64_t data = (*reader)->data_offset();
  for (uint64_t first = 0; first + 1 < (*reader)->index().blocks.size(); ++first) {
    std::string broken = bytes_;
    for (uint64_t block = first; block < (*reader)->index().blocks.size(); ++block) {
      broken[data + block * limits::kBlockBytes + 1000] ^= 1;
    }
    (void)fs_.remove_file("y.pannier");
    write_file(fs_, "y.pannier", broken);
    for (const uint32_t count : {1u, 4u}) {
      const auto found = read("y.pannier", count);
      ASSERT_FALSE(found.ok());
      EXPECT_NE(found.error().message.find("block " + std::to_string(first) + " of"), std::string::npos)
          << found.error().message;
    }
  }
}

TEST_F(SegmentLanesTest, ProgressNeverFallsAndReachesTheEnd) {
  const auto reader = BundleReader::open(fs_, "x.pannier");
  ASSERT_TRUE(reader.ok());
  BundleReadOptions options = lanes(3);
  uint64_t last = 0;
  uint64_t total = 1;
  options.transfer.progress = [&](uint64_t done, uint64_t all) {
    EXPECT_GE(done, last);
    last = done;
    total = all;
  };
  RecordingSink sink;
  ASSERT_TRUE((*reader)->read_blobs(sink, options).ok());
  EXPECT_EQ(last, total);
}

TEST_F(SegmentLanesTest, NothingOfTheIndexIsReadBeforeTheHeadWasJudged) {
  // The index is garbage, and nobody finds out, since the judge refuses the head.
  std::string broken = bytes_;
  broken[broken.find("\"blocks\"")] = '!';
  write_file(fs_, "y.pannier", broken);
  const auto judged = BundleReader::open(fs_, "y.pannier", [](const OpenedHead& head) -> Status {
    EXPECT_FALSE(head.statement_json.empty());
    return Error{ErrorKind::kUntrusted, "no", ""};
  });
  ASSERT_FALSE(judged.ok());
  EXPECT_EQ(judged.error().kind, ErrorKind::kUntrusted);
  const auto unjudged = BundleReader::open(fs_, "y.pannier");
  ASSERT_FALSE(unjudged.ok());
  EXPECT_EQ(unjudged.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier
