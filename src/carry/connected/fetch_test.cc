#include "carry/connected/fetch.h"

#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

const std::string kCommit(40, 'c');

Sha1 git_id(const std::string& contents) {
  GitBlobHash hash(contents.size());
  hash.update(as_bytes(contents));
  return hash.finish();
}

// A hub with one model: a small file by git id, weights by SHA-256.
struct World {
  MemoryFileSystem fs;
  FakeHttpClient client;
  std::string config = "{\"a\":1}";
  std::string weights;

  explicit World(size_t weight_bytes = 3'000'000) : weights(weight_bytes, 'w') {
    serve("config.json", config);
    serve("model.safetensors", weights);
  }
  static std::string url(const std::string& path) {
    return "http://hub.test/org/m/resolve/" + kCommit + "/" + path;
  }
  void serve(const std::string& path, const std::string& contents) {
    FakeAnswer answer;
    answer.body = contents;
    answer.ranges = true;
    answer.headers = {{"X-Repo-Commit", kCommit}};
    client.on("GET", url(path), answer);
  }
  Snapshot snapshot(const std::string& name = "org/m") const {
    Snapshot result;
    result.ref.text = "m";
    result.ref.repo = "m";
    result.name = name;
    result.repo = "org/m";
    result.commit = kCommit;
    result.revision = "main";
    result.licence = "mit";
    result.aliases = {"m", name};
    result.source = "http://hub.test/org/m";
    SnapshotFile small;
    small.path = "config.json";
    small.bytes = config.size();
    small.id.git_blob = git_id(config);
    small.url = url("config.json");
    SnapshotFile large;
    large.path = "model.safetensors";
    large.bytes = weights.size();
    large.id.sha256 = sha256(weights);
    large.url = url("model.safetensors");
    result.files = {small, large};
    return result;
  }
  std::unique_ptr<Store> store(FileSystem& any) const {
    auto opened = Store::open_or_create(any, "store");
    EXPECT_TRUE(opened.ok()) << opened.error().to_string();
    return std::move(*opened);
  }
  FetchOptions options() const {
    FetchOptions result;
    result.downloads_folder = "store/pannier/downloads";
    result.headers = {{"Authorization", "Bearer secret"}};
    result.download.retry.tries_max = 2;
    result.download.retry.wait = [](std::chrono::milliseconds) { return Status(); };
    return result;
  }
};

TEST(Fetch, CommitsWhatUpstreamSaysWithItsFacts) {
  World world;
  const auto store = world.store(world.fs);
  const auto result =
      fetch_into_store(world.fs, world.client, *store, {world.snapshot()}, {}, world.options());
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->snapshots[0].bytes_held, 0u);
  const auto reference = store->find("org/m");
  ASSERT_TRUE(reference.ok()) << reference.error().to_string();
  EXPECT_EQ(*store->find("m"), *reference);  // the name it was asked for by
  const auto manifest = store->manifest(*reference);
  ASSERT_TRUE(manifest.ok()) << manifest.error().to_string();
  EXPECT_EQ(manifest->upstream.commit, kCommit);
  EXPECT_EQ(manifest->upstream.licence, "mit");
  EXPECT_EQ(manifest->upstream.aliases, std::vector<std::string>{"m"});
  ASSERT_EQ(manifest->files.size(), 2u);
  EXPECT_EQ(manifest->files[0].digest, sha256(world.config));
  EXPECT_EQ(manifest->files[0].upstream_id, git_id(world.config).hex());
  EXPECT_EQ(manifest->files[1].upstream_id, sha256(world.weights).hex());
  for (const HttpRequest& request : world.client.requests()) {
    EXPECT_EQ(FakeHttpClient::header(request, "Authorization"), "Bearer secret");
  }
}

TEST(Fetch, WhatIsHeldIsNotFetchedAgain) {
  World world;
  const auto store = world.store(world.fs);
  ASSERT_TRUE(fetch_into_store(world.fs, world.client, *store, {world.snapshot()}, {}, world.options()).ok());
  const size_t requests = world.client.requests().size();
  const auto held = held_files(world.fs, *store, world.snapshot(), world.options().downloads_folder);
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE((*held)[0].held);  // by its git id alone
  EXPECT_TRUE((*held)[1].held);
  const auto again =
      fetch_into_store(world.fs, world.client, *store, {world.snapshot("org/m@v1")}, {}, world.options());
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_EQ(again->snapshots[0].bytes_held, world.config.size() + world.weights.size());
  EXPECT_EQ(world.client.requests().size(), requests);
  EXPECT_TRUE(store->find("org/m@v1").ok());
}

