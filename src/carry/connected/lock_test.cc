#include "carry/connected/lock.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

SnapshotFile file(const std::string& path, const std::string& contents, bool by_git = false) {
  SnapshotFile result;
  result.path = path;
  result.bytes = contents.size();
  if (by_git) {
    GitBlobHash hash(contents.size());
    hash.update(as_bytes(contents));
    result.id.git_blob = hash.finish();
  } else {
    result.id.sha256 = sha256(contents);
  }
  return result;
}

Snapshot snapshot(const std::string& name) {
  Snapshot result;
  result.ref.text = name;
  result.ref.repo = name;
  result.name = name;
  result.repo = name;
  result.commit = std::string(40, 'c');
  result.revision = "main";
  result.aliases = {"z", "a"};
  result.files = {file("config.json", "{}", true), file("dir/model 1.safetensors", "weights")};
  return result;
}

TEST(Lock, SnapshotsSurviveTheLock) {
  const auto lock = make_lock(sha256("s"), {snapshot("org/b"), snapshot("org/a")}, {});
  ASSERT_TRUE(lock.ok()) << lock.error().to_string();
  EXPECT_EQ(lock->snapshots[0].name, "org/a");
  EXPECT_EQ(lock->snapshots[0].aliases, (std::vector<std::string>{"a", "z"}));
  const auto read = parse_lock_file(write_lock_file(*lock), "x");
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  const Snapshot back = snapshot_of_lock(read->snapshots[0], "https://hub.example/hf");
  EXPECT_EQ(back.commit, std::string(40, 'c'));
  ASSERT_EQ(back.files.size(), 2u);
  EXPECT_EQ(back.files[1].url,
            "https://hub.example/hf/org/a/resolve/" + std::string(40, 'c') + "/dir/model%201.safetensors");
  EXPECT_EQ(back.files[0].id, snapshot("org/a").files[0].id);
  EXPECT_TRUE(check_still_locked(read->snapshots[0], back).ok());
}

TEST(Lock, DataSetsHaveTheirOwnPlaceOnTheHub) {
  Snapshot dataset = snapshot("org/d");
  dataset.ref.repo_type = RepoType::kDataset;
  const Snapshot back = snapshot_of_lock(*lock_snapshot(dataset), "https://hub.example");
  EXPECT_EQ(back.source, "https://hub.example/datasets/org/d");
  EXPECT_EQ(back.files[0].url,
            "https://hub.example/datasets/org/d/resolve/" + std::string(40, 'c') + "/config.json");
}

TEST(Lock, TwoSnapshotsOfOneNameAreRefused) {
  const auto lock = make_lock(sha256("s"), {snapshot("org/a"), snapshot("org/a")}, {});
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().kind, ErrorKind::kInvalid);
}

TEST(Lock, AFileThatNobodyHashedCannotBeLocked) {
  Snapshot bad = snapshot("org/a");
  bad.files[0].id = {};
  EXPECT_EQ(lock_snapshot(bad).error().kind, ErrorKind::kInvalid);
}

TEST(Lock, WhatMovedUpstreamIsNamed) {
  const auto locked = lock_snapshot(snapshot("org/a"));
  Snapshot moved = snapshot("org/a");
  moved.files[1] = file("dir/model 1.safetensors", "WEIGHTS");
  moved.files.push_back(file("new.txt", "x"));
  const Status status = check_still_locked(*locked, moved);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kStale);
  EXPECT_NE(status.error().message.find("dir/model 1.safetensors has changed, new.txt is new"),
            std::string::npos)
      << status.error().message;
  moved.files.erase(moved.files.begin());
  EXPECT_NE(check_still_locked(*locked, moved).error().message.find("config.json is gone"),
            std::string::npos);
}

TEST(Lock, DifferencesOfTwoLocks) {
  auto before = make_lock(sha256("s"), {snapshot("org/a"), snapshot("org/b")}, {});
  Snapshot moved = snapshot("org/b");
  moved.commit = std::string(40, 'd');
  LockedWheelhouse wheelhouse{"t", {}, {}, {{"p", "1", "p-1-py3-none-any.whl", "u", 1, sha256("p")}}};
  auto after = make_lock(sha256("s"), {moved, snapshot("org/c")}, {wheelhouse});
  const std::vector<LockChange> changes = compare_locks(*before, *after);
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[0].name, "org/a");
  EXPECT_EQ(changes[0].kind, LockChange::Kind::kRemoved);
  EXPECT_EQ(changes[1].name, "org/b");
  EXPECT_EQ(changes[1].after, "commit dddddddddddd, 2 files, 9 B");
  EXPECT_EQ(changes[2].name, "org/c");
  EXPECT_EQ(changes[2].kind, LockChange::Kind::kAdded);
  EXPECT_EQ(changes[3].name, "t: p");
  EXPECT_TRUE(compare_locks(*after, *after).empty());
}

}  // namespace
}  // namespace pannier
