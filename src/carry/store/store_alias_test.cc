// Models found by other names, and references of every kind.
#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "base/json.h"
#include "carry/store/store.h"
#include "carry/store/store_layout.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using Aliases = std::vector<std::string>;

class StoreAliasTest : public ::testing::Test {
 protected:
  // Commits one thing of one file; the reference says only its name and kind.
  Result<uint64_t> put(const std::string& name, const Aliases& aliases,
                       ArtifactKind kind = ArtifactKind::kModel, std::string artifact_type = "") {
    PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open_or_create(fs_, "store"));
    PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, store->begin());
    PANNIER_ASSIGN(const Digest file, writer->add_blob("x"));
    ModelManifest manifest{name, {{"config.json", false, 1, file}}, kind};
    manifest.upstream.aliases = aliases;
    if (kind == ArtifactKind::kWheelhouse) manifest.wheelhouse.target = "t";
    const ManifestBlobs blobs = write_model_manifest(manifest);
    PANNIER_ASSIGN(const Digest config, writer->add_blob(blobs.config));
    (void)config;
    Reference reference{name, {}, blobs.manifest.size(), std::string(artifact_type_of_kind(kind))};
    if (!artifact_type.empty()) reference.artifact_type = artifact_type;
    PANNIER_ASSIGN(reference.manifest_digest, writer->add_blob(blobs.manifest));
    return writer->commit({reference});
  }

  Result<Reference> find(const std::string& name) {
    PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs_, "store"));
    return store->find(name);
  }

  MemoryFileSystem fs_;
};

TEST_F(StoreAliasTest, EveryAliasFindsTheModel) {
  ASSERT_TRUE(put("distilbert/sst-2", {"old/sst-2", "sst-2"}).ok());
  for (const char* name : {"distilbert/sst-2", "old/sst-2", "sst-2"}) {
    const auto found = find(name);
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_EQ(found->name, "distilbert/sst-2");
    EXPECT_EQ(found->aliases, (Aliases{"old/sst-2", "sst-2"}));
  }
  EXPECT_EQ(find("sst").error().kind, ErrorKind::kNotFound);
}

// A bundle from anywhere must not get between a user and the model that he means.
TEST_F(StoreAliasTest, AnAliasNeverShadowsAName) {
  ASSERT_TRUE(put("bert", {}).ok());
  ASSERT_TRUE(put("stranger/model", {"bert", "mine"}).ok());
  EXPECT_EQ(find("bert")->name, "bert");
  EXPECT_EQ(find("mine")->name, "stranger/model");
  ASSERT_TRUE(put("mine", {}).ok()) << "also when the name comes later";
  EXPECT_EQ(find("mine")->name, "mine");
}

TEST_F(StoreAliasTest, AnAliasOfTwoIsAnErrorThatListsBoth) {
  ASSERT_TRUE(put("org/model", {"model"}).ok());
  ASSERT_TRUE(put("org/model@v1", {"model"}).ok());
  const auto found = find("model");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(found.error().message, "\"model\" is another name of org/model and org/model@v1");
  ASSERT_TRUE(put("org/model@v1", {}).ok()) << "until one of them gives it up";
  EXPECT_EQ(find("model")->name, "org/model");
}

// What the caller claims does not count: the list must say what the manifests say.
TEST_F(StoreAliasTest, ACommitTakesAliasesFromTheManifestAlone) {
  ASSERT_EQ(*put("m", {"n"}), 1u);
  EXPECT_EQ(*put("m", {"n"}), 1u) << "the same again changes nothing";
  const auto store = Store::open(fs_, "store");
  const auto writer = (*store)->begin();
  Reference reference = *(*store)->find("m");
  reference.aliases = {"forged"};
  EXPECT_EQ(*(*writer)->commit({reference}), 1u);
  EXPECT_EQ(find("m")->aliases, Aliases{"n"});
}

// A release that knew no aliases writes lists without them; the next install of the model mends it.
TEST_F(StoreAliasTest, AListWithoutAliasesIsMendedByACommit) {
  ASSERT_EQ(*put("m", {"n"}), 1u);
  ImageIndex index = *(*Store::open(fs_, "store"))->references();
  index.generation = 2;
  index.references[0].aliases.clear();
  const std::string path = "store/pannier/generations/" + store_layout::generation_file_name(2);
  ASSERT_TRUE(write_file_atomic(fs_, path, write_image_index(index)).ok());
  EXPECT_FALSE(find("n").ok());
  EXPECT_EQ(*put("m", {"n"}), 3u);
  EXPECT_TRUE(find("n").ok());
}

TEST_F(StoreAliasTest, EveryKindIsKept) {
  ASSERT_TRUE(put("datasets/d", {}, ArtifactKind::kDataset).ok());
  ASSERT_TRUE(put("wheels/t", {}, ArtifactKind::kWheelhouse).ok());
  const auto store = Store::open(fs_, "store");
  EXPECT_EQ((*store)->manifest(*find("datasets/d"))->kind, ArtifactKind::kDataset);
  EXPECT_EQ((*store)->manifest(*find("wheels/t"))->wheelhouse.target, "t");
}

// A wheelhouse listed as a model would be offered to `run`.
TEST_F(StoreAliasTest, AReferenceOfAnotherKindThanItsManifestIsCorrupt) {
  const auto committed =
      put("m", {}, ArtifactKind::kWheelhouse, std::string(artifact_type_of_kind(ArtifactKind::kModel)));
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().kind, ErrorKind::kCorrupt);
  ASSERT_TRUE(put("m", {}).ok());
  Reference reference = *find("m");
  reference.artifact_type = artifact_type_of_kind(ArtifactKind::kDataset);
  const auto read = (*Store::open(fs_, "store"))->manifest(reference);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
  reference.artifact_type.clear();  // as skopeo writes it
  EXPECT_TRUE((*Store::open(fs_, "store"))->manifest(reference).ok());
}

}  // namespace
}  // namespace pannier
