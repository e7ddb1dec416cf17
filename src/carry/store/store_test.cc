// What a store does when nothing goes wrong, and what it says when something is.
#include "carry/store/store.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "base/limits.h"
#include "carry/store/store_layout.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::put_models;
using store_testing::read_all;
using store_testing::stage_model;

const std::string kRoot = "/srv/store";
const Files kTiny = {{"bin/run", "#!/bin/sh\n"}, {"config.json", "{}"}, {"model.safetensors", "weights"}};
const Files kOther = {{"config.json", "{}"}, {"empty", ""}, {"sub/vocab.txt", "a\nb\n"}};

class StoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> make_store() {
    auto store = Store::open_or_create(fs_, kRoot);
    EXPECT_TRUE(store.ok()) << store.error().to_string();
    return std::move(*store);
  }
  std::string get(const std::string& path) {
    auto contents = read_small_file(fs_, kRoot + "/" + path, 1 << 20);
    return contents.ok() ? *contents : "missing";
  }
  void put(const std::string& path, std::string_view contents) {
    ASSERT_TRUE(write_file_atomic(fs_, kRoot + "/" + path, contents).ok());
  }
  size_t count(const std::string& folder) {
    auto entries = fs_.list(kRoot + "/" + folder);
    return entries.ok() ? entries->size() : 0;
  }
  MemoryFileSystem fs_;
};

TEST_F(StoreTest, AMissingStoreIsNotFound) {
  const auto store = Store::open(fs_, kRoot);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().kind, ErrorKind::kNotFound);
}

TEST_F(StoreTest, ANewStoreIsAnEmptyOciLayout) {
  const auto store = make_store();
  EXPECT_EQ(get("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
  EXPECT_EQ(
      get("index.json"),
      "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}");
  EXPECT_EQ(get("pannier/format.json"), "{\"format\":\"pannier-store\",\"version\":1}\n");
  EXPECT_TRUE(fs_.stat(kRoot + "/blobs/sha256").ok());
  EXPECT_EQ(count("pannier/staging"), 0u);
  EXPECT_EQ(store->references()->generation, 0u);
  EXPECT_TRUE(store->references()->references.empty());
}

TEST_F(StoreTest, WhatIsCommittedIsReadBack) {
  ASSERT_EQ(*put_models(fs_, kRoot, {{"org/tiny@v1", kTiny}, {"other", kOther}}), 1u);
  const auto all = read_all(fs_, kRoot);
  ASSERT_TRUE(all.ok()) << all.error().to_string();
  EXPECT_EQ(*all, (std::map<std::string, Files>{{"org/tiny@v1", kTiny}, {"other", kOther}}));

  const auto store = make_store();
  const auto found = store->find("org/tiny@v1");
  ASSERT_TRUE(found.ok());
  const auto model = store->manifest(*found);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(model->name, "org/tiny@v1");
  EXPECT_TRUE(model->files[0].executable);
  EXPECT_FALSE(model->files[1].executable);
}

TEST_F(StoreTest, BlobsLieUnderTheirDigest) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"tiny", kTiny}}).ok());
  const auto store = make_store();
  const Digest digest = sha256("weights");
  EXPECT_EQ(store->blob_path(digest), kRoot + "/blobs/sha256/" + digest.hex());
  EXPECT_EQ(get("blobs/sha256/" + digest.hex()), "weights");
  EXPECT_TRUE(store->has_blob(digest, 7));
  EXPECT_FALSE(store->has_blob(digest, 8));
  EXPECT_FALSE(store->has_blob(sha256("other"), 5));
}

TEST_F(StoreTest, CommitsAddAndReplaceByName) {
  ASSERT_EQ(*put_models(fs_, kRoot, {{"a", kTiny}}), 1u);
  ASSERT_EQ(*put_models(fs_, kRoot, {{"b", kTiny}}), 2u);
  ASSERT_EQ(*put_models(fs_, kRoot, {{"a", kOther}}), 3u);
  EXPECT_EQ(*read_all(fs_, kRoot), (std::map<std::string, Files>{{"a", kOther}, {"b", kTiny}}));
}

