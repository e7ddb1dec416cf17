// install: all or nothing, whatever fails.
#include "carry/isolated/install.h"

#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

InstallOptions into(const std::string& root) { return {root, true, false, {}}; }

// Every reference of the store is complete, and every blob is what its name says.
void expect_whole(FileSystem& fs, const std::string& root) {
  const auto store = Store::open(fs, root);
  ASSERT_TRUE(store.ok()) << store.error().to_string();
  const auto index = (*store)->references();
  ASSERT_TRUE(index.ok()) << index.error().to_string();
  for (const Reference& reference : index->references) {
    const auto manifest = (*store)->manifest(reference);
    ASSERT_TRUE(manifest.ok()) << manifest.error().to_string();
    for (const ModelFile& file : manifest->files) {
      EXPECT_EQ(sha256(read_file(fs, (*store)->blob_path(file.digest))), file.digest) << file.path;
    }
  }
}

std::vector<std::string> names_in(FileSystem& fs, const std::string& root) {
  std::vector<std::string> names;
  const auto store = Store::open(fs, root);
  if (!store.ok()) return names;
  const auto index = (*store)->references();
  EXPECT_TRUE(index.ok());
  for (const Reference& reference : index->references) names.push_back(reference.name);
  return names;
}

class InstallTest : public testing::Test {
 protected:
  void SetUp() override {
    make_bundle(fs_, "old.pannier", {{"old", {{"config.json", "{}"}, {"vocab.txt", "a\n"}}}});
    make_bundle(fs_, "x.pannier", sample_models());
  }
  MemoryFileSystem fs_;
};

TEST_F(InstallTest, PutsEveryModelIntoAnEmptyStore) {
  const auto result = install_bundle(fs_, "x.pannier", into("store"));
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_TRUE(result->changed);
  EXPECT_EQ(result->generation, 1u);
  EXPECT_EQ(result->blobs_written, 11u);  // 7 different files, 2 manifests, 2 configs
  ASSERT_EQ(result->models.size(), 2u);
  EXPECT_EQ(result->models[0].state, InstalledState::kNew);
  EXPECT_EQ(names_in(fs_, "store"), (std::vector<std::string>{"sst2", "team/other@v1.0"}));
  expect_whole(fs_, "store");
}

TEST_F(InstallTest, TheSameBundleAgainChangesNothing) {
  ASSERT_TRUE(install_bundle(fs_, "x.pannier", into("store")).ok());
  const auto before = tree_of(fs_, "store");
  const auto again = install_bundle(fs_, "x.pannier", into("store"));
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->blobs_written, 0u);
  EXPECT_EQ(again->models[0].state, InstalledState::kUnchanged);
  EXPECT_EQ(tree_of(fs_, "store"), before);
}

TEST_F(InstallTest, ReplacesAModelOfTheSameName) {
  ASSERT_TRUE(install_bundle(fs_, "old.pannier", into("store")).ok());
  make_bundle(fs_, "new.pannier", {{"old", {{"config.json", "{\"v\":2}"}, {"vocab.txt", "a\n"}}}});
  const auto result = install_bundle(fs_, "new.pannier", into("store"));
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->models[0].state, InstalledState::kReplaced);
  EXPECT_EQ(result->blobs_written, 3u);  // vocab.txt was there
  EXPECT_EQ(result->generation, 2u);
  expect_whole(fs_, "store");
}

// A blob that somebody removed comes back, although the references say that nothing is new.
TEST_F(InstallTest, RestoresAMissingBlob) {
  ASSERT_TRUE(install_bundle(fs_, "old.pannier", into("store")).ok());
  ASSERT_TRUE(fs_.remove_file("store/blobs/sha256/" + sha256("a\n").hex()).ok());
  const auto result = install_bundle(fs_, "old.pannier", into("store"));
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_TRUE(result->changed);
  EXPECT_EQ(result->blobs_written, 1u);
  expect_whole(fs_, "store");
}

TEST_F(InstallTest, RefusesUnsignedBundlesUnlessAllowed) {
  InstallOptions options = into("store");
  options.allow_unsigned = false;
  const auto result = install_bundle(fs_, "x.pannier", options);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kUnsigned);
  EXPECT_NE(result.error().hint.find("--allow-unsigned"), std::string::npos);
  EXPECT_FALSE(fs_.stat("store").ok());
}

TEST_F(InstallTest, DryRunVerifiesAndWritesNothing) {
  InstallOptions options = into("store");
  options.dry_run = true;
  const auto result = install_bundle(fs_, "x.pannier", options);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_TRUE(result->changed);
  EXPECT_EQ(result->blobs_written, 11u);
  EXPECT_FALSE(fs_.stat("store").ok());

  std::string bytes = read_file(fs_, "x.pannier");
  bytes[bytes.size() - 5000] ^= 1;
  write_file(fs_, "y.pannier", bytes);
  EXPECT_FALSE(install_bundle(fs_, "y.pannier", options).ok());
}

