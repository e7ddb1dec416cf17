// Wheelhouses as one folder for pip.
#include "carry/isolated/export_wheelhouse.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/isolated/install.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

class WheelhouseExportTest : public testing::Test {
 protected:
  // Installs wheelhouses of these files, each called wheels/NAME.
  void install(const TestModels& wheelhouses) {
    std::vector<BundleModelSource> sources;
    for (const auto& [target, files] : wheelhouses) {
      ModelManifest manifest{"wheels/" + target, {}, ArtifactKind::kWheelhouse};
      manifest.wheelhouse = {target, {"a"}};
      sources.push_back(write_source(fs_, "src/" + target, manifest, files));
    }
    const auto written = write_bundle(fs_, sources, "x.pannier", true, {});
    ASSERT_TRUE(written.ok()) << written.error().to_string();
    ASSERT_TRUE(install_bundle(fs_, "x.pannier", {"store", true, false, {}}).ok());
  }

  Result<WheelhousesExport> export_to(const std::string& folder, bool replace = false) {
    PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs_, "store"));
    PANNIER_ASSIGN(const ImageIndex index, store->references());
    std::vector<WheelhouseSource> sources;
    for (const Reference& reference : index.references) sources.push_back({store.get(), reference});
    return export_wheelhouses(fs_, sources, {folder, replace, {}});
  }

  MemoryFileSystem fs_;
};

TEST_F(WheelhouseExportTest, OfSeveralTargetsIsOneFlatFolder) {
  install({{"linux-x86_64-glibc2.28-cp39", {{"a-1-py3-none-any.whl", "A"}, {"pylock.toml", "one"}}},
           {"win-cp312", {{"a-1-py3-none-any.whl", "A"}, {"b-1-cp312-cp312-win_amd64.whl", "B"}}}});
  const auto exported = export_to("wheels");
  ASSERT_TRUE(exported.ok()) << exported.error().to_string();
  const auto tree = tree_of(fs_, "wheels");
  EXPECT_EQ(tree.size(), 5u) << "the shared wheel once";
  EXPECT_EQ(tree.at("wheels/a-1-py3-none-any.whl"), "A");
  // PEP 751 takes no dot inside the name.
  EXPECT_EQ(tree.at("wheels/pylock.linux-x86_64-glibc2_28-cp39.toml"), "one");
  EXPECT_EQ(tree.at("wheels/requirements-win-cp312.txt"),
            "# Wheels for win-cp312, pinned by digest.\na==1 \\\n    --hash=sha256:" + sha256("A").hex() +
                "\nb==1 \\\n    --hash=sha256:" + sha256("B").hex() + "\n");
  ASSERT_EQ(exported->wheelhouses.size(), 2u);
  EXPECT_EQ(exported->wheelhouses[0].lock_file, "pylock.linux-x86_64-glibc2_28-cp39.toml");
  EXPECT_EQ(exported->wheelhouses[1].wheel_count, 2u);
  EXPECT_EQ(exported->wheelhouses[1].lock_file, "");
  EXPECT_FALSE(export_to("wheels")->folder.changed);
}

// Two builds of one wheel under one name: pip would take whichever was written last.
TEST_F(WheelhouseExportTest, DifferentWheelsOfOneNameAreRefused) {
  install({{"one", {{"a-1-py3-none-any.whl", "A"}}}, {"two", {{"a-1-py3-none-any.whl", "other"}}}});
  const auto exported = export_to("wheels");
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(exported.error().message,
            "wheels/one and wheels/two hold different files called a-1-py3-none-any.whl");
  EXPECT_FALSE(fs_.stat("wheels").ok());
}

TEST_F(WheelhouseExportTest, NamesThatDifferInCaseAreRefused) {
  install({{"one", {{"a-1-py3-none-any.whl", "A"}}}, {"two", {{"A-1-py3-none-any.whl", "A"}}}});
  EXPECT_EQ(export_to("wheels").error().kind, ErrorKind::kInvalid);
}

TEST_F(WheelhouseExportTest, TwoVersionsHaveNoRequirementsFile) {
  install({{"one", {{"a-1-py3-none-any.whl", "A"}, {"a-2-py3-none-any.whl", "B"}}}});
  const auto exported = export_to("wheels");
  ASSERT_TRUE(exported.ok()) << exported.error().to_string();
  EXPECT_EQ(exported->wheelhouses[0].requirements_file, "");
  EXPECT_EQ(tree_of(fs_, "wheels").size(), 2u);
}

TEST_F(WheelhouseExportTest, AModelIsNoWheelhouse) {
  make_bundle(fs_, "m.pannier", {{"m", {{"config.json", "{}"}}}});
  ASSERT_TRUE(install_bundle(fs_, "m.pannier", {"store", true, false, {}}).ok());
  EXPECT_EQ(export_to("wheels").error().message, "m is a model, no wheelhouse");
}

TEST_F(WheelhouseExportTest, ForeignFilesAreNeverRemoved) {
  install({{"one", {{"a-1-py3-none-any.whl", "A"}}}});
  write_file(fs_, "wheels/thesis.tex", "precious");
  EXPECT_EQ(export_to("wheels", true).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(read_file(fs_, "wheels/thesis.tex"), "precious");
}

}  // namespace
}  // namespace pannier