TEST_F(StoreTest, TheSameAgainChangesNothing) {
  ASSERT_EQ(*put_models(fs_, kRoot, {{"a", kTiny}, {"b", kOther}}), 1u);
  EXPECT_EQ(*put_models(fs_, kRoot, {{"a", kTiny}}), 1u);
  EXPECT_EQ(count("pannier/generations"), 1u);
}

TEST_F(StoreTest, AFileThatWasLostIsPutBackByTheSameCommit) {
  ASSERT_EQ(*put_models(fs_, kRoot, {{"a", kTiny}}), 1u);
  ASSERT_TRUE(fs_.remove_file(make_store()->blob_path(sha256("weights"))).ok());
  EXPECT_FALSE(read_all(fs_, kRoot).ok());
  EXPECT_EQ(*put_models(fs_, kRoot, {{"a", kTiny}}), 1u);
  EXPECT_TRUE(read_all(fs_, kRoot).ok());
}

TEST_F(StoreTest, OldGenerationsStay) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", kTiny}}).ok());
  const std::string first = get("pannier/generations/0000000001.json");
  ASSERT_TRUE(put_models(fs_, kRoot, {{"b", kOther}}).ok());
  EXPECT_EQ(get("pannier/generations/0000000001.json"), first);
}

TEST_F(StoreTest, TheMirrorShowsTheNewestGeneration) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", kTiny}}).ok());
  ASSERT_TRUE(put_models(fs_, kRoot, {{"b", kOther}}).ok());
  EXPECT_EQ(get("index.json"), get("pannier/generations/0000000002.json"));
}

TEST_F(StoreTest, TheMirrorIsNeverReadAndIsRepaired) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", kTiny}}).ok());
  put("index.json", "spoiled by another tool");
  EXPECT_TRUE(read_all(fs_, kRoot).ok());
  ASSERT_TRUE(put_models(fs_, kRoot, {{"b", kTiny}}).ok());
  EXPECT_EQ(get("index.json"), get("pannier/generations/0000000002.json"));
}

TEST_F(StoreTest, AWriterThatGivesUpLeavesNothing) {
  const auto store = make_store();
  {
    auto writer = store->begin();
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(stage_model(**writer, "a", kTiny).ok());
    EXPECT_EQ(count("pannier/staging"), 2u) << "the writer's folder and the cleaning lock";
  }
  EXPECT_EQ(count("pannier/staging"), 1u);
  EXPECT_EQ(count("blobs/sha256"), 0u);
  EXPECT_EQ(store->references()->generation, 0u);
}

TEST_F(StoreTest, ADeadWritersFolderIsSweptALiveOnesIsNot) {
  const auto store = make_store();
  auto alive = store->begin();
  ASSERT_TRUE((*alive)->add_blob("alive").ok());
  ASSERT_TRUE(fs_.make_folders(kRoot + "/pannier/staging/writer-dead").ok());
  put("pannier/staging/writer-dead/lock", "");
  put("pannier/staging/writer-dead/" + sha256("half").hex(), "ha");
  ASSERT_TRUE(fs_.make_folders(kRoot + "/pannier/staging/writer-without-lock").ok());

  auto next = store->begin();
  ASSERT_TRUE(next.ok());
  EXPECT_FALSE(fs_.stat(kRoot + "/pannier/staging/writer-dead").ok());
  EXPECT_FALSE(fs_.stat(kRoot + "/pannier/staging/writer-without-lock").ok());
  ASSERT_TRUE((*alive)->commit({*stage_model(**alive, "a", kTiny)}).ok());
  EXPECT_TRUE(read_all(fs_, kRoot).ok());
}

