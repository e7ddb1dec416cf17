// Parts of a blob, decoded one after the other: right ones, and those that lie.
#include "carry/transport/part_decoder.h"

#include <gtest/gtest.h>

#include <map>

#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using bundle_test::noise;

const std::string kWhat = "x.pannier";

// What came out, by path, once it was finished; and the deltas that could not be decoded.
class CollectingSink : public BundleSink {
 public:
  Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) override {
    begun.push_back(blob);
    return std::unique_ptr<BlobSink>(std::make_unique<Collector>(*this, blob.path));
  }
  Status cannot_decode(const BundleBlob& blob) override {
    undecoded.push_back(blob);
    return {};
  }
  std::vector<BundleBlob> begun;
  std::vector<BundleBlob> undecoded;
  std::map<std::string, std::string> finished;

 private:
  class Collector : public BlobSink {
   public:
    Collector(CollectingSink& sink, std::string path) : sink_(sink), path_(std::move(path)) {}
    Status append(ByteSpan bytes) override {
      contents_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return {};
    }
    Status finish() override {
      sink_.finished[path_] = contents_;
      return {};
    }

   private:
    CollectingSink& sink_;
    const std::string path_;
    std::string contents_;
  };
};

// One blob, in the file "base".
class OneBase : public BaseBlobs {
 public:
  OneBase(MemoryFileSystem& fs, Digest digest) : fs_(fs), digest_(digest) {}
  Result<std::unique_ptr<ReadableFile>> open(const Digest& digest) const override {
    if (digest != digest_) return std::unique_ptr<ReadableFile>();
    return fs_.open("base");
  }

 private:
  MemoryFileSystem& fs_;
  const Digest digest_;
};

class PartDecoderTest : public testing::Test {
 protected:
  void SetUp() override { bundle_test::write_file(fs_, "base", base_); }

  static WeightSegment floats(size_t bytes, std::optional<uint64_t> base_offset = std::nullopt) {
    return {bytes, 4, true, base_offset};
  }

