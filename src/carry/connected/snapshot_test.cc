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

TEST(Snapshot, ContentsMatchOnlyWhenEveryDigestAgrees) {
  UpstreamId id;
  EXPECT_TRUE(contents_match(id, "abc"));
  id.git_blob = *sha1_from_hex("f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f");  // git hash-object of "abc"
  EXPECT_TRUE(contents_match(id, "abc"));
  EXPECT_FALSE(contents_match(id, "abd"));
  id.sha256 = sha256("abc");
  EXPECT_TRUE(contents_match(id, "abc"));
  id.sha256 = sha256("abd");
  EXPECT_FALSE(contents_match(id, "abc"));
}

}  // namespace
}  // namespace pannier
