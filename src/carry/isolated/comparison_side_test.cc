// What a side of a comparison is read from: a bundle, a receipt, a folder, a name of a store.
#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/isolated/comparison.h"
#include "carry/store/store_testing.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

std::vector<std::string> paths_of(const BundleModel& model) {
  std::vector<std::string> paths;
  for (const ModelFile& file : model.files) paths.push_back(file.path);
  return paths;
}

TEST(ComparisonSide, Bundle) {
  MemoryFileSystem fs;
  make_bundle(fs, "x.pannier", sample_models());
  const auto side = read_side(fs, "x.pannier", {});
  ASSERT_TRUE(side.ok()) << side.error().to_string();
  EXPECT_EQ(side->what, "the bundle x.pannier");
  EXPECT_EQ(side->models.size(), sample_models().size());
  EXPECT_FALSE(side->receipt);
  EXPECT_TRUE(side->places.empty());
}

TEST(ComparisonSide, Receipt) {
  MemoryFileSystem fs;
  Receipt receipt;
  receipt.store_id = std::string(32, 'a');
  receipt.blobs = {{sha256("x"), 1}};
  write_file(fs, "plant.receipt", write_dsse(receipt_envelope(receipt)));
  const auto side = read_side(fs, "plant.receipt", {});
  ASSERT_TRUE(side.ok()) << side.error().to_string();
  EXPECT_EQ(side->receipt, receipt);
  EXPECT_TRUE(side->models.empty());
}

TEST(ComparisonSide, FolderAsPackTakesIt) {
  MemoryFileSystem fs;
  write_file(fs, "models/m/b.txt", "two");
  write_file(fs, "models/m/a/c.txt", "one");
  write_file(fs, "models/m/a.txt", "two");
  write_file(fs, "models/m/.git/config", "hidden");
  const auto side = read_side(fs, "models/m", {});
  ASSERT_TRUE(side.ok()) << side.error().to_string();
  ASSERT_EQ(side->models.size(), 1u);
  EXPECT_EQ(side->models[0].name, "m");
  EXPECT_EQ(paths_of(side->models[0]), (std::vector<std::string>{"a.txt", "a/c.txt", "b.txt"}));
  EXPECT_EQ(side->models[0].files[1].digest, sha256("one"));
  EXPECT_EQ(side->models[0].files[1].bytes, 3u);
  EXPECT_EQ(side->places.at(sha256("one")), "models/m/a/c.txt");
  EXPECT_EQ(side->places.size(), 2u);
}

TEST(ComparisonSide, NameOfAStore) {
  MemoryFileSystem fs;
  ASSERT_TRUE(store_testing::put_models(fs, "/store", {{"org/m", {{"config.json", "{}"}}}}).ok());
  const auto store = Store::open(fs, "/store").value();
  const auto side = side_of_reference(*store, store->find("org/m").value());
  ASSERT_TRUE(side.ok()) << side.error().to_string();
  EXPECT_EQ(side->what, "org/m in /store");
  EXPECT_EQ(paths_of(side->models.at(0)), std::vector<std::string>{"config.json"});
  EXPECT_EQ(side->places.at(sha256("{}")), store->blob_path(sha256("{}")));
}

TEST(ComparisonSide, WhatIsNoneOfThese) {
  MemoryFileSystem fs;
  EXPECT_EQ(read_side(fs, "nowhere", {}).error().kind, ErrorKind::kNotFound);
  write_file(fs, "x", "{broken");
  EXPECT_EQ(read_side(fs, "x", {}).error().kind, ErrorKind::kCorrupt);
  write_file(fs, "empty", "");
  EXPECT_FALSE(read_side(fs, "empty", {}).ok());
  write_file(fs, "text", "neither");
  EXPECT_FALSE(read_side(fs, "text", {}).ok());
}

}  // namespace
}  // namespace pannier
