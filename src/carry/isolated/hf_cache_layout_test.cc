// Names inside a Hub cache, held against what huggingface_hub makes of the same.
#include "carry/isolated/hf_cache_layout.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

constexpr const char* kCommit = "714eb0fa89d2f80546fda750413ed43d93601a13";

ModelManifest hub_model() {
  ModelManifest manifest{"distilbert/sst-2", {{"config.json", false, 2, sha256("{}")}}};
  manifest.upstream.repo = "distilbert/sst-2";
  manifest.upstream.commit = kCommit;
  manifest.upstream.revision = "main";
  return manifest;
}

HfCacheNames names_of(const ModelManifest& manifest) {
  const auto names = hf_cache_names(manifest, sha256("manifest"));
  EXPECT_TRUE(names.ok()) << names.error().to_string();
  return names.ok() ? *names : HfCacheNames{};
}

TEST(HfCacheNames, OfAModelOfTheHub) {
  const HfCacheNames names = names_of(hub_model());
  EXPECT_EQ(names.folder, "models--distilbert--sst-2");
  EXPECT_EQ(names.commit, kCommit);
  EXPECT_FALSE(names.is_commit_made_up);
  EXPECT_EQ(names.refs, std::vector<std::string>{"714eb0f"});
  EXPECT_TRUE(names.is_main);
  EXPECT_TRUE(names.aliases.empty());
}

TEST(HfCacheNames, OfWhatItIsCalledElsewhere) {
  ModelManifest manifest = hub_model();
  manifest.name = "mood";
  manifest.upstream.aliases = {"old--name", "old-org/sst-2", "sst-2", "sst-2@v1", "too/many/parts"};
  // What no repository can be called has no folder; "sst-2@v1" is the repository "sst-2".
  EXPECT_EQ(names_of(manifest).aliases,
            (std::vector<std::string>{"models--old-org--sst-2", "models--sst-2", "models--mood"}));
}

TEST(HfCacheNames, OfADataSet) {
  ModelManifest manifest = hub_model();
  manifest.kind = ArtifactKind::kDataset;
  manifest.name = "datasets/org/reviews";
  manifest.upstream.repo = "org/reviews";
  manifest.upstream.aliases = {"datasets/reviews"};
  EXPECT_EQ(names_of(manifest).folder, "datasets--org--reviews");
  EXPECT_EQ(names_of(manifest).aliases, std::vector<std::string>{"datasets--reviews"});
}

TEST(HfCacheNames, OfARevision) {
  ModelManifest manifest = hub_model();
  manifest.upstream.revision = "refs/pr/1";
  EXPECT_FALSE(names_of(manifest).is_main);
  EXPECT_EQ(names_of(manifest).refs, (std::vector<std::string>{"714eb0f", "refs/pr/1"}));
  for (const std::string& same : {std::string("714eb0f"), std::string(kCommit)}) {
    manifest.upstream.revision = same;
    EXPECT_EQ(names_of(manifest).refs, std::vector<std::string>{"714eb0f"});
  }
}

TEST(HfCacheNames, AFolderFromSomewhereGetsACommitOfItsManifest) {
  ModelManifest manifest{"sst2-tiny@v2", {{"config.json", false, 2, sha256("{}")}}};
  const HfCacheNames names = names_of(manifest);
  EXPECT_EQ(names.folder, "models--sst2-tiny");
  EXPECT_TRUE(names.is_commit_made_up);
  EXPECT_EQ(names.commit, sha256("manifest").hex().substr(0, 40));
}

TEST(HfCacheNames, WhatIsNoRepositoryIsRefused) {
  for (const char* name : {"a/b/c", "a--b"}) {
    const auto names = hf_cache_names({name, {{"x", false, 0, sha256("")}}}, sha256("m"));
    ASSERT_FALSE(names.ok());
    EXPECT_EQ(names.error().kind, ErrorKind::kInvalid);
  }
  ModelManifest wheelhouse{"wheels/t", {}, ArtifactKind::kWheelhouse};
  EXPECT_EQ(hf_cache_names(wheelhouse, sha256("m")).error().kind, ErrorKind::kInvalid);
}

// The blob of an LFS file in git is the pointer's, as `git hash-object` gives it.
TEST(HfCacheTree, ListsGitAndLfsFiles) {
  ModelManifest manifest{"m",
                         {{"a.json", false, 3, sha256("{}\n"), "0967ef424bce6791893e9a57bb952f80fd536e93"},
                          {"b.bin", false, 5, sha256("hello"), sha256("hello").hex()}}};
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256("hello").hex() + "\nsize 5\n";
  GitBlobHash hash(pointer.size());
  hash.update(as_bytes(pointer));
  EXPECT_EQ(hf_cache_tree(manifest), R"({
  "format_version": 1,
  "files": {
    "a.json": {
      "size": 3,
      "blob_id": "0967ef424bce6791893e9a57bb952f80fd536e93"
    },
    "b.bin": {
      "size": 5,
      "blob_id": ")" + hash.finish().hex() +
                                         R"(",
      "lfs_sha256": ")" + sha256("hello").hex() +
                                         R"(",
      "lfs_size": 5
    }
  }
})");
  EXPECT_EQ(hf_cache_blob_name(manifest.files[0]), manifest.files[0].upstream_id);
  EXPECT_EQ(hf_cache_blob_name({"c", false, 0, sha256("")}), sha256("").hex());
}

}  // namespace
}  // namespace pannier
