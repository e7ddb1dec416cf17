// Exports are remembered, known as stale when the store says something else, and done again.
#include "carry/isolated/export_records.h"

#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/isolated/export_folder.h"
#include "carry/isolated/re_export.h"
#include "carry/store/history.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::put_models;
using store_testing::stage_model;

const std::string kRoot = "/srv/store";

class ExportRecordsTest : public testing::Test {
 protected:
  void put(const std::string& name, const Files& files) {
    ASSERT_TRUE(put_models(fs_, kRoot, {{name, files}}).ok());
  }
  std::unique_ptr<Store> store() { return std::move(*Store::open(fs_, kRoot)); }

  ExportRecord record(ExportKind kind, const std::string& folder, const std::string& name) {
    ExportRecord record;
    record.kind = kind;
    record.folder = folder;
    record.store = kRoot;
    record.references = {{name, store()->find(name)->manifest_digest}};
    return record;
  }

  void export_and_keep(const std::string& folder, const std::string& name) {
    ExportOptions options;
    options.folder = folder;
    ASSERT_TRUE(export_ref(fs_, *store(), name, options).ok());
    ASSERT_TRUE(keep_export_record(fs_, environment_, record(ExportKind::kLocalDir, folder, name)).ok());
  }

  std::vector<StaleExport> stale() {
    return *stale_exports(fs_, *export_records(fs_, environment_, kRoot), *store()->references());
  }

