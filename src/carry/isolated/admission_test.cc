// Signed bundles, encoded and as deltas, on their way into a store that trusts a root.
#include "carry/isolated/admission.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/isolated/install.h"
#include "carry/isolated/unpack.h"
#include "carry/isolated/verify.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_test_kit.h"
#include "carry/trust/trust_store.h"

namespace pannier {
namespace {

using namespace bundle_test;

// A safetensors file with one F32 tensor; `step` moves every element a little.
std::string weights(size_t elements, uint32_t step) {
  std::string header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[" + std::to_string(elements) +
                       "],\"data_offsets\":[0," + std::to_string(4 * elements) + "]}}";
  while (header.size() % 8 != 0) header += ' ';
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size() & 255);
  file[1] = static_cast<char>(header.size() >> 8);
  file += header;
  uint64_t state = 99;
  for (size_t i = 0; i < elements; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    const uint32_t value = (0x3c000000u | static_cast<uint32_t>(state >> 41)) + step * (state >> 62);
    file.append(reinterpret_cast<const char*>(&value), 4);
  }
  return file;
}

class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest() : root_key_(make_key(1)), packer_(make_key(2)), stranger_(make_key(3)) {}

  static P256PrivateKey make_key(uint8_t number) {
    const Bytes secret(32, number);
    return P256PrivateKey::from_bytes(secret, "test").value();
  }

  void SetUp() override {
    TrustRoot root;
    root.name = "plant";
    root.keys = {{root_key_.public_key(), "owner", {std::string(kRoleRoot)}},
                 {packer_.public_key(), "alice", {std::string(kRolePacker)}}};
    root.policy = {{std::string(kRolePacker), 1}};
    sort_trust_root(root);
    DsseEnvelope envelope = trust_root_envelope(root);
    sign_envelope(envelope, root_key_);
    const Status trusted = trust_first_root(fs_, "store", write_dsse(envelope));
    ASSERT_TRUE(trusted.ok()) << trusted.error().to_string();
  }

  BundleWriteOptions write_options(const std::string& path, uint64_t sequence, const P256PrivateKey* key) {
    BundleWriteOptions options;
    options.path = path;
    if (sequence > 0) options.claim.channel = "plant-7";
    options.claim.sequence = sequence;
    if (key != nullptr) options.claim.keys = {key};
    return options;
  }

  void write(const TestModels& models, const BundleWriteOptions& options) {
    const auto sources = write_sources(fs_, options.path + ".src", models);
    const auto written = write_bundle(fs_, sources, options);
    ASSERT_TRUE(written.ok()) << written.error().to_string();
  }

  InstallOptions into_store() {
    InstallOptions options;
    options.store_root = "store";
    options.channels = {"plant-7"};
    return options;
  }

  ImageIndex references() {
    const auto store = Store::open(fs_, "store");
    EXPECT_TRUE(store.ok());
    return (*store)->references().value();
  }

  void expect_refused(const std::string& path, ErrorKind kind) {
    const auto before = store_tree_of(fs_, "store");
    const auto result = install_bundle(fs_, path, into_store());
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind, kind) << result.error().to_string();
    EXPECT_FALSE(result.error().hint.empty());
    EXPECT_EQ(store_tree_of(fs_, "store"), before);
  }

  MemoryFileSystem fs_;
  P256PrivateKey root_key_;
  P256PrivateKey packer_;
  P256PrivateKey stranger_;
};

TEST_F(AdmissionTest, ATrustedBundleBringsItsChannelAndOrigin) {
  write({{"m", {{"a.txt", "a"}}}}, write_options("x.pannier", 3, &packer_));
  const auto result = install_bundle(fs_, "x.pannier", into_store());
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->admission.verdict.state, TrustState::kTrusted);
  const ImageIndex index = references();
  ASSERT_EQ(index.channels.size(), 1u);
  EXPECT_EQ(index.channels[0].sequence, 3u);
  ASSERT_EQ(index.references.size(), 1u);
  EXPECT_EQ(index.references[0].origin, result->bundle.statement_digest);
  EXPECT_EQ(index.channels[0].statement, result->bundle.statement_digest);
  // The same again changes nothing.
  const auto again = install_bundle(fs_, "x.pannier", into_store());
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->generation, result->generation);
}

