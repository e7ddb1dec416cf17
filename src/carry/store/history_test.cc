// Going back and taking out: what holds then, what stays, and what is refused.
#include "carry/store/history.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/store/collect.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::put_models;
using store_testing::read_all;

const std::string kRoot = "/srv/store";

class HistoryTest : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& contents) {
    ASSERT_TRUE(put_models(fs_, kRoot, {{name, {{"f", contents}}}}).ok());
  }

  // "a=1 b=2"
  std::string state() {
    std::string text;
    for (const auto& [name, files] : *read_all(fs_, kRoot)) {
      text += (text.empty() ? "" : " ") + name + "=" + files.at("f");
    }
    return text;
  }

  Result<RollbackResult> back(const std::string& name, uint64_t steps = 1) {
    RollbackRequest request;
    request.name = name;
    request.steps = steps;
    return roll_back(fs_, kRoot, request);
  }

  MemoryFileSystem fs_;
};

TEST_F(HistoryTest, TheWholeStoreGoesBackAndForthAgain) {
  put("a", "1");
  put("b", "1");
  put("a", "2");
  const auto result = back("");
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->restored, 2u);
  EXPECT_EQ(result->generation, 4u) << "history stays: going back is a new generation";
  ASSERT_EQ(result->changes.size(), 1u);
  EXPECT_EQ(result->changes[0].name, "a");
  EXPECT_EQ(state(), "a=1 b=1");
  EXPECT_EQ(back("", 3)->restored, 1u);
  EXPECT_EQ(state(), "a=1");
  ASSERT_TRUE(back("", 1).ok());
  EXPECT_EQ(state(), "a=1 b=1") << "undone";
}

TEST_F(HistoryTest, OneNameGoesBackByItsOwnChanges) {
  put("a", "1");
  put("b", "1");
  put("a", "2");
  put("b", "2");
  put("a", "3");
  put("b", "3");
  EXPECT_EQ(back("a")->restored, 4u);
  EXPECT_EQ(state(), "a=2 b=3");
  EXPECT_EQ(back("b", 2)->restored, 3u);
  EXPECT_EQ(state(), "a=2 b=1");
  EXPECT_EQ(back("a", 9).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(back("never").error().kind, ErrorKind::kNotFound);
}

TEST_F(HistoryTest, BeforeItWasAddedANameIsNotThere) {
  put("a", "1");
  put("b", "1");
  ASSERT_TRUE(back("b").ok());
  EXPECT_EQ(state(), "a=1");
  ASSERT_TRUE(back("b").ok());
  EXPECT_EQ(state(), "a=1 b=1");
}

TEST_F(HistoryTest, ADryRunChangesNothing) {
  put("a", "1");
  put("a", "2");
  RollbackRequest request;
  request.dry_run = true;
  const auto result = roll_back(fs_, kRoot, request);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->changes.size(), 1u);
  EXPECT_EQ(result->generation, 2u);
  EXPECT_EQ(state(), "a=2");
}

TEST_F(HistoryTest, ToAGenerationThatIsNamed) {
  put("a", "1");
  put("a", "2");
  put("a", "3");
  RollbackRequest request;
  request.generation = 1;
  EXPECT_EQ(roll_back(fs_, kRoot, request)->generation, 4u);
  EXPECT_EQ(state(), "a=1");
  EXPECT_TRUE(roll_back(fs_, kRoot, request)->changes.empty()) << "it is so already";
  request.generation = 77;
  EXPECT_EQ(roll_back(fs_, kRoot, request).error().kind, ErrorKind::kNotFound);
}

// An attacker who gets somebody to roll back must not make an old bundle look new.
TEST_F(HistoryTest, ChannelsDoNotGoBack) {
  put("a", "1");
  auto writer = (*Store::open(fs_, kRoot))->begin();
  StoreChange change;
  change.references = {*store_testing::stage_model(**writer, "a", {{"f", "2"}})};
  change.channels = {{"plant-7", 8, *(*writer)->add_blob("statement")}};
  ASSERT_TRUE((*writer)->commit(change).ok());
  ASSERT_TRUE(back("").ok());
  EXPECT_EQ(state(), "a=1");
  const ImageIndex index = *(*Store::open(fs_, kRoot))->references();
  ASSERT_EQ(index.channels.size(), 1u);
  EXPECT_EQ(index.channels[0].sequence, 8u);
}

TEST_F(HistoryTest, WhatWasCollectedCannotComeBack) {
  put("a", "1");
  put("a", "2");
  CollectOptions options;
  options.generations_kept = 1;
  options.grace_seconds = 0;
  ASSERT_TRUE(collect_garbage(fs_, kRoot, options).ok());
  const auto result = back("a");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(state(), "a=2");
}

TEST_F(HistoryTest, RemovingIsAllOrNone) {
  put("a", "1");
  put("b", "1");
  EXPECT_EQ(remove_references(fs_, kRoot, {"a", "nobody"}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(state(), "a=1 b=1");
  EXPECT_EQ(remove_references(fs_, kRoot, {"a", "a"})->generation, 3u);
  EXPECT_EQ(state(), "b=1");
  ASSERT_TRUE(back("").ok());
  EXPECT_EQ(state(), "a=1 b=1");
}

TEST_F(HistoryTest, TheHistorySaysWhatEachGenerationChanged) {
  fs_.set_clock_seconds(1000);
  put("a", "1");
  put("b", "1");
  fs_.set_clock_seconds(2000);
  ASSERT_TRUE(remove_references(fs_, kRoot, {"a"}).ok());
  const auto store = Store::open(fs_, kRoot);
  const auto records = *generation_history(fs_, **store, 10);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].number, 3u);
  EXPECT_EQ(records[0].made_seconds, 2000);
  EXPECT_EQ(records[0].reference_count, 1u);
  ASSERT_EQ(records[0].changes.size(), 1u);
  EXPECT_FALSE(records[0].changes[0].after.has_value());
  EXPECT_FALSE(records[2].changes[0].before.has_value());
  EXPECT_EQ(generation_history(fs_, **store, 1)->front().changes.size(), 1u) << "against what is not shown";
}

// Scans of a folder may miss what changes meanwhile: this one sees a folder between two lists.
TEST_F(HistoryTest, AStoreWhoseListsAllVanishedIsNoNewStore) {
  put("a", "1");
  put("a", "2");
  CollectOptions options;
  options.generations_kept = 1;
  options.grace_seconds = 0;
  ASSERT_TRUE(collect_garbage(fs_, kRoot, options).ok());
  ASSERT_TRUE(fs_.remove_file(kRoot + "/pannier/generations/0000000002.json").ok());
  const auto references = (*Store::open(fs_, kRoot))->references();
  ASSERT_FALSE(references.ok());
  EXPECT_EQ(references.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier
