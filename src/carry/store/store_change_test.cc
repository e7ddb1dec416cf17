// What one commit may change at once, what it refuses, and what it does when another was faster.
#include "carry/store/store_change.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/store/store.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::put_models;
using store_testing::read_all;
using store_testing::stage_model;

const std::string kRoot = "/srv/store";

class StoreChangeTest : public testing::Test {
 protected:
  std::unique_ptr<StoreWriter> begin() {
    auto store = Store::open_or_create(fs_, kRoot);
    EXPECT_TRUE(store.ok());
    auto writer = (*store)->begin();
    EXPECT_TRUE(writer.ok());
    return std::move(*writer);
  }

  // A commit of that channel state, whose statement is staged.
  Result<uint64_t> set_channel(const std::string& name, uint64_t sequence, const std::string& statement,
                               bool may_go_back = false) {
    const auto writer = begin();
    StoreChange change;
    change.channels_may_go_back = may_go_back;
    PANNIER_ASSIGN(const Digest digest, writer->add_blob(statement));
    change.channels = {{name, sequence, digest}};
    return writer->commit(change);
  }

  ImageIndex newest() { return *(*Store::open(fs_, kRoot))->references(); }

  MemoryFileSystem fs_;
};

TEST_F(StoreChangeTest, AddsRemovesAndSetsChannelsInOneGeneration) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", {{"f", "1"}}}, {"b", {{"f", "2"}}}}).ok());
  const auto writer = begin();
  StoreChange change;
  change.references = {*stage_model(*writer, "c", {{"f", "3"}})};
  change.references[0].origin = *writer->add_blob("statement");
  change.references[0].signatures = {*writer->add_blob("signature")};
  change.removed = {"a", "never-there"};
  change.channels = {{"plant-7", 5, *change.references[0].origin}};
  EXPECT_EQ(*writer->commit(change), 2u);
  const ImageIndex index = newest();
  ASSERT_EQ(index.references.size(), 2u);
  EXPECT_EQ(index.references[0].name, "b");
  EXPECT_EQ(index.references[1], change.references[0]);
  EXPECT_EQ(index.channels, change.channels);
}

TEST_F(StoreChangeTest, ChannelsStayWhenOthersChange) {
  ASSERT_TRUE(set_channel("plant-7", 5, "statement").ok());
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", {{"f", "1"}}}}).ok());
  ASSERT_TRUE(set_channel("lab", 1, "another").ok());
  const ImageIndex index = newest();
  ASSERT_EQ(index.channels.size(), 2u);
  EXPECT_EQ(index.channels[0].name, "lab");
  EXPECT_EQ(index.channels[1].sequence, 5u);
}

TEST_F(StoreChangeTest, AChannelNeverGoesBackUnlessAsked) {
  ASSERT_TRUE(set_channel("plant-7", 5, "five").ok());
  const auto older = set_channel("plant-7", 4, "four");
  ASSERT_FALSE(older.ok());
  EXPECT_EQ(older.error().kind, ErrorKind::kStale);
  EXPECT_NE(older.error().message.find("number 5"), std::string::npos) << older.error().message;
  EXPECT_EQ(newest().generation, 1u);
  EXPECT_EQ(*set_channel("plant-7", 5, "another five"), 1u) << "the same number changes nothing";
  EXPECT_EQ(newest().channels[0].statement, sha256("five"));
  EXPECT_EQ(*set_channel("plant-7", 4, "four", true), 2u);
  EXPECT_EQ(newest().channels[0].sequence, 4u);
}

TEST_F(StoreChangeTest, EveryNamedBlobMustBeThere) {
  const auto writer = begin();
  const Reference whole = *stage_model(*writer, "a", {{"f", "1"}});
  StoreChange change;
  change.references = {whole};
  change.references[0].origin = sha256("nowhere");
  EXPECT_EQ(writer->commit(change).error().kind, ErrorKind::kIncomplete);
  change.references = {whole};
  change.references[0].signatures = {sha256("nowhere")};
  EXPECT_EQ(writer->commit(change).error().kind, ErrorKind::kIncomplete);
  change.references = {whole};
  change.channels = {{"plant-7", 1, sha256("nowhere")}};
  EXPECT_EQ(writer->commit(change).error().kind, ErrorKind::kIncomplete);
  change.channels.clear();
  change.blobs = {sha256("nowhere")};
  EXPECT_EQ(writer->commit(change).error().kind, ErrorKind::kIncomplete);
  change.blobs.clear();
  EXPECT_EQ(*writer->commit(change), 1u);
}