TEST_F(AdmissionTest, AnOlderBundleNeedsPermission) {
  write({{"m", {{"a.txt", "new"}}}}, write_options("new.pannier", 5, &packer_));
  write({{"m", {{"a.txt", "old"}}}}, write_options("old.pannier", 4, &packer_));
  ASSERT_TRUE(install_bundle(fs_, "new.pannier", into_store()).ok());
  expect_refused("old.pannier", ErrorKind::kStale);
  InstallOptions options = into_store();
  options.allow_older = true;
  AuditEvent event;
  options.audit = &event;
  const auto result = install_bundle(fs_, "old.pannier", options);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(references().channels[0].sequence, 5u);
  EXPECT_EQ(event.permissions, std::vector<std::string>{"--allow-older"});
  EXPECT_EQ(event.signers, std::vector<std::string>{"alice"});
}

TEST_F(AdmissionTest, UnsignedAndUntrustedBundlesAreRefusedBeforeAnythingIsWritten) {
  write({{"m", {{"a.txt", "a"}}}}, write_options("unsigned.pannier", 0, nullptr));
  write({{"m", {{"a.txt", "b"}}}}, write_options("stranger.pannier", 1, &stranger_));
  expect_refused("unsigned.pannier", ErrorKind::kUnsigned);
  expect_refused("stranger.pannier", ErrorKind::kUntrusted);
  InstallOptions options = into_store();
  options.allow_unsigned = true;
  ASSERT_TRUE(install_bundle(fs_, "unsigned.pannier", options).ok());
  EXPECT_FALSE(references().references[0].origin);
}

TEST_F(AdmissionTest, VerifyTellsWhoVouchesAndWhetherItIsNews) {
  write({{"m", {{"a.txt", "new"}}}}, write_options("new.pannier", 5, &packer_));
  write({{"m", {{"a.txt", "old"}}}}, write_options("old.pannier", 4, &packer_));
  ASSERT_TRUE(install_bundle(fs_, "new.pannier", into_store()).ok());
  VerifyOptions options;
  options.store_root = "store";
  const auto result = verify_bundle(fs_, std::vector<std::string>{"old.pannier"}, options);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->admission.verdict.state, TrustState::kTrusted);
  ASSERT_TRUE(result->admission.freshness_error);
  EXPECT_EQ(result->admission.freshness_error->kind, ErrorKind::kStale);
}

// A model, then the same moved a little as a delta against it, with a file that the store has already.
class DeltaAdmissionTest : public AdmissionTest {
 protected:
  void SetUp() override {
    AdmissionTest::SetUp();
    old_ = {{"w.safetensors", weights(5'000'000, 0)}, {"same.txt", "as ever"}};
    new_ = {{"w.safetensors", weights(5'000'000, 3)}, {"same.txt", "as ever"}};
    BundleWriteOptions first = write_options("old.pannier", 1, &packer_);
    first.layout = BundleLayout::kEncoded;
    write({{"m", old_}}, first);
    BundleWriteOptions second = write_options("new.pannier", 2, &packer_);
    second.layout = BundleLayout::kEncoded;
    const Digest base = sha256(old_["w.safetensors"]);
    second.plan[sha256(new_["w.safetensors"])] = {
        BlobWay::kEncoded,
        PlannedBase{
            {base, old_["w.safetensors"].size()}, "old.pannier.src/0/w.safetensors", "w.safetensors"}};
    second.plan[sha256(new_["same.txt"])] = {BlobWay::kHeld};
    write({{"m", new_}}, second);
  }

