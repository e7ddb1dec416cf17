// A Hub cache: new, merged into, damaged, interrupted at any call.
#include "carry/isolated/export_hf_cache.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/isolated/install.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

constexpr const char* kCommit = "714eb0fa89d2f80546fda750413ed43d93601a13";
const std::string kRepo = "hub/models--org--tiny";
const std::string kSnapshot = kRepo + "/snapshots/" + kCommit;

std::string git_blob(std::string_view contents) {
  GitBlobHash hash(contents.size());
  hash.update(as_bytes(contents));
  return hash.finish().hex();
}

// Every file of a cache with its contents, links as "-> target".
std::map<std::string, std::string> cache_tree(FileSystem& fs, const std::string& folder) {
  std::map<std::string, std::string> out;
  const auto entries = fs.list(folder);
  if (!entries.ok()) return out;
  for (const FolderEntry& entry : *entries) {
    const std::string path = folder + "/" + entry.name;
    if (entry.kind == FileKind::kFolder) {
      out.merge(cache_tree(fs, path));
    } else {
      out[path] = entry.kind == FileKind::kSymlink ? "-> " + *fs.read_symlink(path) : read_file(fs, path);
    }
  }
  return out;
}

class HfCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto written = write_bundle(fs_, write_sources_of_all_kinds(fs_, "src"), "x.pannier", false, {});
    ASSERT_TRUE(written.ok()) << written.error().to_string();
    ASSERT_TRUE(install_bundle(fs_, "x.pannier", {"store", true, false, {}}).ok());
  }

  static Result<std::vector<ExportedRepo>> export_from(FileSystem& fs, const std::string& name,
                                                       HfCacheOptions options) {
    PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, "store"));
    PANNIER_ASSIGN(const Reference reference, store->find(name));
    options.folder = "hub";
    return export_hf_cache(fs, {{store.get(), reference}}, options);
  }
  Result<std::vector<ExportedRepo>> export_it(const HfCacheOptions& options = {}) {
    return export_from(fs_, "org/tiny", options);
  }
  Status replace_file(const std::string& path, std::string_view contents) {
    PANNIER_TRY(fs_.remove_file(path));
    return write_file_atomic(fs_, path, contents);
  }

  MemoryFileSystem fs_;
};

TEST_F(HfCacheTest, IsLaidOutAsTheClientsDo) {
  const auto exported = export_it();
  ASSERT_TRUE(exported.ok()) << exported.error().to_string();
  const auto tree = cache_tree(fs_, "hub");
  EXPECT_EQ(tree.at("hub/CACHEDIR.TAG"), kHfCacheTag);
  EXPECT_EQ(tree.at(kRepo + "/refs/main"), kCommit);
  EXPECT_EQ(tree.at(kRepo + "/refs/714eb0f"), kCommit);
  EXPECT_EQ(tree.at(kRepo + "/blobs/" + git_blob("{}")), "{}");
  EXPECT_EQ(tree.at(kRepo + "/blobs/" + sha256(noise(5000, 7)).hex()), noise(5000, 7));
  EXPECT_EQ(tree.at(kSnapshot + "/config.json"), "-> ../../blobs/" + git_blob("{}"));
  EXPECT_EQ(tree.at(kSnapshot + "/onnx/run.sh"), "-> ../../../blobs/" + git_blob("#!/bin/sh\n"));
  EXPECT_TRUE(tree.contains(kRepo + "/trees/" + kCommit + ".json"));
  // What it was called before is a whole repository of its own.
  for (const std::string& alias :
       {std::string("hub/models--tiny"), std::string("hub/models--old-org--tiny")}) {
    EXPECT_EQ(tree.at(alias + "/refs/main"), kCommit);
    EXPECT_EQ(tree.at(alias + "/blobs/" + git_blob("{}")), "{}");
    EXPECT_EQ(tree.at(alias + "/snapshots/" + kCommit + "/config.json"), "-> ../../blobs/" + git_blob("{}"));
  }
  for (const auto& [path, contents] : tree) EXPECT_EQ(path.find(".pannier"), std::string::npos) << path;
}

TEST_F(HfCacheTest, ADataSetHasItsPrefixAndAMadeUpMain) {
  const auto exported = export_from(fs_, "datasets/org/reviews", {});
  ASSERT_TRUE(exported.ok()) << exported.error().to_string();
  EXPECT_EQ(read_file(fs_, "hub/datasets--org--reviews/refs/main"),
            "0123456789abcdef0123456789abcdef01234567");
}

TEST_F(HfCacheTest, WithoutSymlinksFilesLieInTheSnapshot) {
  HfCacheOptions options;
  options.symlinks = false;
  ASSERT_TRUE(export_it(options).ok());
  const auto tree = cache_tree(fs_, "hub");
  EXPECT_EQ(tree.at(kSnapshot + "/config.json"), "{}");
  EXPECT_EQ(tree.at("hub/models--tiny/snapshots/" + std::string(kCommit) + "/onnx/run.sh"), "#!/bin/sh\n");
  EXPECT_FALSE(fs_.stat(kRepo + "/blobs").ok());
  EXPECT_TRUE(fs_.stat(kSnapshot + "/onnx/run.sh")->executable);
}

