// What a bundle expects to find in a store, and what is said where it is not there.
#include "carry/isolated/far_side.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

class FarSideTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store_testing::put_models(fs_, "/store", {{"old", {{"w", "here"}}}}).ok());
    auto store = Store::open(fs_, "/store");
    ASSERT_TRUE(store.ok());
    store_ = std::move(store).value();
    BundleModel model;
    model.name = "sst2";
    model.files = {{"kept.bin", false, 4, sha256("here")},
                   {"left-out.bin", false, 7, sha256("missing")},
                   {"weights.bin", false, 5, sha256("delta")}};
    index_.models = {model};
    index_.held = {blob("here"), blob("missing")};
    BundleEntry delta;
    delta.digest = sha256("delta");
    delta.base = sha256("the base");
    index_.entries = {delta};
  }
  static BlobInfo blob(const std::string& contents) { return {sha256(contents), contents.size()}; }

  MemoryFileSystem fs_;
  std::unique_ptr<Store> store_;
  BundleIndex index_;
};

TEST_F(FarSideTest, WhatTheStoreHasIsNotMissing) {
  index_.bases = {blob("here")};
  const ExpectedBlobs missing = missing_blobs(index_, store_.get());
  EXPECT_EQ(missing.held, std::vector<BlobInfo>{blob("missing")});
  EXPECT_TRUE(missing.bases.empty());
  EXPECT_EQ(missing.bytes(), 7u);
}

TEST_F(FarSideTest, WithoutAStoreAllIsMissing) {
  index_.bases = {blob("the base")};
  const ExpectedBlobs missing = missing_blobs(index_, nullptr);
  EXPECT_EQ(missing.held, index_.held);
  EXPECT_EQ(missing.bases, index_.bases);
  EXPECT_EQ(missing.bytes(), 4u + 7u + 8u);
}

// The same digest with another size is a lie of the index, not a blob that is here.
TEST_F(FarSideTest, ABlobOfAnotherSizeIsMissing) {
  index_.held = {{sha256("here"), 5}};
  EXPECT_EQ(missing_blobs(index_, store_.get()).held.size(), 1u);
}

TEST_F(FarSideTest, TheFileThatIsLeftOutIsNamed) {
  const Status status = require_none_missing(index_, missing_blobs(index_, store_.get()), "x.pannier");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(status.error().message.find("x.pannier: left-out.bin (sst2)"), std::string::npos)
      << status.error().message;
  EXPECT_NE(status.error().message.find(sha256("missing").oci()), std::string::npos);
  EXPECT_EQ(status.error().message.find("more"), std::string::npos);
}

TEST_F(FarSideTest, TheFileThatBuildsOnAMissingBaseIsNamed) {
  index_.bases = {blob("the base")};
  const Status status = require_none_missing(index_, missing_blobs(index_, store_.get()), "x.pannier");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(status.error().message.find("weights.bin (sst2) was packed as a delta"), std::string::npos)
      << status.error().message;
  EXPECT_NE(status.error().message.find(sha256("the base").oci()), std::string::npos);
}

TEST_F(FarSideTest, HowManyMoreAreMissingIsSaid) {
  const Status status = require_none_missing(index_, missing_blobs(index_, nullptr), "x.pannier");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("(and 1 more)"), std::string::npos) << status.error().message;
}

TEST_F(FarSideTest, NothingMissingIsFine) {
  index_.held = {blob("here")};
  EXPECT_TRUE(require_none_missing(index_, missing_blobs(index_, store_.get()), "x.pannier").ok());
}

}  // namespace
}  // namespace pannier