TEST_F(StoreChangeTest, OneNameIsNotBothAddedAndRemoved) {
  const auto writer = begin();
  StoreChange change;
  change.references = {*stage_model(*writer, "a", {{"f", "1"}})};
  change.removed = {"a"};
  EXPECT_EQ(writer->commit(change).error().kind, ErrorKind::kInvalid);
}

TEST_F(StoreChangeTest, AChangeMadeForAnOlderGenerationIsRefused) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", {{"f", "1"}}}}).ok());
  const auto writer = begin();
  ASSERT_TRUE(put_models(fs_, kRoot, {{"b", {{"f", "2"}}}}).ok());
  StoreChange change;
  change.removed = {"a"};
  change.only_on_generation = 1;
  const auto committed = writer->commit(change);
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().kind, ErrorKind::kStale);
  EXPECT_EQ(read_all(fs_, kRoot)->size(), 2u);
}

// The blob is nobody's when it is found, and its name is taken away before the commit.
TEST_F(StoreChangeTest, WhatIsKeptComesBackThoughItsNameIsRemoved) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", {{"f", "contents"}}}}).ok());
  const auto store = Store::open(fs_, kRoot);
  const auto writer = begin();
  EXPECT_TRUE(*writer->keep(sha256("contents"), 8));
  EXPECT_FALSE(*writer->keep(sha256("contents"), 9)) << "another size";
  EXPECT_FALSE(*writer->keep(sha256("unknown"), 7));
  ASSERT_TRUE(fs_.remove_file((*store)->blob_path(sha256("contents"))).ok());
  StoreChange change;
  change.blobs = {sha256("contents")};
  ASSERT_TRUE(writer->commit(change).ok());
  EXPECT_EQ(*read_small_file(fs_, (*store)->blob_path(sha256("contents")), 100), "contents");
}

TEST_F(StoreChangeTest, AWriterThatGivesUpANewStoreLeavesNothing) {
  {
    const auto writer = Store::begin_or_create(fs_, kRoot);
    ASSERT_TRUE(writer.ok()) << writer.error().to_string();
    ASSERT_TRUE((*writer)->add_blob("contents").ok());
    EXPECT_EQ(Store::open(fs_, kRoot).error().kind, ErrorKind::kNotFound);
  }
  EXPECT_FALSE(fs_.stat(kRoot).ok());
  // A folder that an administrator made stays, with what he gave it.
  ASSERT_TRUE(fs_.make_folders(kRoot).ok());
  {
    const auto writer = Store::begin_or_create(fs_, kRoot);
  }
  EXPECT_TRUE(fs_.list(kRoot)->empty());
}

TEST_F(StoreChangeTest, ACommitMakesANewStore) {
  auto writer = Store::begin_or_create(fs_, kRoot);
  ASSERT_TRUE(writer.ok());
  StoreChange change;
  change.references = {*stage_model(**writer, "a", {{"f", "1"}})};
  EXPECT_EQ(*(*writer)->commit(change), 1u);
  EXPECT_EQ(read_all(fs_, kRoot)->size(), 1u);
  // Two that begin before there is one.
  ASSERT_TRUE(fs_.remove_tree(kRoot).ok());
  auto first = Store::begin_or_create(fs_, kRoot);
  auto second = Store::begin_or_create(fs_, kRoot);
  ASSERT_TRUE((*first)->commit({*stage_model(**first, "a", {{"f", "1"}})}).ok());
  ASSERT_TRUE((*second)->commit({*stage_model(**second, "b", {{"f", "2"}})}).ok());
  EXPECT_EQ(read_all(fs_, kRoot)->size(), 2u);
}

}  // namespace
}  // namespace pannier
