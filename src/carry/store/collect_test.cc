// What a collector takes and what it leaves, alone and beside writers.
#include "carry/store/collect.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/store/store.h"
#include "carry/store/store_layout.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::put_models;
using store_testing::read_all;
using store_testing::stage_model;

const std::string kRoot = "/srv/store";
constexpr int64_t kDay = 86'400;
constexpr int64_t kNow = 1'000 * kDay;

class CollectTest : public testing::Test {
 protected:
  CollectTest() { fs_.set_clock_seconds(kNow); }

  void put(const std::string& name, const std::string& contents) {
    const auto put = put_models(fs_, kRoot, {{name, {{"f", contents}}}});
    ASSERT_TRUE(put.ok()) << put.error().to_string();
  }

  CollectOptions options(uint64_t keep, uint64_t grace_seconds = 0) const {
    CollectOptions options;
    options.generations_kept = keep;
    options.grace_seconds = grace_seconds;
    options.now_seconds = kNow;
    return options;
  }

  CollectResult collect(const CollectOptions& options) {
    auto result = collect_garbage(fs_, kRoot, options);
    EXPECT_TRUE(result.ok()) << result.error().to_string();
    return result.ok() ? *result : CollectResult();
  }

  bool has(const std::string& contents) {
    return (*Store::open(fs_, kRoot))->has_blob(sha256(contents), contents.size());
  }

  MemoryFileSystem fs_;
};

