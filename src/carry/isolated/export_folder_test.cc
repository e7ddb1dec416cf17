// Plain files out of the store: checked on the way, never over somebody's files.
#include "carry/isolated/export_folder.h"

#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/isolated/install.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

class ExportTest : public testing::Test {
 protected:
  void SetUp() override {
    make_bundle(fs_, "x.pannier", {{"m", {{"config.json", "{}"}, {"onnx/w", "ww"}, {"run.sh", "#!"}}}});
    ASSERT_TRUE(install_bundle(fs_, "x.pannier", {"store", true, false, {}}).ok());
  }
  Result<ExportResult> export_to(const std::string& folder, bool replace = false) {
    const auto store = Store::open(fs_, "store");
    EXPECT_TRUE(store.ok());
    return export_ref(fs_, **store, "m", {folder, replace, {}});
  }
  MemoryFileSystem fs_;
};

TEST_F(ExportTest, WritesTheFilesAndThenHasNothingToDo) {
  const auto first = export_to("place/out");
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  EXPECT_TRUE(first->changed);
  EXPECT_EQ(read_file(fs_, "place/out/onnx/w"), "ww");
  EXPECT_TRUE(fs_.stat("place/out/run.sh")->executable);
  const auto before = tree_of(fs_, "place");
  const auto second = export_to("place/out/");
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->changed);
  EXPECT_EQ(tree_of(fs_, "place"), before);
}

TEST_F(ExportTest, AnEditedCopyIsReplacedOnlyWhenAsked) {
  ASSERT_TRUE(export_to("place/out").ok());
  ASSERT_TRUE(fs_.remove_file("place/out/config.json").ok());
  write_file(fs_, "place/out/config.json", "[]");
  const auto refused = export_to("place/out");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(read_file(fs_, "place/out/config.json"), "[]");
  const auto replaced = export_to("place/out", true);
  ASSERT_TRUE(replaced.ok()) << replaced.error().to_string();
  EXPECT_EQ(read_file(fs_, "place/out/config.json"), "{}");
  EXPECT_EQ(fs_.list("place")->size(), 1u);
}

// `export --local-dir ~ --force` must not be the end of a home folder.
TEST_F(ExportTest, ForeignFilesAreNeverRemoved) {
  ASSERT_TRUE(export_to("place/out").ok());
  for (const char* path : {"thesis.tex", "onnx/mine", "photos/a.jpg"}) {
    write_file(fs_, std::string("place/out/") + path, "precious");
    const auto before = tree_of(fs_, "place");
    const auto result = export_to("place/out", true);
    ASSERT_FALSE(result.ok()) << path;
    EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(result.error().message.find("is in the way"), std::string::npos) << result.error().message;
    EXPECT_EQ(tree_of(fs_, "place"), before);
    ASSERT_TRUE(fs_.remove_tree("place").ok());
    ASSERT_TRUE(export_to("place/out").ok());
  }
}

TEST_F(ExportTest, ABlobThatRottedInTheStoreIsNamed) {
  const std::string blob = "store/blobs/sha256/" + sha256("ww").hex();
  ASSERT_TRUE(fs_.remove_file(blob).ok());
  write_file(fs_, blob, "wx");
  ASSERT_TRUE(fs_.make_folders("place").ok());
  const auto result = export_to("place/out");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(result.error().message.find("m: onnx/w"), std::string::npos) << result.error().message;
  EXPECT_TRUE(tree_of(fs_, "place").empty());
}

TEST_F(ExportTest, UnknownRefIsNotFound) {
  const auto store = Store::open(fs_, "store");
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(export_ref(fs_, **store, "n", {"out", false, {}}).error().kind, ErrorKind::kNotFound);
}

TEST_F(ExportTest, EveryFailingCallLeavesOldOrNew) {
  for (const bool replace : {false, true}) {
    bool was_hit = true;
    for (uint64_t call = 1; was_hit; ++call) {
      ASSERT_TRUE(fs_.remove_tree("place").ok());
      ASSERT_TRUE(fs_.make_folders("place").ok());
      if (replace) write_file(fs_, "place/out/config.json", "old");
      const auto before = tree_of(fs_, "place");
      const auto store = Store::open(fs_, "store");
      FaultyFileSystem faulty(fs_, {call, FaultKind::kIoError, false, {}});
      const auto faulty_store = Store::open(faulty, "store");
      if (!faulty_store.ok()) continue;
      const auto result = export_ref(faulty, **faulty_store, "m", {"place/out", replace, {}});
      was_hit = faulty.was_hit();
      SCOPED_TRACE("call " + std::to_string(call));
      if (result.ok() || tree_of(fs_, "place") != before) {
        EXPECT_EQ(read_file(fs_, "place/out/config.json"), "{}");
        EXPECT_EQ(read_file(fs_, "place/out/onnx/w"), "ww");
      }
    }
  }
}

}  // namespace
}  // namespace pannier