TEST_F(StoreTest, BlobsCanBeWrittenPieceByPiece) {
  const auto store = make_store();
  auto writer = store->begin();
  const Digest digest = sha256("weights");
  {
    auto file = (*writer)->create_blob(digest);
    ASSERT_TRUE((*file)->append(as_bytes("wei")).ok());
  }
  {
    // Begun anew, as after a read error on the other side.
    auto file = (*writer)->create_blob(digest);
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    ASSERT_TRUE((*file)->append(as_bytes("wei")).ok());
    ASSERT_TRUE((*file)->append(as_bytes("ghts")).ok());
    ASSERT_TRUE((*file)->close().ok());
  }
  ASSERT_TRUE((*writer)->stage(digest).ok());
  EXPECT_FALSE((*writer)->create_blob(digest).ok());
  EXPECT_FALSE((*writer)->stage(sha256("never made")).ok());
  ASSERT_TRUE((*writer)->commit({*stage_model(**writer, "a", kTiny)}).ok());
  EXPECT_TRUE(read_all(fs_, kRoot).ok());
}

TEST_F(StoreTest, ABlobThatWasNotStagedIsNotPublished) {
  const auto store = make_store();
  auto writer = store->begin();
  const Digest digest = sha256("never finished");
  ASSERT_TRUE((*writer)->create_blob(digest).ok());
  ASSERT_TRUE((*writer)->commit({*stage_model(**writer, "a", kTiny)}).ok());
  EXPECT_FALSE(fs_.stat(store->blob_path(digest)).ok());
}

TEST_F(StoreTest, AWriterCommitsOnce) {
  const auto store = make_store();
  auto writer = store->begin();
  ASSERT_TRUE((*writer)->commit({*stage_model(**writer, "a", kTiny)}).ok());
  EXPECT_EQ((*writer)->add_blob("more").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ((*writer)->commit(StoreChange{}).error().kind, ErrorKind::kInvalid);
}

TEST_F(StoreTest, AModelThatIsNotWholeIsNotCommitted) {
  ModelManifest model{"a",
                      {{"config.json", false, 2, sha256("{}")}, {"model.bin", false, 7, sha256("weights")}}};
  const ManifestBlobs blobs = write_model_manifest(model);
  const Reference reference{"a", sha256(blobs.manifest), blobs.manifest.size()};
  const auto store = make_store();
  auto writer = store->begin();

  const auto expect_missing = [&](const std::string& what) {
    const auto committed = (*writer)->commit({reference});
    ASSERT_FALSE(committed.ok());
    EXPECT_EQ(committed.error().kind, ErrorKind::kIncomplete);
    EXPECT_NE(committed.error().message.find(what), std::string::npos) << committed.error().message;
  };
  expect_missing("its manifest");
  ASSERT_TRUE((*writer)->add_blob(blobs.manifest).ok());
  expect_missing("its config");
  ASSERT_TRUE((*writer)->add_blob(blobs.config).ok());
  expect_missing("config.json");
  ASSERT_TRUE((*writer)->add_blob("{}").ok());
  expect_missing("model.bin");
  EXPECT_EQ(store->references()->generation, 0u);
  ASSERT_TRUE((*writer)->add_blob("weights").ok());
  EXPECT_EQ(*(*writer)->commit({reference}), 1u);
}

TEST_F(StoreTest, BadReferencesAreRefused) {
  const auto store = make_store();
  auto writer = store->begin();
  const Reference good = *stage_model(**writer, "a", kTiny);
  Reference bad = good;
  bad.name = "../a";
  EXPECT_EQ((*writer)->commit({bad}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ((*writer)->commit({good, good}).error().kind, ErrorKind::kInvalid);
  bad = good;
  bad.manifest_bytes = limits::kManifestBytesMax + 1;
  EXPECT_EQ((*writer)->commit({bad}).error().kind, ErrorKind::kLimit);
  bad.manifest_bytes = 0;
  EXPECT_EQ((*writer)->commit({bad}).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(*(*writer)->commit({good}), 1u);
}

TEST_F(StoreTest, FindSuggestsNearNames) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"org/sst2-tiny@v1", kTiny}, {"bert", kTiny}}).ok());
  const auto store = make_store();
  const auto hint = [&](const std::string& name) { return store->find(name).error().hint; };
  EXPECT_EQ(store->find("brt").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(hint("brt"), "did you mean bert?");
  EXPECT_EQ(hint("sst2-tiny"), "did you mean org/sst2-tiny@v1?");
  EXPECT_EQ(hint("something-else"), "pannier list shows what the store holds");
  EXPECT_EQ(store->find("/etc/passwd").error().kind, ErrorKind::kInvalid);
}

