#include "carry/connected/snapshot.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(Snapshot, FindsFilesAndAddsThemUp) {
  Snapshot snapshot;
  EXPECT_EQ(snapshot.find("a"), nullptr);
  EXPECT_EQ(snapshot.total_bytes(), 0U);
  for (const char* path : {"a", "a/b", "b.json"}) {
    SnapshotFile file;
    file.path = path;
    file.bytes = 10;
    snapshot.files.push_back(file);
  }
  EXPECT_EQ(snapshot.total_bytes(), 30U);
  ASSERT_NE(snapshot.find("a/b"), nullptr);
  EXPECT_EQ(snapshot.find("a/b")->path, "a/b");
  EXPECT_EQ(snapshot.find("a/"), nullptr);
  EXPECT_EQ(snapshot.find("c"), nullptr);
}

}  // namespace
}  // namespace pannier
