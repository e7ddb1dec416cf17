// Rot and loss: found, told with what heals it, put aside, and healed by staging the contents again.
#include "carry/isolated/check_store.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/store/collect.h"
#include "carry/store/store_testing.h"
#include "format/bundle_statement.h"

namespace pannier {
namespace {

using store_testing::put_models;
using store_testing::read_all;
using store_testing::stage_model;

const std::string kRoot = "/srv/store";

class CheckStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    BundleStatement statement;
    statement.payload_digest = sha256("payload");
    statement.channel = "plant-7";
    statement.sequence = 12;
    auto store = Store::open_or_create(fs_, kRoot);
    auto writer = (*store)->begin();
    StoreChange change;
    change.references = {*stage_model(**writer, "a", {{"f", "contents of a"}, {"g", "shared"}})};
    change.references[0].origin = *(*writer)->add_blob(write_bundle_statement(statement));
    ASSERT_TRUE((*writer)->commit(change).ok());
    ASSERT_TRUE(put_models(fs_, kRoot, {{"b", {{"f", "contents of b"}, {"g", "shared"}}}}).ok());
  }

  std::string path_of(const std::string& contents) {
    return kRoot + "/blobs/sha256/" + sha256(contents).hex();
  }
  // Other bytes of the same length: a look at the size does not see it.
  void rot(const std::string& contents) {
    auto file = fs_.open_or_create(path_of(contents));
    const std::string bad = "!";
    ASSERT_TRUE((*file)->write_at(0, as_bytes(bad)).ok());
  }

  CheckResult check(bool quarantine = true) {
    CheckOptions options;
    options.quarantine = quarantine;
    options.threads = 3;
    auto result = check_store(fs_, kRoot, options);
    EXPECT_TRUE(result.ok()) << result.error().to_string();
    return result.ok() ? *result : CheckResult();
  }

  MemoryFileSystem fs_;
};

TEST_F(CheckStoreTest, AHealthyStoreHasNoFaults) {
  const CheckResult result = check();
  EXPECT_TRUE(result.faults.empty());
  EXPECT_EQ(result.generation_count, 2u);
  EXPECT_EQ(result.blob_count, 8u) << "three contents, two configs, two manifests, one statement";
  EXPECT_FALSE(fs_.stat(kRoot + "/pannier/quarantine").ok()) << "nothing is written";
}

TEST_F(CheckStoreTest, RotIsPutAsideAndTheBundleThatHealsItIsNamed) {
  rot("contents of a");
  const CheckResult looked = check(false);
  ASSERT_EQ(looked.faults.size(), 1u);
  EXPECT_FALSE(looked.faults[0].quarantined);
  EXPECT_TRUE(fs_.stat(path_of("contents of a")).ok());

  const CheckResult result = check();
  ASSERT_EQ(result.faults.size(), 1u);
  const StoreFault& fault = result.faults[0];
  EXPECT_EQ(fault.kind, StoreFaultKind::kRotten);
  EXPECT_EQ(fault.digest, sha256("contents of a"));
  EXPECT_EQ(fault.names, (std::vector<std::string>{"a"}));
  EXPECT_TRUE(fault.in_newest);
  EXPECT_TRUE(fault.quarantined);
  EXPECT_EQ(fault.origins, (std::vector<BundleOrigin>{{"plant-7", 12, sha256("payload")}}));
  EXPECT_EQ(fs_.list(kRoot + "/pannier/quarantine")->size(), 1u);

  // Gone for everybody: has_blob does not believe it, and the next check says missing.
  EXPECT_FALSE((*Store::open(fs_, kRoot))->has_blob(sha256("contents of a"), 13));
  const CheckResult after = check();
  ASSERT_EQ(after.faults.size(), 1u);
  EXPECT_EQ(after.faults[0].kind, StoreFaultKind::kMissing);
  EXPECT_EQ(after.faults[0].origins.size(), 1u);

  // What an install of that bundle does: the reference is as it was, the blob comes back.
  auto store = Store::open(fs_, kRoot);
  auto writer = (*store)->begin();
  ASSERT_TRUE((*writer)->add_blob("contents of a").ok());
  ASSERT_TRUE((*writer)->commit({*(*store)->find("a")}).ok());
  EXPECT_TRUE(check().faults.empty());
}

TEST_F(CheckStoreTest, ARottenManifestAndWhatTwoNeed) {
  const Reference a = *(*Store::open(fs_, kRoot))->find("a");
  rot("shared");
  auto manifest = fs_.open_or_create(kRoot + "/blobs/sha256/" + a.manifest_digest.hex());
  const std::string bad = "[";
  ASSERT_TRUE((*manifest)->write_at(0, as_bytes(bad)).ok());
  const CheckResult result = check();
  ASSERT_EQ(result.faults.size(), 2u);
  for (const StoreFault& fault : result.faults) {
    EXPECT_EQ(fault.kind, StoreFaultKind::kRotten);
    if (fault.digest == sha256("shared")) EXPECT_EQ(fault.names, (std::vector<std::string>{"b"}));
    if (fault.digest == a.manifest_digest) EXPECT_EQ(fault.names, (std::vector<std::string>{"a"}));
  }
  // Now it cannot be told what `a` needs: a collector takes nothing.
  CollectOptions options;
  options.generations_kept = 1;
  options.grace_seconds = 0;
  EXPECT_EQ(collect_garbage(fs_, kRoot, options).error().kind, ErrorKind::kIncomplete);
}

TEST_F(CheckStoreTest, WhatOnlyAnOlderGenerationNeedsIsToldAsSuch) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"b", {{"f", "newer"}}}}).ok());
  rot("contents of b");
  const CheckResult result = check();
  ASSERT_EQ(result.faults.size(), 1u);
  EXPECT_FALSE(result.faults[0].in_newest);
  EXPECT_EQ(result.faults[0].names, (std::vector<std::string>{"b"}));
  EXPECT_TRUE(result.faults[0].origins.empty());
}

TEST_F(CheckStoreTest, DamagedListsAndStrangersAreTold) {
  ASSERT_TRUE(fs_.remove_file(kRoot + "/pannier/generations/0000000001.json").ok());
  ASSERT_TRUE(write_file_atomic(fs_, kRoot + "/pannier/generations/0000000001.json", "{").ok());
  ASSERT_TRUE(write_file_atomic(fs_, kRoot + "/blobs/sha256/notes.txt", "mine").ok());
  const CheckResult result = check();
  ASSERT_EQ(result.faults.size(), 2u);
  EXPECT_EQ(result.faults[0].kind, StoreFaultKind::kMalformed);
  EXPECT_EQ(result.faults[1].kind, StoreFaultKind::kMisplaced);
  EXPECT_TRUE(fs_.stat(kRoot + "/blobs/sha256/notes.txt").ok()) << "never removed";
}

TEST_F(CheckStoreTest, StopsWhenAsked) {
  const std::atomic<bool> cancel{true};
  CheckOptions options;
  options.transfer.cancel = &cancel;
  EXPECT_EQ(check_store(fs_, kRoot, options).error().kind, ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace pannier