  std::string blob(const std::string& contents) { return "store/blobs/sha256/" + sha256(contents).hex(); }

  TestModel old_;
  TestModel new_;
};

TEST_F(DeltaAdmissionTest, ADeltaIsInstalledOverItsBase) {
  ASSERT_TRUE(install_bundle(fs_, "old.pannier", into_store()).ok());
  EXPECT_TRUE(read_file(fs_, blob(old_["w.safetensors"])) == old_["w.safetensors"]);
  EXPECT_LT(fs_.stat("new.pannier")->bytes, fs_.stat("old.pannier")->bytes / 2);
  const auto result = install_bundle(fs_, "new.pannier", into_store());
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_TRUE(read_file(fs_, blob(new_["w.safetensors"])) == new_["w.safetensors"]);
}

TEST_F(DeltaAdmissionTest, WithoutItsBaseADeltaIsRefusedByName) {
  expect_refused("new.pannier", ErrorKind::kIncomplete);
  const auto result = install_bundle(fs_, "new.pannier", into_store());
  EXPECT_NE(result.error().message.find("w.safetensors (m)"), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find(sha256(old_["w.safetensors"]).hex()), std::string::npos);
}

TEST_F(DeltaAdmissionTest, ARottenBaseIsFoundOut) {
  ASSERT_TRUE(install_bundle(fs_, "old.pannier", into_store()).ok());
  std::string rotten = old_["w.safetensors"];
  rotten[1'000'000] ^= 1;
  ASSERT_TRUE(fs_.remove_file(blob(old_["w.safetensors"])).ok());
  write_file(fs_, blob(old_["w.safetensors"]), rotten);
  const auto result = install_bundle(fs_, "new.pannier", into_store());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(result.error().message.find("damaged in the store"), std::string::npos) << result.error().message;
}

// A kiosk has no store: it gets plain files of what there is, and a list of the rest.
TEST_F(DeltaAdmissionTest, UnpackWithoutAStoreTellsWhatIsNotThere) {
  const auto whole = unpack_bundle(fs_, "old.pannier", "old");
  ASSERT_TRUE(whole.ok()) << whole.error().to_string();
  EXPECT_TRUE(read_file(fs_, "old/m/w.safetensors") == old_["w.safetensors"]);
  const auto rest = unpack_bundle(fs_, "new.pannier", "new");
  ASSERT_TRUE(rest.ok()) << rest.error().to_string();
  ASSERT_EQ(rest->unwritten.size(), 2u);
  EXPECT_EQ(rest->unwritten[0].path, "m/same.txt");
  EXPECT_TRUE(rest->unwritten[0].is_held);
  EXPECT_EQ(rest->unwritten[1].path, "m/w.safetensors");
  EXPECT_EQ(rest->unwritten[1].needs, sha256(old_["w.safetensors"]));
  EXPECT_EQ(rest->file_count, 0u);
  const auto verified = verify_bundle(fs_, "new.pannier");
  ASSERT_TRUE(verified.ok()) << verified.error().to_string();
  EXPECT_EQ(verified->not_decoded.size(), 1u);
}

// Every byte of an encoded, signed bundle is covered.
TEST_F(DeltaAdmissionTest, FlippedBytesOfAnEncodedBundleAreFound) {
  const std::string good = read_file(fs_, "old.pannier");
  for (uint64_t round = 0; round < 40; ++round) {
    std::string bytes = good;
    const uint64_t place = (round * 0x9E3779B97F4A7C15ull) % (round % 2 == 0 ? 8192 : good.size());
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << round % 8));
    (void)fs_.remove_file("y.pannier");
    write_file(fs_, "y.pannier", bytes);
    SCOPED_TRACE(place);
    VerifyOptions options;
    options.store_root = "store";
    EXPECT_FALSE(verify_bundle(fs_, std::vector<std::string>{"y.pannier"}, options).ok());
  }
}

}  // namespace
}  // namespace pannier