  // Encodes `raw`, against the base where `is_delta`, and adds it as the parts of a blob.
  void add_blob(const std::string& raw, bool is_delta = false) {
    for (size_t at = 0; at < raw.size(); at += kPartBytes) {
      const std::string piece = raw.substr(at, kPartBytes);
      const std::vector<WeightSegment> segments{
          floats(piece.size(), is_delta ? std::optional<uint64_t>(at) : std::nullopt)};
      const BaseReader base = [&](uint64_t offset, MutableByteSpan out) -> Status {
        std::copy_n(base_.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
        return {};
      };
      auto part = encode_weights(as_bytes(piece), segments, is_delta ? base : BaseReader());
      ASSERT_TRUE(part.ok()) << part.error().to_string();
      BundleEntry entry;
      entry.path = bundle_part_path(sha256(raw), at / kPartBytes);
      entry.offset = index_.data_bytes + 512;
      entry.bytes = part->bytes.size();
      entry.digest = sha256(raw);
      entry.encoding = part->encoding;
      entry.decoded_offset = at;
      entry.decoded_bytes = piece.size();
      if (pannier::is_delta(part->encoding)) entry.base = sha256(base_);
      index_.data_bytes += 512 + entry.bytes;
      index_.entries.push_back(entry);
      parts_.push_back(std::move(part->bytes));
    }
  }

  // All parts through a decoder; its verdict as a segment tells it.
  Status decode(const BaseBlobs* bases) {
    sink_ = {};
    PartDecoder decoder(index_, kWhat, bases, sink_, buffers_);
    Status status;
    for (size_t i = 0; i < parts_.size() && status.ok(); ++i) {
      status = decoder.begin_part(i);
      const ByteSpan bytes = parts_[i];
      if (!status.ok()) break;
      decoder.append(bytes.first(bytes.size() / 3));
      decoder.append(bytes.subspan(bytes.size() / 3));
      status = decoder.end_part();
    }
    PANNIER_TRY(decoder.finish());
    return status;
  }

  static std::string path_of(const std::string& raw) {
    return std::string(kBundleBlobFolder) + sha256(raw).hex();
  }

  // Weights that are like the base but for a few.
  std::string tuned() const {
    std::string raw = base_;
    for (size_t i = 0; i < raw.size(); i += 4000) raw[i] ^= 1;
    return raw;
  }

  MemoryFileSystem fs_;
  const std::string base_ = noise(400'000, 5);
  BundleIndex index_;
  std::vector<Bytes> parts_;
  CollectingSink sink_;
  BlockBuffers buffers_{kPartBytes};
};

TEST_F(PartDecoderTest, PutsTheBlobsTogetherAgain) {
  const std::string large(kPartBytes + 4000, 'w');
  const std::string small = std::string(8000, 'v');
  add_blob(large);
  add_blob(small);
  ASSERT_EQ(parts_.size(), 3u);
  const Status decoded = decode(nullptr);
  ASSERT_TRUE(decoded.ok()) << decoded.error().to_string();
  EXPECT_EQ(sink_.finished.size(), 2u);
  EXPECT_TRUE(sink_.finished[path_of(large)] == large);
  EXPECT_TRUE(sink_.finished[path_of(small)] == small);
  EXPECT_EQ(sink_.begun.front().bytes, large.size());
}

TEST_F(PartDecoderTest, ADeltaIsDecodedWithItsBase) {
  add_blob(tuned(), /*is_delta=*/true);
  ASSERT_EQ(index_.entries[0].encoding, PartEncoding::kPlanesDelta);
  const OneBase bases(fs_, sha256(base_));
  const Status decoded = decode(&bases);
  ASSERT_TRUE(decoded.ok()) << decoded.error().to_string();
  EXPECT_TRUE(sink_.finished[path_of(tuned())] == tuned());
}

TEST_F(PartDecoderTest, WithoutItsBaseADeltaIsToldAndWhatFollowsIsDecoded) {
  add_blob(tuned(), /*is_delta=*/true);
  add_blob(std::string(4000, 'v'));
  const OneBase others(fs_, sha256("another"));
  for (const BaseBlobs* bases :
       {static_cast<const BaseBlobs*>(nullptr), static_cast<const BaseBlobs*>(&others)}) {
    ASSERT_TRUE(decode(bases).ok());
    ASSERT_EQ(sink_.undecoded.size(), 1u);
    EXPECT_EQ(sink_.undecoded[0].digest, sha256(tuned()));
    EXPECT_EQ(sink_.undecoded[0].base, sha256(base_));
    EXPECT_EQ(sink_.finished.size(), 1u);
  }
}

TEST_F(PartDecoderTest, ABaseThatRottedIsToldAsSuch) {
  add_blob(tuned(), /*is_delta=*/true);
  ASSERT_TRUE(fs_.remove_file("base").ok());
  std::string rotten = base_;
  rotten[1000] ^= 4;
  bundle_test::write_file(fs_, "base", rotten);
  const OneBase bases(fs_, sha256(base_));
  const Status decoded = decode(&bases);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(decoded.error().message.find("damaged in the store"), std::string::npos)
      << decoded.error().message;
  EXPECT_TRUE(sink_.finished.empty());
}

// The delta asks for bytes behind the end of a base that is shorter than it was.
TEST_F(PartDecoderTest, ABaseThatIsTooShortIsNotReadBeyond) {
  add_blob(tuned(), /*is_delta=*/true);
  ASSERT_TRUE(fs_.remove_file("base").ok());
  bundle_test::write_file(fs_, "base", base_.substr(0, base_.size() / 2));
  const OneBase bases(fs_, sha256(base_));
  const Status decoded = decode(&bases);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(sink_.finished.empty());
}

TEST_F(PartDecoderTest, PartsThatDecodeToSomethingElseAreNeverFinished) {
  add_blob(std::string(8000, 'v'));
  index_.entries[0].digest = sha256("what was promised");
  const Status decoded = decode(nullptr);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(decoded.error().message.find("the bundle was made wrongly"), std::string::npos);
  EXPECT_TRUE(sink_.finished.empty());
}

TEST_F(PartDecoderTest, CutAndFlippedPartsNeverFinishAsTheBlob) {
  const std::string raw = std::string(6000, 'v') + noise(2000, 3);
  add_blob(raw);
  ASSERT_EQ(index_.entries[0].encoding, PartEncoding::kPlanes);
  const Bytes good = parts_[0];
  for (size_t at = 0; at < good.size(); at += 1 + good.size() / 97) {
    SCOPED_TRACE("at byte " + std::to_string(at) + " of " + std::to_string(good.size()));
    parts_[0] = Bytes(good.begin(), good.begin() + static_cast<ptrdiff_t>(at));
    EXPECT_FALSE(decode(nullptr).ok());
    EXPECT_TRUE(sink_.finished.empty());
    parts_[0] = good;
    parts_[0][at] ^= 0x41;
    // A flip that changes no decoded byte is no harm; one that does is refused.
    if (decode(nullptr).ok()) {
      EXPECT_TRUE(sink_.finished[path_of(raw)] == raw);
    } else {
      EXPECT_TRUE(sink_.finished.empty());
    }
  }
}

// The second blob's parts do not decode at all, the first one's digest is wrong: the first is told.
TEST_F(PartDecoderTest, OfTwoErrorsThatOfTheEarlierPartIsTold) {
  add_blob(std::string(8000, 'v'));
  add_blob(std::string(8000, 'u'));
  index_.entries[0].digest = sha256("what was promised");
  parts_[1].clear();
  const Status decoded = decode(nullptr);
  ASSERT_FALSE(decoded.ok());
  EXPECT_NE(decoded.error().message.find(sha256("what was promised").hex()), std::string::npos)
      << decoded.error().message;
}

}  // namespace
}  // namespace pannier