TEST(Fetch, EqualContentsOfTwoSnapshotsAreFetchedOnce) {
  World world;
  const auto store = world.store(world.fs);
  Snapshot other = world.snapshot("org/other");
  other.aliases.clear();
  ASSERT_TRUE(
      fetch_into_store(world.fs, world.client, *store, {world.snapshot(), other}, {}, world.options()).ok());
  EXPECT_EQ(world.client.count("GET", World::url("config.json")), 1u);
}

TEST(Fetch, WrongContentsNeverEnterTheStore) {
  World world;
  std::string damaged = world.weights;
  damaged[1'000'000] = 'x';
  Snapshot snapshot = world.snapshot();
  snapshot.files[1].id.sha256 = sha256(damaged);
  const auto store = world.store(world.fs);
  const auto result = fetch_into_store(world.fs, world.client, *store, {snapshot}, {}, world.options());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(store->references()->references.size(), 0u);
  EXPECT_FALSE(store->has_blob(sha256(world.weights), world.weights.size()));
}

TEST(Fetch, LocalFilesAreHeldToTheirDigests) {
  World world;
  const auto store = world.store(world.fs);
  ASSERT_TRUE(world.fs.make_folders("cache").ok());
  ASSERT_TRUE(write_file_atomic(world.fs, "cache/config.json", world.config).ok());
  Snapshot snapshot = world.snapshot();
  snapshot.ref.kind = RefKind::kHfCache;
  snapshot.files.resize(1);
  snapshot.files[0].url.clear();
  snapshot.files[0].local_path = "cache/config.json";
  ASSERT_TRUE(fetch_into_store(world.fs, world.client, *store, {snapshot}, {}, world.options()).ok());
  EXPECT_TRUE(world.client.requests().empty());
  ASSERT_TRUE(write_file_atomic(world.fs, "cache/config.json", "{\"a\":2}").ok());
  MemoryFileSystem& fs = world.fs;
  const auto fresh = Store::open_or_create(fs, "second");
  const auto rotten = fetch_into_store(fs, world.client, **fresh, {snapshot}, {}, world.options());
  ASSERT_FALSE(rotten.ok());
  EXPECT_EQ(rotten.error().kind, ErrorKind::kCorrupt);
}

TEST(Fetch, WheelhousesAreManifestsOfTheirOwnKind) {
  World world;
  const auto store = world.store(world.fs);
  ASSERT_TRUE(world.fs.make_folders("held").ok());
  ASSERT_TRUE(write_file_atomic(world.fs, "held/x", "wheel").ok());
  Wheelhouse wheelhouse;
  wheelhouse.name = "wheels/linux-x86_64-glibc2.28-cp39";
  wheelhouse.locked.target = "linux-x86_64-glibc2.28-cp39";
  wheelhouse.locked.requirements = {"a"};
  wheelhouse.files = {{"a-1-py3-none-any.whl", "held/x", 5, sha256("wheel")}};
  const auto result = fetch_into_store(world.fs, world.client, *store, {}, {wheelhouse}, world.options());
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  const auto manifest = store->manifest(*store->find(wheelhouse.name));
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest->kind, ArtifactKind::kWheelhouse);
  EXPECT_EQ(manifest->wheelhouse.target, wheelhouse.locked.target);
}

// Whatever fails, at whichever call: the store names the model wholly or not at all, and the next try
// succeeds without fetching what was finished.
TEST(Fetch, AFailureAtAnyCallLeavesOldOrNew) {
  for (uint64_t call = 1;; ++call) {
    World world(10'000);
    FaultyFileSystem faulty(world.fs, {.at_call = call});
    const auto store = world.store(world.fs);
    const auto view = Store::open_or_create(faulty, "store");
    if (view.ok()) {
      (void)fetch_into_store(faulty, world.client, **view, {world.snapshot()}, {}, world.options());
    }
    const auto names = store->references();
    ASSERT_TRUE(names.ok()) << call;
    for (const Reference& reference : names->references) {
      const auto manifest = store->manifest(reference);
      ASSERT_TRUE(manifest.ok()) << call;
      for (const ModelFile& file : manifest->files)
        EXPECT_TRUE(store->has_blob(file.digest, file.bytes)) << call;
    }
    const auto again =
        fetch_into_store(world.fs, world.client, *store, {world.snapshot()}, {}, world.options());
    ASSERT_TRUE(again.ok()) << call << ": " << again.error().to_string();
    if (!faulty.was_hit()) {
      EXPECT_GT(call, 20u);
      break;
    }
  }
}

}  // namespace
}  // namespace pannier