// Editing an export must not edit a blob: that is why it is a clone or a copy, and never a link.
TEST_F(HfCacheTest, SharesBytesWithTheStoreByClonesOnly) {
  fs_.set_can_clone(true);
  ASSERT_TRUE(export_it().ok());
  EXPECT_EQ(read_file(fs_, kRepo + "/blobs/" + git_blob("{}")), "{}");
  ASSERT_TRUE((*fs_.open_or_create(kRepo + "/blobs/" + git_blob("{}")))->write_at(0, as_bytes("[]")).ok());
  EXPECT_EQ(read_file(fs_, "store/blobs/sha256/" + sha256("{}").hex()), "{}");
}

TEST_F(HfCacheTest, ASecondTimeWritesNothing) {
  ASSERT_TRUE(export_it().ok());
  const auto before = cache_tree(fs_, "hub");
  const auto again = export_it();
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_EQ(again->front().files_written, 0u);
  EXPECT_EQ(cache_tree(fs_, "hub"), before);
}

// A cache that a client filled: another commit, other files of this one, its own listing.
TEST_F(HfCacheTest, WhatIsThereStays) {
  const std::string other = "0000000000000000000000000000000000000001";
  write_file(fs_, kRepo + "/blobs/" + git_blob("mine"), "mine");
  ASSERT_TRUE(fs_.make_folders(kRepo + "/snapshots/" + other).ok());
  ASSERT_TRUE(fs_.make_symlink("../../blobs/" + git_blob("mine"), kRepo + "/snapshots/" + other + "/a").ok());
  write_file(fs_, kRepo + "/refs/main", other);
  write_file(fs_, kRepo + "/refs/v1", other);
  write_file(fs_, kSnapshot + "/README.md", "not carried");
  write_file(fs_, kSnapshot + "/config.json", "{}");
  write_file(fs_, kRepo + "/trees/" + kCommit + ".json", "theirs");
  write_file(fs_, kRepo + "/.no_exist/" + kCommit + "/x", "");
  const auto before = cache_tree(fs_, "hub");
  const auto exported = export_it();
  ASSERT_TRUE(exported.ok()) << exported.error().to_string();
  const auto after = cache_tree(fs_, "hub");
  for (const auto& [path, contents] : before) {
    // "main" moves on, as a download moves it.
    EXPECT_EQ(after.at(path), path == kRepo + "/refs/main" ? kCommit : contents) << path;
  }
  EXPECT_EQ(after.at(kSnapshot + "/onnx/run.sh"), "-> ../../../blobs/" + git_blob("#!/bin/sh\n"));
}

// A client that takes part in the shared store of newer versions keeps links among the blobs.
TEST_F(HfCacheTest, ABlobThatIsALinkIsFollowed) {
  write_file(fs_, "hub/blobs/ab/shared", "{}");
  ASSERT_TRUE(fs_.make_folders(kRepo + "/blobs").ok());
  ASSERT_TRUE(fs_.make_symlink("../../blobs/ab/shared", kRepo + "/blobs/" + git_blob("{}")).ok());
  ASSERT_TRUE(export_it().ok());
  EXPECT_EQ(fs_.stat(kRepo + "/blobs/" + git_blob("{}"))->kind, FileKind::kSymlink);
  ASSERT_TRUE(fs_.remove_file(kRepo + "/blobs/" + git_blob("{}")).ok());
  ASSERT_TRUE(fs_.make_symlink(git_blob("{}"), kRepo + "/blobs/" + git_blob("{}")).ok());
  EXPECT_EQ(export_it().error().kind, ErrorKind::kInvalid) << "a link that leads to itself";
}

// The clients check no digests: a wrong blob would be used for ever.
TEST_F(HfCacheTest, AWrongBlobIsNamedAndReplacedOnlyWhenAsked) {
  const std::string blob = kRepo + "/blobs/" + git_blob("{}");
  write_file(fs_, blob, "[]");
  const auto refused = export_it();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(refused.error().message.find(blob), std::string::npos) << refused.error().message;
  EXPECT_EQ(read_file(fs_, blob), "[]");
  EXPECT_FALSE(fs_.stat(kRepo + "/refs/main").ok()) << "nothing may lead to what is not whole";
  HfCacheOptions options;
  options.replace = true;
  ASSERT_TRUE(export_it(options).ok());
  EXPECT_EQ(read_file(fs_, blob), "{}");
}

