// pack_bundle: the same content crosses plain, encoded or as a delta, signed or not, and is the same content;
// equal input gives equal bytes.
#include "carry/packing/pack_bundle.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/fs_memory.h"
#include "carry/packing/stored_source.h"
#include "carry/transport/bundle_test_kit.h"
#include "format/model_signature.h"

namespace pannier {
namespace {

using namespace bundle_test;

P256PrivateKey test_key(uint8_t number) {
  Bytes secret(32, 0);
  secret.back() = number;
  return P256PrivateKey::from_bytes(secret, "test key").value();
}

// Numbers around zero as weights are: their exponents repeat. `shift` moves the last bit of some of them.
std::string weights(size_t bytes, uint64_t seed, bool moved = false) {
  std::string header = "{\"w\":{\"dtype\":\"BF16\",\"shape\":[" + std::to_string(bytes / 2) +
                       "],\"data_offsets\":[0," + std::to_string(bytes / 2 * 2) + "]}}";
  header.append((8 - header.size() % 8) % 8, ' ');
  std::string out(8, '\0');
  for (int i = 0; i < 8; ++i) out[i] = static_cast<char>(header.size() >> (8 * i));
  out += header;
  std::string data = noise(bytes / 2 * 2, seed);
  for (size_t i = 1; i < data.size(); i += 2) data[i] = static_cast<char>(0x3c | (data[i] & 0x83));
  for (size_t i = 0; moved && i < data.size(); i += 6) data[i] = static_cast<char>(data[i] ^ 1);
  return out + data;
}

// Parts of three blobs; files that always lie plain; contents that two files share.
TestModels weighty_models(bool moved) {
  return {{"m",
           {{"config.json", "{}"},
            {"model.safetensors", weights(17'000'000, 1, moved)},
            {"vocab.txt", "a\nb\n"}}},
          {"n", {{"copy.txt", "a\nb\n"}, {"small.safetensors", weights(300'000, 2)}}}};
}

class PackBundle : public testing::Test {
 protected:
  Result<PackedBundle> pack(const PackBundleOptions& options,
                            const TestModels& models = weighty_models(true)) {
    return pack_bundle(fs_, write_sources(fs_, unique_name("src"), models), options);
  }
  // The digests of all blobs that a bundle gives, each checked on the way.
  std::set<Digest> read(const std::string& path, const BaseBlobs* bases = nullptr) {
    class Collector : public BundleSink {
     public:
      class Nothing : public BlobSink {
       public:
        Status append(ByteSpan) override { return {}; }
        Status finish() override { return {}; }
      };
      Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) override {
        const std::lock_guard lock(mutex);
        digests.insert(blob.digest);
        return std::unique_ptr<BlobSink>(std::make_unique<Nothing>());
      }
      Status cannot_decode(const BundleBlob&) override {
        return Error{ErrorKind::kIncomplete, "a base is missing", ""};
      }
      std::mutex mutex;
      std::set<Digest> digests;
    };
    Collector collector;
    const auto reader = BundleReader::open(fs_, path);
    EXPECT_TRUE(reader.ok()) << reader.error().to_string();
    if (!reader.ok()) return {};
    BundleReadOptions options;
    options.bases = bases;
    const Status status = (*reader)->read_blobs(collector, options);
    EXPECT_TRUE(status.ok()) << status.error().to_string();
    return collector.digests;
  }
  static PackBundleOptions to(const std::string& output) {
    PackBundleOptions options;
    options.output = output;
    return options;
  }

  MemoryFileSystem fs_;
};

// One base, in a file.
class OneBase : public BaseBlobs {
 public:
  OneBase(FileSystem& fs, Digest digest, std::string path)
      : fs_(fs), digest_(digest), path_(std::move(path)) {}
  Result<std::unique_ptr<ReadableFile>> open(const Digest& digest) const override {
    if (digest != digest_) return std::unique_ptr<ReadableFile>();
    return fs_.open(path_);
  }

 private:
  FileSystem& fs_;
  Digest digest_;
  std::string path_;
};

TEST_F(PackBundle, PlainEncodedAndDeltaCarryTheSameContent) {
  PackBundleOptions plain = to("plain.pannier");
  plain.plain = true;
  const auto as_plain = pack(plain);
  ASSERT_TRUE(as_plain.ok()) << as_plain.error().to_string();
  const auto as_encoded = pack(to("encoded.pannier"));
  ASSERT_TRUE(as_encoded.ok()) << as_encoded.error().to_string();

  const std::string base = weights(17'000'000, 1, false);
  write_file(fs_, "base", base);
  PackBundleOptions delta = to("delta.pannier");
  delta.plan = [&](const std::vector<BundleModel>& models) -> Result<TransportPlan> {
    TransportPlan plan;
    plan[models[0].files[1].digest] = {BlobWay::kEncoded,
                                       PlannedBase{{sha256(base), base.size()}, "base", "model.safetensors"}};
    plan[models[0].files[2].digest] = {BlobWay::kHeld};
    return plan;
  };
  const auto as_delta = pack(delta);
  ASSERT_TRUE(as_delta.ok()) << as_delta.error().to_string();

  EXPECT_EQ(as_plain->payload_digest, as_encoded->payload_digest);
  EXPECT_EQ(as_plain->payload_digest, as_delta->payload_digest);
  EXPECT_EQ(as_plain->layout, BundleLayout::kPlain);
  EXPECT_EQ(as_delta->layout, BundleLayout::kEncoded);
  EXPECT_LT(as_encoded->bundle_bytes, as_plain->bundle_bytes * 3 / 4);
  EXPECT_LT(as_delta->bundle_bytes, as_encoded->bundle_bytes / 3);
  EXPECT_EQ(as_delta->models[0].delta_count, 1u);
  EXPECT_EQ(as_delta->models[0].held_count, 1u);
  EXPECT_EQ(as_delta->models[1].held_count, 1u);  // the same contents
  EXPECT_EQ(as_delta->bundle_bytes, read_file(fs_, "delta.pannier").size());

  const std::set<Digest> blobs = read("plain.pannier");
  EXPECT_EQ(read("encoded.pannier"), blobs);
  const OneBase bases(fs_, sha256(base), "base");
  std::set<Digest> from_delta = read("delta.pannier", &bases);
  from_delta.insert(sha256("a\nb\n"));
  from_delta.insert(sha256(bundle_image_index(as_plain->contents)));
  std::set<Digest> expected = blobs;
  expected.insert(sha256(bundle_image_index(as_plain->contents)));
  EXPECT_EQ(from_delta, expected);
}

TEST_F(PackBundle, EqualInputGivesEqualBytesOnAnyNumberOfThreads) {
  const P256PrivateKey alice = test_key(1);
  const P256PrivateKey bob = test_key(2);
  std::vector<std::string> bundles;
  for (const uint32_t threads : {1u, 4u, 2u}) {
    PackBundleOptions options = to("x" + std::to_string(threads));
    options.threads = threads;
    options.claim = {"plant-7", 17, {sha256("receipt")}, "", {&alice, &bob}};
    const auto packed = pack(options);
    ASSERT_TRUE(packed.ok()) << packed.error().to_string();
    bundles.push_back(read_file(fs_, options.output));
  }
  EXPECT_TRUE(bundles[0] == bundles[1]);
  EXPECT_TRUE(bundles[0] == bundles[2]);
}

TEST_F(PackBundle, TheStatementSaysWhatIsClaimedAndTheKeysSignIt) {
  const P256PrivateKey alice = test_key(1);
  PackBundleOptions options = to("x.pannier");
  options.claim = {"plant-7", 17, {sha256("receipt")}, "", {&alice}};
  const auto packed = pack(options);
  ASSERT_TRUE(packed.ok()) << packed.error().to_string();
  const auto reader = BundleReader::open(fs_, "x.pannier");
  ASSERT_TRUE(reader.ok()) << reader.error().to_string();
  const BundleStatement& statement = (*reader)->statement();
  EXPECT_EQ(statement.channel, "plant-7");
  EXPECT_EQ(statement.sequence, 17u);
  EXPECT_EQ(statement.receipts, std::vector<Digest>{sha256("receipt")});
  const DsseEnvelope& envelope = (*reader)->head().envelope;
  ASSERT_EQ(envelope.signatures.size(), 1u);
  EXPECT_EQ(envelope.signatures[0].key_id, key_id(alice.public_key()));
  EXPECT_TRUE(verify_p256(alice.public_key(),
                          as_bytes(dsse_signed_bytes(envelope.payload_type, envelope.payload)),
                          envelope.signatures[0].signature));
  for (const BundleModel& model : (*reader)->index().models) EXPECT_EQ(model.signatures.size(), 1u);
}

TEST_F(PackBundle, ModelSignaturesRideAlongAndOwnOnesAreAdded) {
  const P256PrivateKey origin = test_key(1);
  const P256PrivateKey relay = test_key(2);
  std::vector<BundleModelSource> sources = write_sources(fs_, "src", {{"m", {{"config.json", "{}"}}}});
  const std::string first = *sign_model("m", sources[0].index_entry.files, origin);
  add_model_signature(sources[0], first);
  add_model_signature(sources[0], first);  // not twice
  PackBundleOptions options = to("x.pannier");
  options.claim.keys = {&relay};
  const auto packed = pack_bundle(fs_, sources, options);
  ASSERT_TRUE(packed.ok()) << packed.error().to_string();
  const std::vector<BlobInfo>& signatures = packed->contents[0].signatures;
  ASSERT_EQ(signatures.size(), 2u);
  EXPECT_LT(signatures[0].digest, signatures[1].digest);
  EXPECT_TRUE(signatures[0].digest == sha256(first) || signatures[1].digest == sha256(first));
  EXPECT_TRUE(read("x.pannier").contains(sha256(first)));
}

TEST_F(PackBundle, WhereNothingIsEncodedTheLayoutIsPlain) {
  const auto packed = pack(to("x.pannier"), {{"m", {{"config.json", "{}"}, {"empty.safetensors", ""}}}});
  ASSERT_TRUE(packed.ok()) << packed.error().to_string();
  EXPECT_EQ(packed->layout, BundleLayout::kPlain);
}

// Bytes that no codec makes smaller cross as they are, in parts, and cost headers alone.
TEST_F(PackBundle, NoiseDoesNotGrow) {
  const auto packed = pack(to("x.pannier"), {{"m", {{"w.safetensors", noise(20'000'000, 5)}}}});
  ASSERT_TRUE(packed.ok()) << packed.error().to_string();
  EXPECT_LT(packed->bundle_bytes, 20'000'000u + 20'000u);
  EXPECT_FALSE(read("x.pannier").empty());
}

// A base that this very bundle brings is not there yet when the delta is read.
TEST_F(PackBundle, WhatTheBundleCarriesIsNoBase) {
  PackBundleOptions options = to("x.pannier");
  options.plan = [](const std::vector<BundleModel>& models) -> Result<TransportPlan> {
    const ModelFile& other = models[1].files[1];
    TransportPlan plan;
    plan[models[0].files[1].digest] = {
        BlobWay::kEncoded, PlannedBase{{other.digest, other.bytes}, "nowhere", "small.safetensors"}};
    return plan;
  };
  const auto packed = pack(options);
  ASSERT_TRUE(packed.ok()) << packed.error().to_string();
  EXPECT_EQ(packed->models[0].delta_count, 0u);
}

// The contents of an empty config of OCI, `{}`, are those of many a config.json: they are in the bundle.
TEST_F(PackBundle, AFileThatIsAManifestToSomebodyIsNeverHeld) {
  PackBundleOptions options = to("x.pannier");
  options.plan = [](const std::vector<BundleModel>& models) -> Result<TransportPlan> {
    return TransportPlan{{models[0].config.digest, {BlobWay::kHeld}}};
  };
  const auto packed = pack(options);
  ASSERT_TRUE(packed.ok()) << packed.error().to_string();
  EXPECT_EQ(packed->models[0].held_count, 0u);
}

TEST_F(PackBundle, NoticesEncodedFilesThatChangeMeanwhile) {
  std::vector<BundleModelSource> sources = write_sources(fs_, "src", weighty_models(false));
  const std::string& path = sources[0].source_paths[1];
  ASSERT_TRUE(fs_.remove_file(path).ok());
  write_file(fs_, path, weights(17'000'000, 9));
  const auto packed = pack_bundle(fs_, sources, to("x.pannier"));
  ASSERT_FALSE(packed.ok());
  EXPECT_EQ(packed.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(packed.error().message.find("changed while it was packed"), std::string::npos);
  EXPECT_FALSE(fs_.stat("x.pannier").ok());
}

TEST_F(PackBundle, ADryRunSaysAtMostHowLargeItBecomes) {
  PackBundleOptions options = to("x.pannier");
  options.dry_run = true;
  const auto dry = pack(options);
  ASSERT_TRUE(dry.ok()) << dry.error().to_string();
  EXPECT_FALSE(fs_.stat("x.pannier").ok());
  const auto real = pack(to("x.pannier"));
  ASSERT_TRUE(real.ok());
  EXPECT_EQ(dry->payload_digest, real->payload_digest);
  EXPECT_GE(dry->bundle_bytes, real->bundle_bytes);
}

}  // namespace
}  // namespace pannier