TEST_F(CollectTest, KeepsTheLastGenerationsAndWhatTheyName) {
  put("a", "first");
  put("a", "second");
  put("a", "third");
  put("a", "fourth");
  const CollectResult result = collect(options(2));
  EXPECT_EQ(result.generations, (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(result.generations_left, 2u);
  EXPECT_EQ(result.blob_count, 6u) << "of two versions: file, config, manifest";
  EXPECT_FALSE(has("first"));
  EXPECT_FALSE(has("second"));
  EXPECT_TRUE(has("third"));
  EXPECT_TRUE(has("fourth"));
  EXPECT_EQ((*Store::open(fs_, kRoot))->generations()->size(), 2u);
  EXPECT_EQ(collect(options(2)).bytes(), 0u) << "nothing is left to take";
}

TEST_F(CollectTest, TheNewestStaysWhateverIsAsked) {
  put("a", "first");
  put("a", "second");
  EXPECT_EQ(collect(options(0)).generations, (std::vector<uint64_t>{1}));
  EXPECT_EQ(read_all(fs_, kRoot)->at("a").at("f"), "second");
}

TEST_F(CollectTest, ADryRunTakesNothingAndSaysTheSame) {
  put("a", "first");
  put("a", "second");
  CollectOptions dry = options(1);
  dry.dry_run = true;
  const CollectResult would = collect(dry);
  EXPECT_TRUE(has("first"));
  const CollectResult did = collect(options(1));
  EXPECT_EQ(would.generations, did.generations);
  EXPECT_EQ(would.blob_count, did.blob_count);
  EXPECT_EQ(would.blob_bytes, did.blob_bytes);
  EXPECT_GT(did.blob_bytes, 0u);
}

// Somebody may be exporting it, or just have found it.
TEST_F(CollectTest, TheGracePeriodProtectsWhatIsYoungOrWasInForce) {
  fs_.set_clock_seconds(kNow - 3 * kDay);
  put("a", "old version");
  fs_.set_clock_seconds(kNow - 2 * kDay);
  put("a", "version of the day before");
  fs_.set_clock_seconds(kNow - kDay / 2);
  put("a", "version of today");
  const CollectResult result = collect(options(1, kDay));
  EXPECT_EQ(result.generations, (std::vector<uint64_t>{1}))
      << "the second was in force until half a day ago, the first until two days ago";
  EXPECT_FALSE(has("old version"));
  EXPECT_TRUE(has("version of the day before"));
}

TEST_F(CollectTest, YoungGarbageStays) {
  put("a", "first");
  {
    auto writer = (*Store::open(fs_, kRoot))->begin();
    ASSERT_TRUE((*writer)->add_blob("nobody's").ok());
    ASSERT_TRUE((*writer)->commit(StoreChange{}).ok());
  }
  ASSERT_TRUE(has("nobody's"));
  EXPECT_EQ(collect(options(1, kDay)).young_count, 1u);
  EXPECT_TRUE(has("nobody's"));
  CollectOptions tomorrow = options(1, kDay);
  tomorrow.now_seconds = kNow + kDay;
  EXPECT_EQ(collect(tomorrow).blob_count, 1u);
  EXPECT_FALSE(has("nobody's"));
}

TEST_F(CollectTest, KeepsOriginsSignaturesAndStatementsOfChannels) {
  auto writer = (*Store::open_or_create(fs_, kRoot))->begin();
  StoreChange change;
  change.references = {*stage_model(**writer, "a", {{"f", "1"}})};
  change.references[0].origin = *(*writer)->add_blob("statement");
  change.references[0].signatures = {*(*writer)->add_blob("signature")};
  change.channels = {{"plant-7", 1, *(*writer)->add_blob("newer statement")}};
  ASSERT_TRUE((*writer)->commit(change).ok());
  EXPECT_EQ(collect(options(1)).blob_count, 0u);
  for (const char* contents : {"statement", "signature", "newer statement", "1"}) EXPECT_TRUE(has(contents));
}

// A later release's kinds are kept whole, though this one cannot read them.
TEST_F(CollectTest, KeepsWhatAnUnknownKindNames) {
  put("a", "weights");
  auto store = Store::open(fs_, kRoot);
  Reference reference = (*store)->references()->references[0];
  std::string manifest = *read_small_file(fs_, (*store)->blob_path(reference.manifest_digest), 10'000);
  const std::string type(kArtifactTypeModel);
  manifest.replace(manifest.find(type), type.size(), "application/vnd.example.later+json");
  ImageIndex index = *(*store)->references();
  {
    auto writer = (*store)->begin();
    index.references[0].manifest_digest = *(*writer)->add_blob(manifest);
    ASSERT_TRUE((*writer)->commit(StoreChange{}).ok());
  }
  index.references[0].manifest_bytes = manifest.size();
  index.references[0].artifact_type = "application/vnd.example.later+json";
  index.generation = 2;
  ASSERT_TRUE(
      write_file_atomic(fs_, kRoot + "/pannier/generations/0000000002.json", write_image_index(index)).ok());
  collect(options(1));
  EXPECT_TRUE(has("weights"));
  EXPECT_TRUE(has(manifest));
}

TEST_F(CollectTest, NothingGoesWhereAManifestCannotBeRead) {
  put("a", "first");
  put("a", "second");
  put("b", "third");
  auto store = Store::open(fs_, kRoot);
  const Reference reference = *(*store)->find("a");
  ASSERT_TRUE(fs_.remove_file((*store)->blob_path(reference.manifest_digest)).ok());
  const auto result = collect_garbage(fs_, kRoot, options(1));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kIncomplete);
  EXPECT_TRUE(has("first"));
  EXPECT_EQ((*store)->generations()->size(), 3u);
}

// The heart of the rule between writers and collectors.
TEST_F(CollectTest, AWriterLosesNothingThatItKept) {
  put("a", "first");
  put("a", "second");
  auto writer = (*Store::open(fs_, kRoot))->begin();
  ASSERT_TRUE(*(*writer)->keep(sha256("first"), 5));
  collect(options(1));
  EXPECT_FALSE(has("first"));
  // It refers to it only now.
  const auto committed = (*writer)->commit({*stage_model(**writer, "b", {{"f", "first"}})});
  ASSERT_TRUE(committed.ok()) << committed.error().to_string();
  EXPECT_EQ(read_all(fs_, kRoot)->at("b").at("f"), "first");
}

TEST_F(CollectTest, AWriterThatOnlyFoundItIsToldToTryAgain) {
  put("a", "first");
  const Reference old = *(*Store::open(fs_, kRoot))->find("a");
  put("a", "second");
  auto writer = (*Store::open(fs_, kRoot))->begin();
  collect(options(1));
  Reference again = old;
  again.name = "b";
  const auto committed = (*writer)->commit({again});
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().kind, ErrorKind::kIncomplete);
  EXPECT_EQ(read_all(fs_, kRoot)->size(), 1u);
}

TEST_F(CollectTest, AbandonedDownloadsGoWhenNobodyHoldsThem) {
  put("a", "first");
  const std::string folder = kRoot + "/pannier/downloads";
  ASSERT_TRUE(fs_.make_folders(folder).ok());
  fs_.set_clock_seconds(kNow - 2 * kDay);
  for (const char* name : {"sha256-aa-5.part", "sha256-aa-5.journal", "sha256-bb-5.whole", "known-digests"}) {
    ASSERT_TRUE(write_file_atomic(fs_, folder + "/" + name, "12345").ok());
  }
  fs_.set_clock_seconds(kNow);
  ASSERT_TRUE(write_file_atomic(fs_, folder + "/sha256-cc-5.part", "12345").ok());
  {
    const auto lock =
        fs_.try_lock_number(folder + "/locks", store_layout::download_lock_number("sha256-bb-5"));
    EXPECT_EQ(collect(options(1, kDay)).download_bytes, 10u);
  }
  EXPECT_FALSE(fs_.stat(folder + "/sha256-aa-5.part").ok());
  EXPECT_TRUE(fs_.stat(folder + "/sha256-bb-5.whole").ok());
  EXPECT_TRUE(fs_.stat(folder + "/sha256-cc-5.part").ok());
  EXPECT_TRUE(fs_.stat(folder + "/known-digests").ok());
  EXPECT_EQ(collect(options(1, kDay)).download_count, 1u);
}

}  // namespace
}  // namespace pannier
