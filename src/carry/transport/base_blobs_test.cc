// The blobs that deltas build on, looked up in a store.
#include "carry/transport/base_blobs.h"

#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

TEST(BaseBlobs, GivesWhatTheStoreHasAndNullForWhatItHasNot) {
  MemoryFileSystem fs;
  ASSERT_TRUE(store_testing::put_models(fs, "/store", {{"m", {{"w", "weights"}}}}).ok());
  const auto store = Store::open(fs, "/store");
  ASSERT_TRUE(store.ok());
  const StoreBaseBlobs blobs(fs, **store);
  const auto found = blobs.open(sha256("weights"));
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  ASSERT_NE(*found, nullptr);
  EXPECT_EQ((*found)->size(), 7u);
  const auto missing = blobs.open(sha256("others"));
  ASSERT_TRUE(missing.ok()) << missing.error().to_string();
  EXPECT_EQ(*missing, nullptr);
}

// A disk that fails must not look like a base that was never there: the remedy is another.
TEST(BaseBlobs, AnErrorOfTheDiskIsNoMissingBase) {
  MemoryFileSystem fs;
  ASSERT_TRUE(store_testing::put_models(fs, "/store", {{"m", {{"w", "weights"}}}}).ok());
  const auto store = Store::open(fs, "/store");
  ASSERT_TRUE(store.ok());
  FaultyFileSystem faulty(fs, {.at_call = 1});
  const auto opened = StoreBaseBlobs(faulty, **store).open(sha256("weights"));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace pannier
