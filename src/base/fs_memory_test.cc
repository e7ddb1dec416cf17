// What a crash takes from the file system in memory, and what a full one refuses. Its share of the
// FileSystem contract is in fs_test.cc.
#include "base/fs_memory.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

class Crash : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view contents, bool sync) {
    auto file = fs_.create(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->append(as_bytes(contents)).ok());
    if (!sync) return;
    ASSERT_TRUE((*file)->sync().ok());
  }
  std::string get(const std::string& path) {
    auto contents = read_small_file(fs_, path, 1000);
    return contents.ok() ? *contents : "missing";
  }
  MemoryFileSystem fs_;
};

TEST_F(Crash, TakesContentsThatWereNotSynced) {
  put("/f", "bytes", /*sync=*/false);
  ASSERT_TRUE(fs_.sync_folder("/").ok());
  fs_.crash(CrashLoss::kAll);
  EXPECT_EQ(get("/f"), "");
}

TEST_F(Crash, TakesNamesThatWereNotSynced) {
  put("/f", "bytes", /*sync=*/true);
  fs_.crash(CrashLoss::kAll);
  EXPECT_EQ(get("/f"), "missing");
}

TEST_F(Crash, LeavesWhatWasSynced) {
  put("/f", "bytes", /*sync=*/true);
  ASSERT_TRUE(fs_.sync_folder("/").ok());
  fs_.crash(CrashLoss::kAll);
  EXPECT_EQ(get("/f"), "bytes");
}

TEST_F(Crash, UndoesARenameAndARemovalThatWereNotSynced) {
  put("/a", "one", /*sync=*/true);
  put("/b", "two", /*sync=*/true);
  ASSERT_TRUE(fs_.sync_all("/").ok());
  ASSERT_TRUE(fs_.rename("/a", "/c").ok());
  ASSERT_TRUE(fs_.remove_file("/b").ok());
  fs_.crash(CrashLoss::kNames);
  EXPECT_EQ(get("/a"), "one");
  EXPECT_EQ(get("/b"), "two");
  EXPECT_EQ(get("/c"), "missing");
}

TEST_F(Crash, SyncingAFolderDoesNotSyncTheFilesInIt) {
  ASSERT_TRUE(fs_.make_folders("/d").ok());
  put("/d/f", "bytes", /*sync=*/false);
  ASSERT_TRUE(fs_.sync_folder("/").ok());
  ASSERT_TRUE(fs_.sync_folder("/d").ok());
  fs_.crash(CrashLoss::kContents);
  EXPECT_EQ(get("/d/f"), "");
}

TEST_F(Crash, TakesWhatARandomAccessFileDidNotSync) {
  auto file = fs_.open_or_create("/f");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write_at(0, as_bytes("old")).ok());
  ASSERT_TRUE((*file)->sync().ok());
  ASSERT_TRUE(fs_.sync_folder("/").ok());
  ASSERT_TRUE((*file)->write_at(1, as_bytes("unsynced")).ok());
  auto lock = fs_.try_lock_number("/locks", 7);
  fs_.crash(CrashLoss::kContents);
  EXPECT_EQ(get("/f"), "old");
  EXPECT_FALSE((*file)->write_at(0, as_bytes("x")).ok());
  EXPECT_NE(*fs_.try_lock_number("/locks", 7), nullptr);
}

TEST_F(Crash, SyncAllKeepsEverything) {
  ASSERT_TRUE(fs_.make_folders("/d/e").ok());
  put("/d/e/f", "bytes", /*sync=*/false);
  ASSERT_TRUE(fs_.sync_all("/d").ok());
  fs_.crash(CrashLoss::kAll);
  EXPECT_EQ(get("/d/e/f"), "bytes");
}

TEST_F(Crash, ReleasesLocksAndEndsOpenFiles) {
  auto lock = fs_.try_lock("/lock");
  ASSERT_TRUE(lock.ok() && *lock != nullptr);
  auto file = fs_.create("/f");
  ASSERT_TRUE(fs_.sync_all("/").ok());
  fs_.crash(CrashLoss::kAll);
  EXPECT_FALSE((*file)->append(as_bytes("late")).ok());
  auto next_lock = fs_.try_lock("/lock");
  ASSERT_TRUE(next_lock.ok() && *next_lock != nullptr);
  lock->reset();  // the dead holder's object must not free the new holder's lock
  EXPECT_EQ(*fs_.try_lock("/lock"), nullptr);
}

TEST(MemoryFileSystem, FillsUp) {
  MemoryFileSystem fs;
  fs.set_capacity_bytes(10);
  auto file = fs.create("/f");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->append(as_bytes("1234567")).ok());
  EXPECT_EQ(*fs.free_bytes("/"), 3u);
  const Status status = (*file)->append(as_bytes("89abc"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kIo);
  EXPECT_NE(status.error().message.find("No space left"), std::string::npos);
  ASSERT_TRUE(fs.remove_file("/f").ok());
  EXPECT_EQ(*fs.free_bytes("/"), 10u);
}

}  // namespace
}  // namespace pannier
