// Files that were finished outside the store: taken in without a copy where that is possible, and never
// lost before the commit is through.
#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::read_all;

const std::string kRoot = "/srv/store";
const std::string kPath = "/downloads/file.whole";
const std::string kContents = "weights that took a night to fetch";

// Paths below /downloads are on a disk of their own, or links are what the disk cannot do.
class AwkwardFileSystem : public MemoryFileSystem {
 public:
  bool has_links = true;
  bool crosses = false;
  uint64_t links = 0;

  Result<bool> link(const std::string& from, const std::string& to) override {
    if (!has_links || is_crossing(from, to)) return refusal();
    ++links;
    return MemoryFileSystem::link(from, to);
  }
  Status rename(const std::string& from, const std::string& to) override {
    if (is_crossing(from, to)) return refusal();
    return MemoryFileSystem::rename(from, to);
  }

 private:
  bool is_crossing(const std::string& from, const std::string& to) const {
    return crosses && from.starts_with("/downloads") != to.starts_with("/downloads");
  }
  static Error refusal() { return {ErrorKind::kIo, "Invalid cross-device link", ""}; }
};

void put_file(FileSystem& fs, const std::string& path, const std::string& contents) {
  ASSERT_TRUE(fs.make_folders(parent_folder(path)).ok());
  auto file = fs.open_or_create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write_at(0, as_bytes(contents)).ok());
}

// A model with one file, which lies at `path`.
Result<uint64_t> put_adopted(FileSystem& fs, const std::string& path, const std::string& contents) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open_or_create(fs, kRoot));
  PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, store->begin());
  PANNIER_TRY(writer->adopt(path, sha256(contents)));
  ModelManifest model;
  model.name = "org/m";
  model.files.push_back({"model.bin", false, contents.size(), sha256(contents)});
  const ManifestBlobs blobs = write_model_manifest(model);
  PANNIER_TRY(writer->add_blob(blobs.config));
  Reference reference;
  reference.name = model.name;
  PANNIER_ASSIGN(reference.manifest_digest, writer->add_blob(blobs.manifest));
  reference.manifest_bytes = blobs.manifest.size();
  return writer->commit({reference});
}

void expect_model(FileSystem& fs) {
  const auto all = read_all(fs, kRoot);
  ASSERT_TRUE(all.ok()) << all.error().to_string();
  EXPECT_EQ(all->at("org/m"), (Files{{"model.bin", kContents}}));
}

TEST(StoreAdopt, TakesAFileByALinkAndRemovesItsOldName) {
  AwkwardFileSystem fs;
  put_file(fs, kPath, kContents);
  ASSERT_TRUE(put_adopted(fs, kPath, kContents).ok());
  EXPECT_GE(fs.links, 2u) << "the blob and the generation";
  expect_model(fs);
  EXPECT_FALSE(fs.stat(kPath).ok());
}

TEST(StoreAdopt, RenamesWhereThereAreNoLinks) {
  AwkwardFileSystem fs;
  fs.has_links = false;
  put_file(fs, kPath, kContents);
  ASSERT_TRUE(put_adopted(fs, kPath, kContents).ok());
  expect_model(fs);
  EXPECT_FALSE(fs.stat(kPath).ok());
}

TEST(StoreAdopt, CopiesFromAnotherFileSystem) {
  AwkwardFileSystem fs;
  fs.crosses = true;
  put_file(fs, kPath, kContents);
  ASSERT_TRUE(put_adopted(fs, kPath, kContents).ok());
  expect_model(fs);
  EXPECT_FALSE(fs.stat(kPath).ok());
}

TEST(StoreAdopt, ACopyIsChecked) {
  AwkwardFileSystem fs;
  fs.crosses = true;
  put_file(fs, kPath, "something else");
  const auto put = put_adopted(fs, kPath, kContents);
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(fs.stat(kPath).ok());
}

TEST(StoreAdopt, WithoutACommitTheFileStays) {
  MemoryFileSystem fs;
  put_file(fs, kPath, kContents);
  {
    auto store = Store::open_or_create(fs, kRoot);
    ASSERT_TRUE(store.ok());
    auto writer = (*store)->begin();
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->adopt(kPath, sha256(kContents)).ok());
  }
  EXPECT_EQ(*read_small_file(fs, kPath, 100), kContents);
}

TEST(StoreAdopt, OneFileUnderTwoPathsIsStagedOnce) {
  MemoryFileSystem fs;
  put_file(fs, kPath, kContents);
  put_file(fs, "/downloads/second", kContents);
  auto store = Store::open_or_create(fs, kRoot);
  ASSERT_TRUE(store.ok());
  auto writer = (*store)->begin();
  ASSERT_TRUE(writer.ok());
  EXPECT_TRUE((*writer)->adopt(kPath, sha256(kContents)).ok());
  EXPECT_TRUE((*writer)->adopt("/downloads/second", sha256(kContents)).ok());
  EXPECT_TRUE((*writer)->adopt(kPath, sha256(kContents)).ok());
  ASSERT_TRUE((*writer)->commit(StoreChange{}).ok());
  EXPECT_FALSE(fs.stat(kPath).ok());
  EXPECT_FALSE(fs.stat("/downloads/second").ok());
}

// Two processes wait for the same download; the first has committed it and removed the file.
TEST(StoreAdopt, AFileThatAnotherWriterBroughtIsFine) {
  MemoryFileSystem fs;
  put_file(fs, kPath, kContents);
  ASSERT_TRUE(put_adopted(fs, kPath, kContents).ok());
  EXPECT_TRUE(put_adopted(fs, kPath, kContents).ok());
  const auto missing = put_adopted(fs, kPath, "never there");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
}

TEST(StoreAdopt, TakesRegularFilesOnly) {
  MemoryFileSystem fs;
  put_file(fs, "/downloads/target", kContents);
  ASSERT_TRUE(fs.make_symlink("target", kPath).ok());
  const auto put = put_adopted(fs, kPath, kContents);
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().kind, ErrorKind::kInvalid);
}

// At every call the contents are in the store, or still under their own name, and a second try succeeds.
TEST(StoreAdopt, AtEveryCallThatFailsOrCrashesNothingIsLost) {
  constexpr uint64_t kCallsMax = 500;
  for (const bool crashes : {false, true}) {
    uint64_t call = 1;
    for (; call <= kCallsMax; ++call) {
      SCOPED_TRACE("call " + std::to_string(call) + (crashes ? " crashes" : " fails"));
      MemoryFileSystem memory;
      put_file(memory, kPath, kContents);
      ASSERT_TRUE(memory.sync_all("/").ok());
      FaultPlan plan;
      plan.at_call = call;
      plan.for_ever = crashes;
      if (crashes) plan.before_fault = [&] { memory.crash(CrashLoss::kAll); };
      FaultyFileSystem faulty(memory, std::move(plan));
      (void)put_adopted(faulty, kPath, kContents);
      const auto again = put_adopted(memory, kPath, kContents);
      ASSERT_TRUE(again.ok()) << again.error().to_string();
      expect_model(memory);
      if (HasFailure()) return;
      if (!faulty.was_hit()) break;
    }
    EXPECT_LT(call, kCallsMax);
  }
}

}  // namespace
}  // namespace pannier
