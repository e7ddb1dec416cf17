// Bundles of data sets and wheelhouses beside models, and of where all of them come from.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/fs_memory.h"
#include "base/limits.h"
#include "carry/isolated/verify.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

const std::string kGolden = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/bundle/all_kinds.pannier";

std::string bundle_of_all_kinds() {
  MemoryFileSystem fs;
  const auto written = write_bundle(fs, write_sources_of_all_kinds(fs, "src"), "x.pannier", false, {});
  EXPECT_TRUE(written.ok()) << written.error().to_string();
  return read_file(fs, "x.pannier");
}

TEST(BundleKinds, TodaysBundleIsTheGoldenToTheByte) {
  const std::string today = bundle_of_all_kinds();
  if (std::getenv("PANNIER_WRITE_GOLDENS") != nullptr && !real_file_system().stat(kGolden).ok()) {
    ASSERT_TRUE(write_file_atomic(real_file_system(), kGolden, today).ok());
  }
  EXPECT_TRUE(read_file(real_file_system(), kGolden) == today);
}

TEST(BundleKinds, TheGoldenIsReadWithItsKinds) {
  const auto result = verify_bundle(real_file_system(), kGolden);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  ASSERT_EQ(result->bundle.models.size(), 3u);
  EXPECT_EQ(result->bundle.models[0].name, "datasets/org/reviews");
  EXPECT_EQ(result->bundle.models[0].kind, ArtifactKind::kDataset);
  EXPECT_EQ(result->bundle.models[1].kind, ArtifactKind::kModel);
  EXPECT_EQ(result->bundle.models[2].kind, ArtifactKind::kWheelhouse);
  EXPECT_EQ(result->bundle.models[2].reference().artifact_type, kArtifactTypeWheelhouse);
}

// What two people compare must not change because one of them had the licence from elsewhere.
TEST(BundleKinds, ThePayloadDigestIsThatOfContentsAlone) {
  MemoryFileSystem fs;
  const auto sources = write_sources_of_all_kinds(fs, "src");
  std::vector<BundleModel> with_facts;
  std::vector<BundleModel> without;
  for (const BundleModelSource& source : sources) {
    with_facts.push_back(source.index_entry);
    BundleModel plain = source.index_entry;
    for (ModelFile& file : plain.files) file.upstream_id.clear();
    ModelManifest manifest{plain.name, plain.files, plain.kind};
    manifest.wheelhouse.target = plain.kind == ArtifactKind::kWheelhouse ? "other" : "";
    const ManifestBlobs blobs = write_model_manifest(manifest);
    plain.manifest = {sha256(blobs.manifest), blobs.manifest.size()};
    EXPECT_NE(plain.manifest.digest, source.index_entry.manifest.digest);
    without.push_back(std::move(plain));
  }
  EXPECT_EQ(bundle_payload_digest(with_facts), bundle_payload_digest(without));
  // The kind is content: a wheelhouse is no model of the same files.
  without[2].kind = ArtifactKind::kModel;
  EXPECT_NE(bundle_payload_digest(with_facts), bundle_payload_digest(without));
}

// The text of docs/formats/bundle.md, section 6, written down by hand.
TEST(BundleKinds, ThePayloadTextOfBothVersions) {
  BundleModel model{"m", {}, {}, {{"a", false, 1, sha256("x")}}};
  const std::string line = "m\ta\t0644\t1\t" + sha256("x").hex() + "\n";
  EXPECT_EQ(bundle_payload_digest({model}), sha256("pannier payload v1\n" + line));
  BundleModel wheels{"w", {}, {}, {{"b", true, 2, sha256("yy")}}, ArtifactKind::kWheelhouse};
  EXPECT_EQ(bundle_payload_digest({model, wheels}),
            sha256("pannier payload v2\nmodel\t" + line + "wheelhouse\tw\tb\t0755\t2\t" + sha256("yy").hex() +
                   "\n"));
}

// A thousand lines of a kilobyte each are allowed in one manifest, and a bundle may hold many manifests.
TEST(BundleKinds, WhatIsKeptForPeopleIsBounded) {
  MemoryFileSystem fs;
  std::vector<BundleModelSource> sources;
  for (int i = 10; i < 22; ++i) {
    ModelManifest wheelhouse{"wheels/" + std::to_string(i), {}, ArtifactKind::kWheelhouse};
    wheelhouse.wheelhouse.target = "t";
    wheelhouse.wheelhouse.requirements.assign(limits::kRequirementsMax, std::string(1000, 'r'));
    sources.push_back(write_source(fs, "src/" + std::to_string(i), wheelhouse, {{"pylock.toml", "x"}}));
  }
  ASSERT_TRUE(write_bundle(fs, sources, "x.pannier", false, {}).ok());
  const auto verified = verify_bundle(fs, "x.pannier");
  ASSERT_TRUE(verified.ok()) << verified.error().to_string();
  EXPECT_EQ(verified->bundle.models.size(), 12u);
  EXPECT_GE(verified->bundle.facts.size(), 4u);
  EXPECT_LT(verified->bundle.facts.size(), 9u);
  // Twelve megabytes of manifests, over several blocks: inspect reads them all, and no more.
  const auto inspected = inspect_bundle(fs, "x.pannier");
  ASSERT_TRUE(inspected.ok());
  EXPECT_FALSE(inspected->manifests_error);
  EXPECT_EQ(inspected->bundle.facts.size(), verified->bundle.facts.size());
}

}  // namespace
}  // namespace pannier
