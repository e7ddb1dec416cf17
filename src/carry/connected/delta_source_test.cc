#include "carry/connected/delta_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fs_memory.h"
#include "carry/connected/ledger.h"
#include "carry/store/store_testing.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using bundle_test::write_file;
using store_testing::put_models;

const Environment kHome = [](const std::string& name) {
  return name == "PANNIER_HOME" ? std::string("/home") : std::string();
};
const Environment kNowhere = [](const std::string&) { return std::string(); };

class DeltaSourceTest : public ::testing::Test {
 protected:
  DeltaSourceTest() {
    EXPECT_TRUE(put_models(fs_, "/store", {{"m@v1", {{"README.md", "old"}, {"config.json", "{}"}}}}).ok());
    EXPECT_TRUE(put_models(fs_, "/store", {{"m@v2", {{"README.md", "new"}, {"config.json", "{}"}}}}).ok());
    store_ = Store::open(fs_, "/store").value();
  }

  BundleModel model(const std::string& name) {
    const Reference reference = store_->find(name).value();
    BundleModel model;
    model.name = name;
    model.manifest = {reference.manifest_digest, reference.manifest_bytes};
    model.config = {sha256("config of " + name), 9};
    model.files = store_->manifest(reference).value().files;
    return model;
  }

  PackedBundle packed(const std::string& name) {
    PackedBundle bundle;
    bundle.statement_digest = sha256("statement of " + name);
    bundle.payload_digest = sha256("payload of " + name);
    bundle.contents = {model(name)};
    return bundle;
  }

  void record(uint64_t sequence, const std::string& name, const DeltaSource& delta = {}) {
    Ledger ledger(fs_, ledger_folder(kHome));
    ASSERT_EQ(ledger.reserve_sequence("plant-7").value(), sequence);
    BundleClaim claim;
    claim.channel = "plant-7";
    claim.sequence = sequence;
    ASSERT_TRUE(record_packed(fs_, kHome, claim, packed(name), delta).ok());
  }

  LedgerEntry entry(uint64_t sequence) {
    return *Ledger(fs_, ledger_folder(kHome)).read("plant-7").value().find(sequence);
  }

  Digest put_receipt(const std::string& path, const std::vector<ChannelState>& channels = {}) {
    Receipt receipt;
    receipt.store_id = std::string(32, 'a');
    receipt.channels = channels;
    for (const ModelFile& file : model("m@v1").files) receipt.blobs.push_back({file.digest, file.bytes});
    std::sort(receipt.blobs.begin(), receipt.blobs.end());
    write_file(fs_, path, write_dsse(receipt_envelope(receipt)));
    return sha256(write_receipt_payload(receipt));
  }

  Result<DeltaSource> open(const DeltaRequest& request, const Environment& environment = kHome) {
    return open_delta(fs_, environment, store_.get(), request);
  }

  MemoryFileSystem fs_;
  std::unique_ptr<Store> store_;
};

TEST_F(DeltaSourceTest, NothingIsAskedFor) {
  const auto delta = open({});
  ASSERT_TRUE(delta.ok());
  EXPECT_FALSE(delta->plan);
  EXPECT_TRUE(delta_remarks(*delta).empty());
}

TEST_F(DeltaSourceTest, ReceiptsAndALedgerAreTooMuch) {
  put_receipt("r");
  EXPECT_EQ(open({{"r"}, "plant-7", false}).error().kind, ErrorKind::kInvalid);
}

TEST_F(DeltaSourceTest, AReceiptLeavesOutWhatItLists) {
  const Digest payload = put_receipt("r");
  const auto delta = open({{"r"}, "", false});
  ASSERT_TRUE(delta.ok()) << delta.error().to_string();
  EXPECT_EQ(delta->receipts, std::vector<Digest>{payload});
  ASSERT_EQ(delta->notes.size(), 1u);  // that nobody signed it
  EXPECT_NE(delta->notes[0].find("no receiver"), std::string::npos);
  const std::vector<BundleModel> models = {model("m@v2")};
  const auto plan = delta->plan(models);
  ASSERT_TRUE(plan.ok()) << plan.error().to_string();
  EXPECT_EQ(plan->at(sha256("{}")).way, BlobWay::kHeld);
  EXPECT_EQ(delta->planned->held_bytes, 2u);
  ASSERT_EQ(delta_remarks(*delta).size(), 1u);
}

