// Folders that live as long as their writers, and places that are taken once.
#include "carry/store/staging_folder.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

const std::string kRoot = "/srv/store";

TEST(StagingFolder, IsSweptWhenItsWriterIsGoneAndNotBefore) {
  MemoryFileSystem fs;
  auto dying = make_staging_folder(fs, kRoot, "writer");
  auto alive = make_staging_folder(fs, kRoot, "trust");
  ASSERT_TRUE(dying.ok() && alive.ok());
  EXPECT_NE(dying->path, alive->path);
  EXPECT_TRUE(dying->path.starts_with(store_layout::staging(kRoot) + "/writer-"));
  EXPECT_EQ(sweep_dead_writers(fs, kRoot), 0u);
  dying->lock.reset();
  EXPECT_EQ(sweep_dead_writers(fs, kRoot), 1u);
  EXPECT_FALSE(fs.stat(dying->path).ok());
  EXPECT_TRUE(fs.stat(alive->path).ok());
}

TEST(StagingFolder, OneCleanerAtATime) {
  MemoryFileSystem fs;
  auto dead = make_staging_folder(fs, kRoot, "writer");
  ASSERT_TRUE(dead.ok());
  dead->lock.reset();
  {
    const auto cleaning = fs.try_lock(store_layout::cleaning_lock(kRoot));
    ASSERT_TRUE(cleaning.ok() && *cleaning != nullptr);
    EXPECT_EQ(sweep_dead_writers(fs, kRoot), 0u);
  }
  EXPECT_EQ(sweep_dead_writers(fs, kRoot), 1u);
}

// As FAT is.
class FileSystemWithoutLinks : public MemoryFileSystem {
 public:
  Result<bool> link(const std::string&, const std::string&) override {
    return Error{ErrorKind::kIo, "Operation not permitted", ""};
  }
};

void expect_taken_once(FileSystem& fs) {
  ASSERT_TRUE(write_file_atomic(fs, "/first", "first").ok());
  ASSERT_TRUE(write_file_atomic(fs, "/second", "second").ok());
  EXPECT_TRUE(take_place(fs, "/first", "/1").value());
  EXPECT_FALSE(take_place(fs, "/second", "/1").value());
  EXPECT_EQ(read_small_file(fs, "/1", 100).value(), "first");
  EXPECT_TRUE(fs.stat("/second").ok()) << "who came late still has what was staged";
}

TEST(StagingFolder, APlaceIsTakenOnce) {
  MemoryFileSystem fs;
  expect_taken_once(fs);
}

TEST(StagingFolder, APlaceIsTakenOnceWhereThereAreNoLinks) {
  FileSystemWithoutLinks fs;
  expect_taken_once(fs);
}

}  // namespace
}  // namespace pannier