  std::string read(const std::string& path) {
    const auto contents = read_small_file(fs_, path, 1'000);
    return contents.ok() ? *contents : "(" + contents.error().message + ")";
  }

  MemoryFileSystem fs_;
  Environment environment_ = [](const std::string& name) {
    return std::string(name == "HOME" ? "/users/one" : "");
  };
};

TEST_F(ExportRecordsTest, AnExportIsStaleOnceTheStoreSaysSomethingElse) {
  put("a", {{"f", "1"}, {"sub/old", "goes"}});
  put("b", {{"f", "b"}});
  export_and_keep("/srv/a", "a");
  export_and_keep("/srv/b", "b");
  EXPECT_TRUE(stale().empty());
  put("a", {{"f", "2"}, {"new", "comes"}});
  ASSERT_EQ(stale().size(), 1u);
  EXPECT_EQ(stale()[0].record.folder, "/srv/a");
  EXPECT_EQ(stale()[0].changed, (std::vector<std::string>{"a"}));
  ASSERT_TRUE(export_again(fs_, environment_, *store(), stale()[0], {}).ok());
  EXPECT_EQ(read("/srv/a/f"), "2");
  EXPECT_EQ(read("/srv/a/new"), "comes");
  EXPECT_FALSE(fs_.stat("/srv/a/sub").ok()) << "a file of the earlier version goes";
  EXPECT_TRUE(stale().empty());
  // Going back makes it stale again.
  ASSERT_TRUE(roll_back(fs_, kRoot, {"a", 1}).ok());
  ASSERT_EQ(stale().size(), 1u);
  ASSERT_TRUE(export_again(fs_, environment_, *store(), stale()[0], {}).ok());
  EXPECT_EQ(read("/srv/a/f"), "1");
  EXPECT_EQ(read("/srv/a/sub/old"), "goes");
}

TEST_F(ExportRecordsTest, ForeignFilesAreNeverRemoved) {
  put("a", {{"f", "1"}});
  export_and_keep("/srv/a", "a");
  ASSERT_TRUE(write_file_atomic(fs_, "/srv/a/notes.txt", "mine").ok());
  put("a", {{"f", "2"}});
  const Status again = export_again(fs_, environment_, *store(), stale()[0], {});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(read("/srv/a/notes.txt"), "mine");
  EXPECT_EQ(read("/srv/a/f"), "1");
}

TEST_F(ExportRecordsTest, AModelThatWasRemovedKeepsItsFolder) {
  put("a", {{"f", "1"}});
  export_and_keep("/srv/a", "a");
  ASSERT_TRUE(remove_references(fs_, kRoot, {"a"}).ok());
  ASSERT_EQ(stale().size(), 1u);
  EXPECT_EQ(stale()[0].removed, (std::vector<std::string>{"a"}));
  EXPECT_EQ(export_again(fs_, environment_, *store(), stale()[0], {}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(read("/srv/a/f"), "1");
}

TEST_F(ExportRecordsTest, AFolderThatIsGoneIsForgotten) {
  put("a", {{"f", "1"}});
  export_and_keep("/srv/a", "a");
  ASSERT_TRUE(fs_.remove_tree("/srv/a").ok());
  put("a", {{"f", "2"}});
  ASSERT_EQ(stale().size(), 1u);
  EXPECT_TRUE(stale()[0].is_gone);
  ASSERT_TRUE(export_again(fs_, environment_, *store(), stale()[0], {}).ok());
  EXPECT_FALSE(fs_.stat("/srv/a").ok());
  EXPECT_TRUE(stale().empty());
}

TEST_F(ExportRecordsTest, ACacheCollectsNames) {
  put("a", {{"f", "1"}});
  put("b", {{"f", "b"}});
  ASSERT_TRUE(keep_export_record(fs_, environment_, record(ExportKind::kHfCache, "/srv/hub", "b")).ok());
  ASSERT_TRUE(keep_export_record(fs_, environment_, record(ExportKind::kHfCache, "/srv/hub", "a")).ok());
  const auto records = *export_records(fs_, environment_, kRoot);
  ASSERT_EQ(records.size(), 1u);
  ASSERT_EQ(records[0].references.size(), 2u);
  EXPECT_EQ(records[0].references[0].name, "a");
}

// A user who may only read the store keeps his own records.
TEST_F(ExportRecordsTest, WhereTheStoreTakesNoneTheUserKeepsThem) {
  put("a", {{"f", "1"}});
  const ExportRecord kept = record(ExportKind::kLocalDir, "/srv/a", "a");
  FaultPlan plan;
  plan.at_call = 2;  // after a look whether there is one: making the folder
  FaultyFileSystem read_only(fs_, plan);
  ASSERT_TRUE(keep_export_record(read_only, environment_, kept).ok());
  EXPECT_EQ(export_records(fs_, environment_, kRoot)->size(), 1u);
}

TEST_F(ExportRecordsTest, WhatIsNoRecordIsPassedOver) {
  put("a", {{"f", "1"}});
  export_and_keep("/srv/a", "a");
  for (const char* contents :
       {"", "{}", "[]",
        "{\"version\":1,\"kind\":\"local-dir\",\"folder\":\"relative\",\"store\":\"/srv/store\","
        "\"references\":[]}"}) {
    ASSERT_TRUE(write_file_atomic(fs_, kRoot + "/pannier/exports/bad.json", contents).ok());
    EXPECT_EQ(export_records(fs_, environment_, kRoot)->size(), 1u) << contents;
  }
}

TEST_F(ExportRecordsTest, FoldersOfKilledExportsGo) {
  put("a", {{"f", "1"}});
  export_and_keep("/srv/exports/a", "a");
  const std::string dead = "/srv/exports/.a-4711-3-0badcafe";
  for (const std::string& folder :
       {dead, std::string("/srv/exports/.a-notes"), std::string("/srv/exports/.ab-1-2-0badcafe")}) {
    ASSERT_TRUE(fs_.make_folders(folder).ok());
  }
  const auto records = *export_records(fs_, environment_, kRoot);
  EXPECT_EQ(*sweep_dead_exports(fs_, records, 0, false), 0u) << "too young";
  EXPECT_EQ(*sweep_dead_exports(fs_, records, 100, true), 1u);
  EXPECT_TRUE(fs_.stat(dead).ok());
  EXPECT_EQ(*sweep_dead_exports(fs_, records, 100, false), 1u);
  EXPECT_FALSE(fs_.stat(dead).ok());
  EXPECT_TRUE(fs_.stat("/srv/exports/.a-notes").ok());
  EXPECT_TRUE(fs_.stat("/srv/exports/.ab-1-2-0badcafe").ok());
  EXPECT_TRUE(fs_.stat("/srv/exports/a").ok());
}

// model_signing verifies a folder with its signature in it.
TEST_F(ExportRecordsTest, ASignedModelIsExportedWithItsSignature) {
  auto made = Store::open_or_create(fs_, kRoot);
  auto writer = (*made)->begin();
  StoreChange change;
  change.references = {*stage_model(**writer, "a", {{"f", "1"}}),
                       *stage_model(**writer, "b", {{"f", "1"}, {"model.sig", "its own"}})};
  const Digest signature = *(*writer)->add_blob("signature");
  for (Reference& reference : change.references) reference.signatures = {signature};
  ASSERT_TRUE((*writer)->commit(change).ok());
  ExportOptions options;
  for (const char* name : {"a", "b"}) {
    options.folder = std::string("/srv/") + name;
    ASSERT_TRUE(export_ref(fs_, *store(), name, options).ok());
    EXPECT_FALSE(export_ref(fs_, *store(), name, options)->changed);
  }
  EXPECT_EQ(read("/srv/a/model.sig"), "signature");
  EXPECT_EQ(read("/srv/b/model.sig"), "its own");
}

TEST_F(ExportRecordsTest, LinksOnlyWhenAsked) {
  put("a", {{"f", "contents"}, {"bin/run", "#!"}});
  ExportOptions options;
  options.folder = "/srv/copied";
  ASSERT_TRUE(export_ref(fs_, *store(), "a", options).ok());
  options.folder = "/srv/linked";
  options.link = true;
  ASSERT_TRUE(export_ref(fs_, *store(), "a", options).ok());
  EXPECT_TRUE(fs_.stat("/srv/linked/bin/run")->executable) << "its mode is not the blob's: copied";
  // Whoever writes to the blob writes to the link, and to nothing else.
  const std::string bad = "C";
  ASSERT_TRUE((*fs_.open_or_create(store()->blob_path(sha256("contents"))))->write_at(0, as_bytes(bad)).ok());
  EXPECT_EQ(read("/srv/linked/f"), "Contents");
  EXPECT_EQ(read("/srv/copied/f"), "contents");
}

}  // namespace
}  // namespace pannier