TEST_F(DeltaSourceTest, AReceiptConfirmsItsBundleInTheLedger) {
  record(1, "m@v1");
  EXPECT_EQ(entry(1).state, LedgerState::kSent);
  put_receipt("r", {{"plant-7", 1, sha256("statement of m@v1")}});
  const auto delta = open({{"r"}, "", false});
  ASSERT_TRUE(delta.ok()) << delta.error().to_string();
  EXPECT_EQ(entry(1).state, LedgerState::kConfirmed);
  EXPECT_NE(delta->notes.back().find("newly confirmed: 1"), std::string::npos) << delta->notes.back();
}

// Somebody else packs under the same channel.
TEST_F(DeltaSourceTest, AnotherBundleUnderTheNumberIsTold) {
  record(1, "m@v1");
  put_receipt("r", {{"plant-7", 1, sha256("of another packer")}});
  const auto delta = open({{"r"}, "", false});
  ASSERT_TRUE(delta.ok()) << delta.error().to_string();
  EXPECT_NE(delta->notes.back().find("somebody else"), std::string::npos) << delta->notes.back();
  EXPECT_EQ(entry(1).state, LedgerState::kSent);
}

TEST_F(DeltaSourceTest, TheLedgerCountsWhatIsConfirmed) {
  record(1, "m@v1");
  const auto refused = open({{}, "plant-7", false});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(refused.error().hint.find("ledger confirm plant-7"), std::string::npos);
  EXPECT_TRUE(open({{}, "plant-7", true}).ok());
  ASSERT_TRUE(Ledger(fs_, ledger_folder(kHome)).set_state("plant-7", 1, LedgerState::kConfirmed).ok());
  const auto delta = open({{}, "plant-7", false});
  ASSERT_TRUE(delta.ok()) << delta.error().to_string();
  EXPECT_EQ(delta->built_on, std::vector<uint64_t>{1});
  EXPECT_TRUE(delta->receipts.empty());
  record(2, "m@v2", *delta);
  EXPECT_EQ(entry(2).built_on, std::vector<uint64_t>{1});
}

TEST_F(DeltaSourceTest, NothingWasEverSentThere) {
  EXPECT_EQ(open({{}, "plant-8", true}).error().kind, ErrorKind::kNotFound);
}

TEST_F(DeltaSourceTest, WithoutAPlaceForALedger) {
  EXPECT_EQ(open({{}, "plant-7", false}, kNowhere).error().kind, ErrorKind::kInvalid);
}

TEST_F(DeltaSourceTest, RecordsEveryBlobOfTheModels) {
  record(1, "m@v1");
  const LedgerEntry sent = entry(1);
  EXPECT_EQ(sent.statement, sha256("statement of m@v1"));
  EXPECT_EQ(sent.payload, sha256("payload of m@v1"));
  ASSERT_EQ(sent.models.size(), 1u);
  EXPECT_EQ(sent.models[0].name, "m@v1");
  EXPECT_EQ(sent.models[0].blobs.size(), 4u);  // manifest, configuration, two files
  EXPECT_TRUE(std::is_sorted(sent.models[0].blobs.begin(), sent.models[0].blobs.end()));
}

// Numbers of another channel say nothing on this one.
TEST_F(DeltaSourceTest, BuiltOnIsOfTheSameChannelOnly) {
  DeltaSource delta;
  delta.ledger_channel = "plant-8";
  delta.built_on = {5};
  record(1, "m@v1", delta);
  EXPECT_TRUE(entry(1).built_on.empty());
}

TEST_F(DeltaSourceTest, ABundleOfNoChannelIsNotRecorded) {
  ASSERT_TRUE(record_packed(fs_, kNowhere, {}, packed("m@v1"), {}).ok());
  EXPECT_TRUE(Ledger(fs_, ledger_folder(kHome)).channels().value().empty());
}

}  // namespace
}  // namespace pannier