// ---- Damaged and foreign stores ----

TEST_F(StoreTest, AFolderWithOtherThingsInItIsRefused) {
  ASSERT_TRUE(fs_.make_folders(kRoot).ok());
  put("thesis.txt", "years of work");
  const auto store = Store::open_or_create(fs_, kRoot);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(fs_.stat(kRoot + "/pannier").ok());
}

TEST_F(StoreTest, AHalfMadeStoreIsCompleted) {
  ASSERT_TRUE(fs_.make_folders(kRoot + "/pannier/staging/create-1").ok());
  ASSERT_EQ(*put_models(fs_, kRoot, {{"a", kTiny}}), 1u);
  EXPECT_EQ(count("pannier/staging"), 2u);
}

TEST_F(StoreTest, ANewerFormatIsUnsupported) {
  make_store();
  put("pannier/format.json", "{\"format\":\"pannier-store\",\"version\":2}\n");
  const auto store = Store::open(fs_, kRoot);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(store.error().message.find("version 2"), std::string::npos);
  EXPECT_FALSE(Store::open_or_create(fs_, kRoot).ok());
}

TEST_F(StoreTest, ASpoiltFormatFileIsCorrupt) {
  make_store();
  for (const char* contents :
       {"", "[]", "{}", "{\"format\":\"restic\",\"version\":1}",
        "{\"format\":\"pannier-store\",\"version\":-1}", "{\"format\":\"pannier-store\"}"}) {
    put("pannier/format.json", contents);
    const auto store = Store::open(fs_, kRoot);
    ASSERT_FALSE(store.ok()) << contents;
    EXPECT_EQ(store.error().kind, ErrorKind::kCorrupt) << contents;
  }
}

// Skipping back to an older list would look as if models had been removed.
TEST_F(StoreTest, ASpoiltNewestGenerationIsCorruptNotSkipped) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", kTiny}}).ok());
  ASSERT_TRUE(put_models(fs_, kRoot, {{"b", kTiny}}).ok());
  const std::string second = "pannier/generations/0000000002.json";
  const std::string first = get("pannier/generations/0000000001.json");
  for (const std::string& contents : {std::string(), std::string("{"), first, get(second).substr(1)}) {
    put(second, contents);
    const auto index = make_store()->references();
    ASSERT_FALSE(index.ok()) << contents;
    EXPECT_EQ(index.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(index.error().message.find("0000000002.json"), std::string::npos);
    EXPECT_FALSE(index.error().hint.empty());
    EXPECT_FALSE(put_models(fs_, kRoot, {{"c", kTiny}}).ok()) << "nothing is built on a damaged list";
  }
  ASSERT_TRUE(fs_.remove_file(kRoot + "/" + second).ok());  // the remedy that the hint names
  EXPECT_EQ(read_all(fs_, kRoot)->size(), 1u);
}

TEST_F(StoreTest, OnlyTenDigitNamesAreGenerations) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", kTiny}}).ok());
  for (const char* name : {"2.json", "0000000000.json", "00000000002.json", "000000000x.json",
                           "0000000009.json~", ".0000000009.json", "-000000009.json"}) {
    put(std::string("pannier/generations/") + name, "not ours");
  }
  EXPECT_EQ(make_store()->references()->generation, 1u);
}

TEST_F(StoreTest, AChangedManifestIsCorruptAndAMissingOneIncomplete) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", kTiny}}).ok());
  const auto store = make_store();
  const Reference reference = *store->find("a");
  const std::string path = "blobs/sha256/" + reference.manifest_digest.hex();
  std::string manifest = get(path);
  manifest.back() = ' ';
  put(path, manifest);
  EXPECT_EQ(store->manifest(reference).error().kind, ErrorKind::kCorrupt);
  ASSERT_TRUE(fs_.remove_file(kRoot + "/" + path).ok());
  EXPECT_EQ(store->manifest(reference).error().kind, ErrorKind::kIncomplete);
}

