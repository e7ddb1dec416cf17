#include "carry/connected/hub/hf_cache.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "carry/connected/hub/hub_testing.h"

namespace pannier {
namespace {

namespace fs = std::filesystem;

// A cache as huggingface_hub lays it out, on the real file system: links are followed.
class HfCache : public testing::Test {
 protected:
  void SetUp() override {
    cache_ = testing::TempDir() + unique_name("hf-cache");
    fs::create_directories(cache_);
  }
  void TearDown() override { fs::remove_all(cache_); }

  std::string repo() const { return cache_ + "/models--org--name"; }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    ASSERT_TRUE(write_file_atomic(real_file_system(), path, text).ok());
  }
  // A blob, and the link of the snapshot to it.
  void add(const std::string& path, const std::string& text, std::string blob = "") {
    if (blob.empty()) blob = git_blob_hex(text);
    write(repo() + "/blobs/" + blob, text);
    link(path, "blobs/" + blob);
  }
  void link(const std::string& path, const std::string& target) {
    const fs::path place = repo() + "/snapshots/" + kTestCommit + "/" + path;
    fs::create_directories(place.parent_path());
    fs::create_symlink(fs::path(repo() + "/" + target).lexically_relative(place.parent_path()), place);
  }
  void point(const std::string& revision, const std::string& commit = kTestCommit) {
    write(repo() + "/refs/" + revision, commit);
  }
  Result<Snapshot> read(const std::string& text) {
    return snapshot_of_hf_cache(real_file_system(), cache_, *parse_model_ref("hf-cache:" + text, false),
                                nullptr);
  }
  Error refused(const std::string& text) {
    auto got = read(text);
    EXPECT_FALSE(got.ok()) << text;
    return got.ok() ? Error{} : got.error();
  }
  std::string cache_;
};

TEST_F(HfCache, EveryFileIsVerified) {
  point("main");
  add("config.json", "{}");
  add("1_Pooling/config.json", "{\"a\":1}");
  add("model.safetensors", "weights", sha256("weights").hex());
  const auto got = read("org/name");
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(got->name, "org/name");
  EXPECT_EQ(got->commit, kTestCommit);
  EXPECT_EQ(got->revision, "main");
  EXPECT_TRUE(got->warnings.empty());
  ASSERT_EQ(got->files.size(), 3U);
  EXPECT_EQ(got->files[0].path, "1_Pooling/config.json");
  EXPECT_EQ(got->files[1].id.git_blob->hex(), git_blob_hex("{}"));
  EXPECT_EQ(got->files[1].id.sha256, sha256("{}"));
  EXPECT_EQ(got->files[2].id.sha256, sha256("weights"));
  EXPECT_EQ(got->files[2].bytes, 7U);
  EXPECT_EQ(*read_small_file(real_file_system(), got->files[2].local_path, 100), "weights");
}

TEST_F(HfCache, AFlippedBitIsRefused) {
  point("main");
  add("model.safetensors", "wfights", sha256("weights").hex());
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kCorrupt);
  TearDown();
  SetUp();
  point("main");
  add("config.json", "{ ", git_blob_hex("{}"));
  const Error error = refused("org/name");
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
  EXPECT_NE(error.message.find("config.json is not what upstream published"), std::string::npos);
}

TEST_F(HfCache, Revisions) {
  point("main");
  point("refs/pr/1");
  point("0123456");
  add("config.json", "{}");
  EXPECT_EQ(read("org/name@main")->name, "org/name@main");
  EXPECT_EQ(read("org/name@refs/pr/1")->commit, kTestCommit);
  EXPECT_EQ(read("org/name@0123456")->revision, "0123456");
  EXPECT_EQ(read("org/name@" + kTestCommit)->commit, kTestCommit);
  EXPECT_EQ(read("org/name@01234567")->commit, kTestCommit);  // no ref of its own, but a beginning
  const Error error = refused("org/name@v9");
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_NE(error.hint.find(kTestCommit), std::string::npos);
  point("broken", "not a commit");
  EXPECT_EQ(refused("org/name@broken").kind, ErrorKind::kCorrupt);
  point("gone", std::string(40, 'e'));
  EXPECT_EQ(refused("org/name@gone").kind, ErrorKind::kNotFound);
  point("newline", kTestCommit + "\n");
  EXPECT_EQ(read("org/name@newline")->commit, kTestCommit);
}

TEST_F(HfCache, WhatIsNotThere) {
  point("main");
  add("config.json", "{}");
  const Error near = refused("org/nmae");
  EXPECT_EQ(near.kind, ErrorKind::kNotFound);
  EXPECT_EQ(near.hint, "did you mean org/name?");
  EXPECT_EQ(refused("name").hint, "did you mean org/name?");
  EXPECT_EQ(refused("datasets/org/name").kind, ErrorKind::kNotFound);
  EXPECT_EQ(snapshot_of_hf_cache(real_file_system(), "", *parse_model_ref("hf-cache:a/b", false), nullptr)
                .error()
                .kind,
            ErrorKind::kNotFound);
}

