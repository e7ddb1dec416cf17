// The index: layout, canonical text, payload digest, and what lies where.
#include "format/bundle_index.h"

#include <gtest/gtest.h>

#include "format/tar.h"

namespace pannier {
namespace {

BundleModel model(const std::string& name, std::vector<ModelFile> files) {
  return {name, {sha256("manifest of " + name), 100}, {sha256("config of " + name), 50}, std::move(files)};
}

std::vector<BundleModel> sample_models() {
  return {model("a", {{"config.json", false, 2, sha256("{}")}, {"w.bin", true, 9'000'000, sha256("w")}}),
          model("b/c@1", {{"config.json", false, 2, sha256("{}")}, {"empty", false, 0, sha256("")}})};
}

BundleIndex sample() {
  auto index = lay_out_bundle(sample_models(), {sha256("image index"), 600});
  EXPECT_TRUE(index.ok());
  for (size_t i = 0; i < index->blocks.size(); ++i) index->blocks[i] = sha256(std::to_string(i));
  return std::move(index).value();
}

TEST(BundleIndex, EntriesFollowOneAnotherAndEndInTheTrailer) {
  const BundleIndex index = sample();
  ASSERT_EQ(index.entries.size(), 9u);  // two of the layout, two manifests, two configs, three files
  uint64_t end = 0;
  for (const BundleEntry& entry : index.entries) {
    EXPECT_EQ(entry.offset, end + 512) << entry.path;
    end = entry.offset + entry.bytes + tar_padding_bytes(entry.bytes);
  }
  EXPECT_EQ(index.data_bytes, end + kTarTrailerBytes);
  EXPECT_EQ(index.blocks.size(), 3u);
  EXPECT_EQ(index.block_bytes(0), limits::kBlockBytes);
  EXPECT_EQ(index.block_bytes(2), index.data_bytes - 2 * limits::kBlockBytes);
  EXPECT_EQ(index.entries[0].path, "oci-layout");
  EXPECT_EQ(index.entries[1].path, "index.json");
  EXPECT_EQ(index.entries[2].digest, sha256("manifest of a"));
  EXPECT_EQ(index.entries[6].digest, sha256("{}"));
}

TEST(BundleIndex, AFileAbove8GiBHasAPaxHeader) {
  const auto index =
      lay_out_bundle({model("a", {{"w", false, kTarUstarSizeMax + 1, sha256("w")}})}, {sha256("i"), 10});
  ASSERT_TRUE(index.ok());
  const BundleEntry& before = index->entries[3];
  EXPECT_EQ(index->entries[4].offset, before.offset + 512 + 3 * 512);
}

TEST(BundleIndex, ComesBack) {
  const std::string json = write_bundle_index(sample());
  const auto parsed = parse_bundle_index(json, "x.pannier");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(write_bundle_index(*parsed), json);
  EXPECT_EQ(parsed->entries, sample().entries);
  EXPECT_EQ(parsed->blocks, sample().blocks);
  EXPECT_TRUE(parsed->models[0].files[1].executable);
}

TEST(BundleIndex, LengthDoesNotDependOnDigests) {
  BundleIndex other = sample();
  for (Digest& block : other.blocks) block = Digest{};
  EXPECT_EQ(write_bundle_index(other).size(), write_bundle_index(sample()).size());
}

TEST(BundleIndex, EveryPrefixIsRefused) {
  const std::string json = write_bundle_index(sample());
  for (size_t length = 0; length < json.size(); ++length) {
    EXPECT_FALSE(parse_bundle_index(json.substr(0, length), "x").ok()) << length;
  }
}

// A digit of a digest may become another digit: that is another index, and its own digest tells.
TEST(BundleIndex, EveryFlippedBitIsRefusedOrAnotherIndex) {
  const std::string json = write_bundle_index(sample());
  for (size_t bit = 0; bit < json.size() * 8; ++bit) {
    std::string bent = json;
    bent[bit / 8] = static_cast<char>(bent[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse_bundle_index(bent, "x");
    if (parsed.ok()) {
      EXPECT_EQ(write_bundle_index(*parsed), bent);
    }
  }
}

TEST(BundleIndex, ModelsThatCannotLieTogetherAreRefused) {
  const BlobInfo image_index{sha256("i"), 10};
  EXPECT_EQ(lay_out_bundle({}, image_index).error().kind, ErrorKind::kInvalid);
  std::vector<BundleModel> models = sample_models();
  std::swap(models[0], models[1]);
  EXPECT_EQ(lay_out_bundle(models, image_index).error().kind, ErrorKind::kInvalid);
  models = sample_models();
  models[1].files[0].bytes = 3;  // the same blob as config.json of the other model
  EXPECT_EQ(lay_out_bundle(models, image_index).error().kind, ErrorKind::kInvalid);
  models = sample_models();
  models[0].files[1].bytes = limits::kBundleBytesMax;
  EXPECT_EQ(lay_out_bundle(models, image_index).error().kind, ErrorKind::kLimit);
  models[0].files[1].bytes = UINT64_MAX;
  EXPECT_EQ(lay_out_bundle(models, image_index).error().kind, ErrorKind::kLimit);
}

TEST(BundleIndex, PayloadDigestIsTheOneOfThePage) {
  const std::string text =
      "pannier payload v1\n"
      "a\tconfig.json\t0644\t2\t" +
      sha256("{}").hex() +
      "\n"
      "a\tw.bin\t0755\t9000000\t" +
      sha256("w").hex() +
      "\n"
      "b/c@1\tconfig.json\t0644\t2\t" +
      sha256("{}").hex() +
      "\n"
      "b/c@1\tempty\t0644\t0\t" +
      sha256("").hex() + "\n";
  EXPECT_EQ(bundle_payload_digest(sample_models()), sha256(text));
}

TEST(BundleIndex, SaysWhatLiesWhere) {
  const BundleIndex index = sample();
  EXPECT_EQ(bundle_contents_at(index, 0, 1), "oci-layout");
  const uint64_t weights = index.entries[7].offset;
  EXPECT_EQ(bundle_contents_at(index, weights, weights + 10), "w.bin (a)");
  EXPECT_EQ(bundle_contents_at(index, index.entries[2].offset, index.entries[2].offset + 1),
            "the manifest of a");
  EXPECT_EQ(bundle_contents_at(index, 0, index.data_bytes),
            "oci-layout, index.json, the manifest of a and 6 more");
  EXPECT_EQ(bundle_contents_at(index, index.data_bytes - 1, index.data_bytes), "the end of the archive");
}

}  // namespace
}  // namespace pannier