TEST_F(InstallTest, ChecksTheSpaceBeforeItWrites) {
  fs_.set_capacity_bytes(30'000'000);
  const auto result = install_bundle(fs_, "x.pannier", into("store"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kIo);
  EXPECT_NE(result.error().message.find("25940736 bytes (25.9 MB) are needed"), std::string::npos)
      << result.error().message;
  EXPECT_NE(result.error().message.find("are free"), std::string::npos) << result.error().message;
  EXPECT_FALSE(fs_.stat("store").ok());
}

TEST_F(InstallTest, StopsWhenAskedAndLeavesTheStoreAsItWas) {
  ASSERT_TRUE(install_bundle(fs_, "old.pannier", into("store")).ok());
  const auto before = store_tree_of(fs_, "store");
  std::atomic<bool> cancel{false};
  InstallOptions options = into("store");
  options.transfer.cancel = &cancel;
  options.transfer.progress = [&](uint64_t done, uint64_t) { cancel = done > 0; };
  const auto result = install_bundle(fs_, "x.pannier", options);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInterrupted);
  EXPECT_EQ(store_tree_of(fs_, "store"), before);
}

// A disk that fails or fills up at any call: an error or success, and the old models or all of them.
void fail_at_every_call(FaultKind kind, bool for_ever) {
  bool was_hit = true;
  int failures = 0;
  for (uint64_t call = 1; was_hit; ++call) {
    MemoryFileSystem fs;
    make_bundle(fs, "old.pannier", {{"old", {{"config.json", "{}"}, {"vocab.txt", "a\n"}}}});
    make_bundle(fs, "x.pannier",
                {{"new", {{"config.json", "{\"v\":1}"}, {"vocab.txt", "a\n"}, {"w", "ww"}}}});
    ASSERT_TRUE(install_bundle(fs, "old.pannier", into("store")).ok());
    FaultyFileSystem faulty(fs, {call, kind, for_ever, {}});
    const auto result = install_bundle(faulty, "x.pannier", into("store"));
    was_hit = faulty.was_hit();
    failures += result.ok() ? 0 : 1;
    SCOPED_TRACE("call " + std::to_string(call));
    expect_whole(fs, "store");
    const auto names = names_in(fs, "store");
    const std::vector<std::string> both{"new", "old"};
    if (result.ok()) {
      ASSERT_EQ(names, both);
    } else {
      EXPECT_FALSE(result.error().message.empty());
      ASSERT_TRUE(names == both || names == std::vector<std::string>{"old"});
    }
    // The next install goes through, whatever the failed one left.
    ASSERT_TRUE(install_bundle(fs, "x.pannier", into("store")).ok());
    ASSERT_EQ(names_in(fs, "store"), both);
    expect_whole(fs, "store");
  }
  EXPECT_GT(failures, 20);
}

TEST(InstallFaults, IoErrorAtEveryCall) { fail_at_every_call(FaultKind::kIoError, false); }
TEST(InstallFaults, DiskFullFromEveryCallOn) { fail_at_every_call(FaultKind::kNoSpace, true); }
TEST(InstallFaults, ShortWriteAtEveryCall) { fail_at_every_call(FaultKind::kShortWrite, false); }
TEST(InstallFaults, LateErrorAtEveryCall) { fail_at_every_call(FaultKind::kLateError, false); }

// A power cut at any call takes what was not synced; the store then has the old models or all.
TEST(InstallFaults, PowerCutAtEveryCall) {
  for (const CrashLoss loss :
       {CrashLoss::kNothing, CrashLoss::kContents, CrashLoss::kNames, CrashLoss::kAll}) {
    bool was_hit = true;
    for (uint64_t call = 1; was_hit; ++call) {
      MemoryFileSystem fs;
      make_bundle(fs, "old.pannier", {{"old", {{"config.json", "{}"}, {"vocab.txt", "a\n"}}}});
      make_bundle(fs, "x.pannier", {{"new", {{"config.json", "{\"v\":1}"}, {"vocab.txt", "a\n"}}}});
      ASSERT_TRUE(install_bundle(fs, "old.pannier", into("store")).ok());
      ASSERT_TRUE(fs.sync_all("store").ok());
      FaultyFileSystem faulty(fs, {call, FaultKind::kIoError, true, [&] { fs.crash(loss); }});
      const auto result = install_bundle(faulty, "x.pannier", into("store"));
      was_hit = faulty.was_hit();
      if (!was_hit) fs.crash(loss);
      SCOPED_TRACE("call " + std::to_string(call) + ", loss " + std::to_string(static_cast<int>(loss)));
      const std::vector<std::string> both{"new", "old"};
      const auto names = names_in(fs, "store");
      ASSERT_TRUE(names == both || (!result.ok() && names == std::vector<std::string>{"old"}));
      expect_whole(fs, "store");
      ASSERT_TRUE(install_bundle(fs, "x.pannier", into("store")).ok());
      expect_whole(fs, "store");
    }
  }
}

}  // namespace
}  // namespace pannier