TEST_F(HfCache, ALinkOutOfTheCacheCarriesNothingAway) {
  point("main");
  const std::string secret = testing::TempDir() + unique_name("secret");
  write(secret, "secret");
  const fs::path place = repo() + "/snapshots/" + kTestCommit + "/config.json";
  fs::create_directories(place.parent_path());
  fs::create_directories(repo() + "/blobs");
  fs::create_symlink(secret, place);
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kInvalid);
  // Nor by a detour: the blob itself is the link.
  fs::remove(place);
  fs::create_symlink(secret, repo() + "/blobs/" + git_blob_hex("secret"));
  link("config.json", "blobs/" + git_blob_hex("secret"));
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kInvalid);
  fs::remove(place);
  link("config.json", "blobs/gone");
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kCorrupt);
  fs::remove(secret);
}

TEST_F(HfCache, BlobsSharedBetweenRepositories) {
  point("main");
  const std::string shared = cache_ + "/blobs/ab/" + std::string(64, 'a');
  write(shared, "weights");
  fs::create_directories(repo() + "/blobs");
  fs::create_symlink(shared, repo() + "/blobs/" + sha256("weights").hex());
  link("model.safetensors", "blobs/" + sha256("weights").hex());
  const auto got = read("org/name");
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(got->files[0].id.sha256, sha256("weights"));
  EXPECT_TRUE(got->warnings.empty());
  // Linked past the repository's own blobs, its name is no digest of the contents.
  const fs::path place = repo() + "/snapshots/" + kTestCommit + "/model.safetensors";
  fs::remove(place);
  fs::create_symlink(shared, place);
  EXPECT_EQ(read("org/name")->warnings.size(), 1U);
}

TEST_F(HfCache, AListingTellsWhatIsMissing) {
  point("main");
  add("config.json", "{}");
  write(repo() + "/trees/" + kTestCommit + ".json",
        R"({"format_version":1,"files":{"config.json":{"size":2,"blob_id":")" + git_blob_hex("{}") +
            R"("},"model.safetensors":{"size":7,"blob_id":")" + std::string(40, 'b') + R"(","lfs_sha256":")" +
            sha256("weights").hex() + R"(","lfs_size":7}}})");
  const auto got = read("org/name");
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  ASSERT_EQ(got->left_out.size(), 1U);
  EXPECT_EQ(got->left_out[0].path, "model.safetensors");
  EXPECT_EQ(got->left_out[0].bytes, 7U);
  EXPECT_EQ(got->left_out[0].reason, "not in the cache");
  ASSERT_EQ(got->warnings.size(), 1U);
  EXPECT_NE(got->warnings[0].find("1 of the 2 files"), std::string::npos);
}

TEST_F(HfCache, PlainFilesAreProvenByTheListingOrSaidToBeUnproven) {
  point("main");
  write(repo() + "/snapshots/" + kTestCommit + "/config.json", "{}");
  const auto unproven = read("org/name");
  ASSERT_TRUE(unproven.ok()) << unproven.error().to_string();
  ASSERT_EQ(unproven->warnings.size(), 1U);
  EXPECT_NE(unproven->warnings[0].find("nothing proves"), std::string::npos);
  const auto listing = [&](const std::string& text) {
    return R"({"format_version":1,"files":{"config.json":{"size":2,"blob_id":")" + git_blob_hex(text) +
           "\"}}}";
  };
  write(repo() + "/trees/" + kTestCommit + ".json", listing("{}"));
  EXPECT_TRUE(read("org/name")->warnings.empty());
  write(repo() + "/trees/" + kTestCommit + ".json", listing("[]"));
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kCorrupt);
  for (const char* broken : {"{", R"({"format_version":1,"files":{"a":{}}})",
                             R"({"format_version":1,"files":{"a":{"size":1,"blob_id":"x"}}})"}) {
    write(repo() + "/trees/" + kTestCommit + ".json", broken);
    EXPECT_EQ(refused("org/name").kind, ErrorKind::kCorrupt) << broken;
  }
  write(repo() + "/trees/" + kTestCommit + ".json", R"({"format_version":2})");
  EXPECT_TRUE(read("org/name").ok());
}

TEST_F(HfCache, InterruptedWhileHashing) {
  point("main");
  add("config.json", "{}");
  const std::atomic<bool> cancel = true;
  EXPECT_EQ(
      snapshot_of_hf_cache(real_file_system(), cache_, *parse_model_ref("hf-cache:org/name", false), &cancel)
          .error()
          .kind,
      ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace pannier