// `main` of a pinned revision is a guess, and gives way.
TEST_F(HfCacheTest, ARevisionLeadsMainOnlyWhereNothingDoes) {
  ModelManifest pinned{"org/tiny@v1", {}};
  pinned.upstream = {"org/tiny", "00000000000000000000000000000000000000aa", "v1", {}, "", ""};
  std::vector<BundleModelSource> sources;
  sources.push_back(write_source(fs_, "pinned", pinned, {{"config.json", "{\"v\":1}"}}));
  ASSERT_TRUE(write_bundle(fs_, sources, "y.pannier", false, {}).ok());
  ASSERT_TRUE(install_bundle(fs_, "y.pannier", {"store", true, false, {}}).ok());
  ASSERT_TRUE(export_from(fs_, "org/tiny@v1", {}).ok());
  EXPECT_EQ(read_file(fs_, kRepo + "/refs/main"), pinned.upstream.commit);
  EXPECT_EQ(read_file(fs_, kRepo + "/refs/v1"), pinned.upstream.commit);
  ASSERT_TRUE(export_it().ok());
  EXPECT_EQ(read_file(fs_, kRepo + "/refs/main"), kCommit);
  ASSERT_TRUE(export_from(fs_, "org/tiny@v1", {}).ok());
  EXPECT_EQ(read_file(fs_, kRepo + "/refs/main"), kCommit);
}

// A manifest may call its files what it likes; a cache is named by what they are.
TEST_F(HfCacheTest, ALieAboutAGitBlobIsFoundOut) {
  for (const bool same_name : {false, true}) {
    ModelManifest liar{"org/liar", {}};
    liar.upstream.repo = "org/liar";
    std::vector<BundleModelSource> sources;
    sources.push_back(write_source(fs_, "liar", liar, {{"a", same_name ? "same" : "x"}, {"b", "other"}}));
    ModelManifest manifest{"org/liar", sources[0].index_entry.files};
    manifest.upstream = liar.upstream;
    // Either an id of nothing, or the id of the other file, which is checked once only.
    manifest.files[same_name ? 1 : 0].upstream_id = same_name ? manifest.files[0].upstream_id : git_blob("y");
    sources[0].blobs = write_model_manifest(manifest);
    sources[0].index_entry.manifest = {sha256(sources[0].blobs.manifest), sources[0].blobs.manifest.size()};
    const std::string bundle = same_name ? "l2.pannier" : "l1.pannier";
    ASSERT_TRUE(write_bundle(fs_, sources, bundle, false, {}).ok());
    ASSERT_TRUE(install_bundle(fs_, bundle, {"store", true, false, {}}).ok());
    const auto exported = export_from(fs_, "org/liar", {});
    ASSERT_FALSE(exported.ok());
    EXPECT_EQ(exported.error().kind, ErrorKind::kCorrupt) << exported.error().to_string();
    EXPECT_FALSE(fs_.stat("hub/models--org--liar/refs/main").ok());
    ASSERT_TRUE(fs_.remove_tree("liar").ok());
  }
}

TEST_F(HfCacheTest, ABlobThatRottedInTheStoreIsNamed) {
  ASSERT_TRUE(replace_file("store/blobs/sha256/" + sha256("{}").hex(), "[]").ok());
  for (const bool can_clone : {false, true}) {
    fs_.set_can_clone(can_clone);
    const auto exported = export_it();
    ASSERT_FALSE(exported.ok());
    EXPECT_EQ(exported.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(exported.error().message.find("config.json"), std::string::npos) << exported.error().message;
    EXPECT_FALSE(fs_.stat(kRepo + "/refs/main").ok());
    EXPECT_TRUE(cache_tree(fs_, kRepo).empty());
  }
}

TEST_F(HfCacheTest, StopsWhenAsked) {
  std::atomic<bool> cancel{true};
  HfCacheOptions options;
  options.transfer.cancel = &cancel;
  EXPECT_EQ(export_it(options).error().kind, ErrorKind::kInterrupted);
  EXPECT_TRUE(cache_tree(fs_, kRepo).empty());
}

// Whatever call fails: where "main" leads to a snapshot, that snapshot is whole.
TEST_F(HfCacheTest, EveryFailingCallLeavesNothingHalf) {
  bool was_hit = true;
  for (uint64_t call = 1; was_hit; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    ASSERT_TRUE(fs_.remove_tree("hub").ok());
    FaultyFileSystem faulty(fs_, {call, FaultKind::kIoError, false, {}});
    const auto exported = export_from(faulty, "org/tiny", {});
    was_hit = faulty.was_hit();
    for (const char* repo : {"hub/models--org--tiny", "hub/models--tiny"}) {
      const std::string snapshot = std::string(repo) + "/snapshots/" + kCommit;
      if (!fs_.stat(snapshot).ok()) {
        EXPECT_FALSE(fs_.stat(std::string(repo) + "/refs/main").ok());
        continue;
      }
      EXPECT_EQ(fs_.list(snapshot)->size(), 3u);
      EXPECT_EQ(read_file(fs_, std::string(repo) + "/blobs/" + git_blob("{}")), "{}");
    }
    if (!exported.ok()) {
      EXPECT_TRUE(export_it().ok()) << "a second try goes on from there";
    }
  }
}

}  // namespace
}  // namespace pannier