// A store shared with a later release: what that one keeps and we cannot read must not get lost.
TEST_F(StoreTest, ReferencesOfUnknownTypeAreKept) {
  make_store();
  ImageIndex index;
  index.generation = 1;
  index.references = {{"wheels", sha256("x"), 1, "application/vnd.example.later+json"}};
  put("pannier/generations/0000000001.json", write_image_index(index));
  ASSERT_EQ(*put_models(fs_, kRoot, {{"a", kTiny}}), 2u);
  const auto references = make_store()->references();
  ASSERT_EQ(references->references.size(), 2u);
  EXPECT_EQ(references->references[1], index.references[0]);
}

// A link in the place of a manifest or a generation is not followed out of the store.
TEST_F(StoreTest, LinksInTheStoreAreNotFollowed) {
  ASSERT_TRUE(put_models(fs_, kRoot, {{"a", kTiny}}).ok());
  const auto store = make_store();
  const Reference reference = *store->find("a");
  const std::string manifest = store->blob_path(reference.manifest_digest);
  ASSERT_TRUE(fs_.rename(manifest, "/elsewhere").ok());
  ASSERT_TRUE(fs_.make_symlink("/elsewhere", manifest).ok());
  EXPECT_EQ(store->manifest(reference).error().kind, ErrorKind::kIo);
  const std::string weights = store->blob_path(sha256("weights"));
  ASSERT_TRUE(fs_.remove_file(weights).ok());
  ASSERT_TRUE(fs_.make_symlink("1234567", weights).ok());
  EXPECT_FALSE(store->has_blob(sha256("weights"), 7));
}

// ---- The race for a number ----

// Runs something just before the first link: where another writer is fastest.
class SlowLinkFileSystem : public MemoryFileSystem {
 public:
  std::function<void()> before_link;
  Result<bool> link(const std::string& from, const std::string& to) override {
    if (before_link) std::exchange(before_link, nullptr)();
    return MemoryFileSystem::link(from, to);
  }
};

TEST(StoreRace, TheLoserRebasesOnTheWinner) {
  SlowLinkFileSystem fs;
  ASSERT_EQ(*put_models(fs, kRoot, {{"a", kTiny}, {"shared", kTiny}}), 1u);
  fs.before_link = [&] { ASSERT_EQ(*put_models(fs, kRoot, {{"b", kOther}, {"shared", kOther}}), 2u); };
  ASSERT_EQ(*put_models(fs, kRoot, {{"c", kTiny}, {"shared", {{"x", "last"}}}}), 3u);
  EXPECT_EQ(
      *read_all(fs, kRoot),
      (std::map<std::string, Files>{{"a", kTiny}, {"b", kOther}, {"c", kTiny}, {"shared", {{"x", "last"}}}}));
  EXPECT_EQ(*read_small_file(fs, kRoot + "/index.json", 10'000),
            *read_small_file(fs, kRoot + "/pannier/generations/0000000003.json", 10'000));
}

TEST(StoreRace, BothCommittingTheSameIsOneGeneration) {
  SlowLinkFileSystem fs;
  ASSERT_TRUE(Store::open_or_create(fs, kRoot).ok());
  fs.before_link = [&] { ASSERT_EQ(*put_models(fs, kRoot, {{"a", kTiny}}), 1u); };
  EXPECT_EQ(*put_models(fs, kRoot, {{"a", kTiny}}), 1u);
  EXPECT_TRUE(read_all(fs, kRoot).ok());
}

// FAT has no links: an exclusive rename takes the number then.
class LinklessFileSystem : public MemoryFileSystem {
 public:
  Result<bool> link(const std::string& from, const std::string&) override {
    return Error{ErrorKind::kIo, "cannot link " + from + ": Operation not permitted", ""};
  }
};

TEST(StoreRace, WorksWithoutHardLinks) {
  LinklessFileSystem fs;
  ASSERT_EQ(*put_models(fs, kRoot, {{"a", kTiny}}), 1u);
  ASSERT_EQ(*put_models(fs, kRoot, {{"b", kOther}}), 2u);
  EXPECT_EQ(read_all(fs, kRoot)->size(), 2u);
}

}  // namespace
}  // namespace pannier
