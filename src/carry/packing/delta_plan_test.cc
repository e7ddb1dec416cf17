#include "carry/packing/delta_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fs_memory.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::put_models;
using Way = DeltaFile::Way;

const std::string kRoot = "/store";

std::string big(char letter, size_t bytes = 100'000) { return std::string(bytes, letter); }

// A packer's store; and receipts of far sides that have installed some of its models.
class DeltaPlanTest : public ::testing::Test {
 protected:
  void put(const std::map<std::string, Files>& models) { ASSERT_TRUE(put_models(fs_, kRoot, models).ok()); }

  std::unique_ptr<Store> store() { return Store::open(fs_, kRoot).value(); }

  BundleModel model(const std::string& name) {
    const auto opened = store();
    const Reference reference = opened->find(name).value();
    const ModelManifest manifest = opened->manifest(reference).value();
    BundleModel model;
    model.name = name;
    model.manifest = {reference.manifest_digest, reference.manifest_bytes};
    model.files = manifest.files;
    model.kind = manifest.kind;
    return model;
  }

  SignedReceipt receipt_of(const std::vector<std::string>& names) {
    SignedReceipt receipt;
    receipt.receipt.store_id = std::string(32, '0');
    for (const std::string& name : names) {
      const BundleModel installed = model(name);
      receipt.receipt.references.push_back({name, installed.manifest.digest});
      for (const ModelFile& file : installed.files)
        receipt.receipt.blobs.push_back({file.digest, file.bytes});
    }
    std::sort(receipt.receipt.blobs.begin(), receipt.receipt.blobs.end());
    receipt.payload_digest = sha256(write_receipt_payload(receipt.receipt));
    return receipt;
  }

  DeltaPlan plan(const std::vector<SignedReceipt>& receipts, const std::vector<std::string>& names) {
    std::vector<BundleModel> models;
    for (const std::string& name : names) models.push_back(model(name));
    const auto opened = store();
    auto planned = plan_delta(fs_, opened.get(), held_by_all(receipts), models);
    EXPECT_TRUE(planned.ok()) << planned.error().to_string();
    return *planned;
  }

  static const DeltaFile& file(const DeltaPlan& plan, const std::string& path) {
    return *std::find_if(plan.files.begin(), plan.files.end(),
                         [&](const DeltaFile& planned) { return planned.path == path; });
  }

  MemoryFileSystem fs_;
};

TEST_F(DeltaPlanTest, UnchangedIsHeldChangedBuildsOnTheOldRevision) {
  put({{"org/m@v1", {{"README.md", big('r')}, {"config.json", "{}"}, {"model.safetensors", big('a')}}},
       {"org/m@v2", {{"README.md", big('s')}, {"config.json", "{}"}, {"model.safetensors", big('a')}}}});
  const DeltaPlan planned = plan({receipt_of({"org/m@v1"})}, {"org/m@v2"});
  EXPECT_EQ(file(planned, "config.json").way, Way::kHeld);
  EXPECT_EQ(file(planned, "model.safetensors").way, Way::kHeld);
  EXPECT_EQ(file(planned, "README.md").way, Way::kDelta);
  EXPECT_EQ(file(planned, "README.md").base, "org/m@v1 README.md");
  EXPECT_EQ(planned.held_bytes, 100'002u);
  EXPECT_EQ(planned.delta_bytes, 100'000u);
  const PlannedBlob& blob = planned.transport.at(sha256(big('s')));
  EXPECT_EQ(blob.way, BlobWay::kEncoded);
  EXPECT_EQ(blob.base->blob.digest, sha256(big('r')));
  EXPECT_EQ(blob.base->file, store()->blob_path(sha256(big('r'))));
}

// Two plants: what only one of them has must cross for the other's sake.
TEST_F(DeltaPlanTest, SeveralReceiptsMeanTheirIntersection) {
  put({{"a", {{"one", big('1')}}},
       {"b", {{"two", big('2')}}},
       {"c", {{"one", big('1')}, {"two", big('2')}}}});
  const DeltaPlan planned = plan({receipt_of({"a", "b"}), receipt_of({"b"})}, {"c"});
  EXPECT_EQ(file(planned, "one").way, Way::kWhole);
  EXPECT_EQ(file(planned, "two").way, Way::kHeld);
  EXPECT_EQ(held_by_all(std::vector{receipt_of({"a"}), receipt_of({"b"}), receipt_of({"a"})}).receipts.size(),
            2u);
}

TEST_F(DeltaPlanTest, BaseOfTheSameModelIsBetterThanThatOfAnother) {
  put({{"a-other", {{"model.safetensors", big('o')}}},
       {"m@v1", {{"model.safetensors", big('1', 90'000)}}},
       {"m@v2", {{"model.safetensors", big('2')}}}});
  const DeltaPlan planned = plan({receipt_of({"a-other", "m@v1"})}, {"m@v2"});
  EXPECT_EQ(file(planned, "model.safetensors").base, "m@v1 model.safetensors");
}

TEST_F(DeltaPlanTest, SiblingUnderAnotherNameIsABase) {
  put({{"sst2-tiny", {{"model.safetensors", big('1')}}},
       {"sst2-tiny-sibling", {{"model.safetensors", big('2')}}}});
  EXPECT_EQ(file(plan({receipt_of({"sst2-tiny"})}, {"sst2-tiny-sibling"}), "model.safetensors").way,
            Way::kDelta);
}

TEST_F(DeltaPlanTest, WeightsOfEqualSizeUnderAnotherPathAreABase) {
  put({{"a", {{"model.safetensors", big('1')}}},
       {"b", {{"onnx/other.safetensors", big('2')}}},
       {"c", {{"onnx/third.safetensors", big('3', 99'999)}}}});
  const std::vector<SignedReceipt> receipts = {receipt_of({"a"})};
  EXPECT_EQ(file(plan(receipts, {"b"}), "onnx/other.safetensors").way, Way::kDelta);
  EXPECT_EQ(file(plan(receipts, {"c"}), "onnx/third.safetensors").way, Way::kWhole);
}

// Texts of different models have little in common, and a scanner wants to read them.
TEST_F(DeltaPlanTest, SmallTextsOfOtherModelsAreNoBase) {
  put({{"a", {{"README.md", big('1', 20'000)}}},
       {"b", {{"README.md", big('2', 20'000)}}},
       {"a@2", {{"README.md", big('3', 20'000)}, {"tiny.md", "3"}}}});
  const std::vector<SignedReceipt> receipts = {receipt_of({"a"})};
  EXPECT_EQ(file(plan(receipts, {"b"}), "README.md").way, Way::kWhole);
  EXPECT_EQ(file(plan(receipts, {"a@2"}), "README.md").way, Way::kDelta);
  EXPECT_EQ(file(plan(receipts, {"a@2"}), "tiny.md").way, Way::kWhole);
}

// The base was collected here: nothing to build the difference with, so it crosses whole, and we say so.
TEST_F(DeltaPlanTest, BaseThatIsNotInOurStoreIsTold) {
  put({{"m@v1", {{"model.safetensors", big('1')}}}, {"m@v2", {{"model.safetensors", big('2')}}}});
  const std::vector<SignedReceipt> receipts = {receipt_of({"m@v1"})};
  ASSERT_TRUE(fs_.remove_file(store()->blob_path(sha256(big('1')))).ok());
  const DeltaPlan planned = plan(receipts, {"m@v2"});
  EXPECT_EQ(file(planned, "model.safetensors").way, Way::kWhole);
  EXPECT_EQ(planned.without_base_bytes, 100'000u);
  EXPECT_EQ(planned.without_base_example, "m@v2 model.safetensors");
}

TEST_F(DeltaPlanTest, ManifestThatIsNotInOurStoreIsToldToo) {
  put({{"m@v2", {{"model.safetensors", big('2')}}}});
  SignedReceipt receipt = receipt_of({"m@v2"});
  receipt.receipt.references = {{"m@v1", sha256("a manifest that was collected")}};
  receipt.receipt.blobs = {{sha256("weights that were collected"), 100'000}};
  EXPECT_EQ(plan({receipt}, {"m@v2"}).without_base_bytes, 100'000u);
}

// A forged or damaged receipt that gives a blob another size.
TEST_F(DeltaPlanTest, BlobOfAnotherSizeIsNotHeld) {
  put({{"a", {{"one", big('1')}}}});
  SignedReceipt receipt = receipt_of({"a"});
  receipt.receipt.blobs[0].bytes += 1;
  EXPECT_EQ(file(plan({receipt}, {"a"}), "one").way, Way::kWhole);
}

TEST_F(DeltaPlanTest, EqualContentsAreDecidedAndCountedOnce) {
  put({{"m@v1", {{"a", big('1')}}}, {"m@v2", {{"a", big('2')}, {"b", big('2')}}}});
  const DeltaPlan planned = plan({receipt_of({"m@v1"})}, {"m@v2"});
  EXPECT_EQ(file(planned, "a").way, Way::kDelta);
  EXPECT_EQ(file(planned, "b").way, Way::kDelta);
  EXPECT_EQ(planned.delta_bytes, 100'000u);
}

TEST_F(DeltaPlanTest, WheelsAreHeldOrWhole) {
  put({{"m@v1", {{"x-1.whl", big('1')}, {"y-1.whl", big('y')}}}});
  BundleModel house = model("m@v1");
  const SignedReceipt receipt = receipt_of({"m@v1"});
  house.kind = ArtifactKind::kWheelhouse;
  house.name = "m@v2";
  house.files[0] = {"x-1.whl", false, 100'000, sha256("a new one")};
  const auto opened = store();
  const auto planned = plan_delta(fs_, opened.get(), held_by_all(std::vector{receipt}), std::vector{house});
  ASSERT_TRUE(planned.ok());
  EXPECT_EQ(planned->files[0].way, Way::kWhole);
  EXPECT_EQ(planned->files[1].way, Way::kHeld);
}

TEST_F(DeltaPlanTest, WithoutAStoreThereAreOnlyHeldAndWhole) {
  put({{"m@v1", {{"a", big('1')}}}, {"m@v2", {{"a", big('2')}}}});
  const std::vector<SignedReceipt> receipts = {receipt_of({"m@v1"})};
  const std::vector<BundleModel> models = {model("m@v1"), model("m@v2")};
  const auto planned = plan_delta(fs_, nullptr, held_by_all(receipts), models);
  ASSERT_TRUE(planned.ok());
  EXPECT_EQ(planned->files[0].way, Way::kHeld);
  EXPECT_EQ(planned->files[1].way, Way::kWhole);
}

}  // namespace
}  // namespace pannier
