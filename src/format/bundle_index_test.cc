// The index: layout, canonical text, payload digest, and what lies where.
#include "format/bundle_index.h"

#include <gtest/gtest.h>

#include <algorithm>

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

// Two versions of a model: the weights of one in parts, those of the other as a delta, a file that the far
// side has already.
std::vector<BundleModel> crossing_models() {
  std::vector<BundleModel> models = {
      model("a", {{"config.json", false, 2, sha256("{}")}, {"w.bin", false, 2 * kPartBytes, sha256("w")}}),
      model("b", {{"v.bin", false, kPartBytes + 5, sha256("v")}, {"vocab.txt", false, 40, sha256("vocab")}})};
  models[0].signatures = {{sha256("signature 1"), 300}, {sha256("signature 2"), 310}};
  std::sort(models[0].signatures.begin(), models[0].signatures.end());
  return models;
}

BundleTransport crossing() {
  BundleTransport transport{BundleLayout::kEncoded};
  transport.encoded[sha256("w")].parts = {{PartEncoding::kPlanes, 1000, kPartBytes},
                                          {PartEncoding::kStored, kPartBytes, kPartBytes}};
  transport.encoded[sha256("v")] = {
      {{PartEncoding::kPlanesDelta, 700, kPartBytes}, {PartEncoding::kStored, 5, 5}},
      BlobInfo{sha256("base of v"), 123}};
  transport.held = {sha256("vocab")};
  return transport;
}

Result<BundleIndex> lay_out(const BundleTransport& transport,
                            const std::vector<BundleModel>& models = crossing_models()) {
  return lay_out_bundle(models, {sha256("image index"), 600}, transport);
}

std::string encoded_index() {
  BundleIndex index = *lay_out(crossing());
  index.padding = 77;
  return write_bundle_index(index);
}

TEST(BundleIndex, PartsLieWhereTheirBlobWould) {
  const auto index = lay_out(crossing());
  ASSERT_TRUE(index.ok()) << index.error().to_string();
  ASSERT_EQ(index->entries.size(),
            13u);  // 2 + 2 manifests, 2 configs, 2 signatures, config.json, 2 + 2 parts
  EXPECT_EQ(index->entries[4].digest, crossing_models()[0].signatures[0].digest);
  const BundleEntry& second = index->entries[10];
  EXPECT_EQ(second.path, "transport/" + sha256("w").hex() + "/00001");
  EXPECT_EQ(second.decoded_offset, kPartBytes);
  EXPECT_FALSE(second.base.has_value());
  const BundleEntry& delta = index->entries[11];
  EXPECT_EQ(delta.digest, sha256("v"));
  EXPECT_EQ(delta.base, sha256("base of v"));
  EXPECT_EQ(delta.offset, second.offset + kPartBytes + 512);
  EXPECT_EQ(index->held, (std::vector<BlobInfo>{{sha256("vocab"), 40}}));
  EXPECT_EQ(index->bases, (std::vector<BlobInfo>{{sha256("base of v"), 123}}));
  EXPECT_EQ(bundle_contents_at(*index, index->entries[9].offset, index->entries[12].offset),
            "w.bin (a), v.bin (b)");
  EXPECT_EQ(bundle_contents_at(*index, index->entries[4].offset, index->entries[4].offset + 1),
            "a signature of a");
}

TEST(BundleIndex, AnEncodedOneComesBack) {
  const std::string json = encoded_index();
  const auto parsed = parse_bundle_index(json, "x.pannier");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(write_bundle_index(*parsed), json);
  EXPECT_EQ(parsed->entries, lay_out(crossing())->entries);
  EXPECT_EQ(parsed->padding, 77u);
  EXPECT_EQ(parsed->models[0].signatures, crossing_models()[0].signatures);
  EXPECT_EQ(bundle_payload_digest(parsed->models), bundle_payload_digest(crossing_models()));
}

// How contents cross is no part of what they are.
TEST(BundleIndex, EveryFlippedBitOfAnEncodedOneIsRefusedOrAnotherIndex) {
  const std::string json = encoded_index();
  for (size_t bit = 0; bit < json.size() * 8; ++bit) {
    std::string bent = json;
    bent[bit / 8] = static_cast<char>(bent[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse_bundle_index(bent, "x");
    if (parsed.ok()) {
      EXPECT_EQ(write_bundle_index(*parsed), bent);
    }
  }
}

TEST(BundleIndex, LiesAboutPartsAreRefused) {
  const std::pair<std::string, std::string> kChanges[] = {
      {"/00001\"", "/00002\""},                                      // a hole
      {"/00001\"", "/00000\""},                                      // the same twice
      {"/00001\"", "/1\""},                                          // another spelling
      {"\"bytes\":1000,", "\"bytes\":16777217,"},                    // larger than what it decodes to
      {"\"decoded_bytes\":5}", "\"decoded_bytes\":6}"},              // beyond the blob
      {"\"decoded_bytes\":16777216", "\"decoded_bytes\":1"},         // a part that is not full
      {"\"encoding\":\"planes\"", "\"encoding\":\"stored\""},        // stored, but shorter
      {"\"encoding\":\"planes\"", "\"encoding\":\"planes-delta\""},  // a delta without a base
      {"\"base\":\"" + sha256("base of v").oci(), "\"base\":\"" + sha256("w").oci()},
      {"\"bases\":[{\"digest\":\"" + sha256("base of v").oci(),
       "\"bases\":[{\"digest\":\"" + sha256("v").oci()},
      {"\"held\":[{\"digest\":\"" + sha256("vocab").oci(), "\"held\":[{\"digest\":\"" + sha256("w").oci()},
      {"\"held\":[{\"digest\":\"" + sha256("vocab").oci() + "\",\"bytes\":40",
       "\"held\":[{\"digest\":\"" + sha256("vocab").oci() + "\",\"bytes\":41"},
      {"\"padding\":\"00", "\"padding\":\"0 "},
      {"\"padding\":\"" + std::string(77, '0') + "\"", "\"padding\":77"},
      {",\"padding\":\"" + std::string(77, '0') + "\"", ""}};
  for (const auto& [old_text, new_text] : kChanges) {
    std::string json = encoded_index();
    const size_t place = json.find(old_text);
    ASSERT_NE(place, std::string::npos) << old_text;
    json.replace(place, old_text.size(), new_text);
    const auto parsed = parse_bundle_index(json, "x.pannier");
    ASSERT_FALSE(parsed.ok()) << new_text;
    EXPECT_TRUE(parsed.error().kind == ErrorKind::kCorrupt) << parsed.error().message;
  }
}

TEST(BundleIndex, WhatCannotCrossSoIsRefused) {
  const auto refuses = [](const BundleTransport& transport) {
    const auto index = lay_out(transport);
    return !index.ok() && index.error().kind == ErrorKind::kInvalid;
  };
  BundleTransport transport = crossing();
  transport.layout = BundleLayout::kPlain;
  EXPECT_TRUE(refuses(transport)) << "plain, and encoded all the same";
  EXPECT_TRUE(refuses({BundleLayout::kEncoded})) << "encoded, and nothing is";
  transport = crossing();
  transport.held.insert(sha256("w"));
  EXPECT_TRUE(refuses(transport)) << "held, and in the bundle";
  transport = crossing();
  transport.held.insert(sha256("nobody's"));
  EXPECT_TRUE(refuses(transport)) << "held, and no file's";
  transport = crossing();
  transport.held.insert(sha256("manifest of a"));
  EXPECT_TRUE(refuses(transport)) << "a manifest that is held";
  transport = crossing();
  transport.encoded[sha256("v")].base = BlobInfo{sha256("w"), 2 * kPartBytes};
  EXPECT_TRUE(refuses(transport)) << "a base that the bundle itself carries";
  transport.encoded[sha256("v")].base = BlobInfo{sha256("v"), kPartBytes + 5};
  EXPECT_TRUE(refuses(transport)) << "a blob that builds on itself";
  transport.encoded[sha256("v")].base = BlobInfo{sha256("vocab"), 41};
  EXPECT_TRUE(refuses(transport)) << "a base of two sizes";
  transport.encoded[sha256("v")].base = BlobInfo{sha256("vocab"), 40};
  EXPECT_TRUE(lay_out(transport).ok()) << "a base that is held too";
  transport = crossing();
  transport.encoded[sha256("w")].parts.pop_back();
  EXPECT_TRUE(refuses(transport)) << "a part is missing";
}

TEST(BundleIndex, SignaturesAreSortedAndFew) {
  std::vector<BundleModel> models = crossing_models();
  std::swap(models[0].signatures[0], models[0].signatures[1]);
  EXPECT_EQ(lay_out(crossing(), models).error().kind, ErrorKind::kInvalid);
  models[0].signatures[0] = models[0].signatures[1];
  EXPECT_EQ(lay_out(crossing(), models).error().kind, ErrorKind::kInvalid);
  models[0].signatures.assign(65, {sha256("x"), 1});
  EXPECT_EQ(lay_out(crossing(), models).error().kind, ErrorKind::kLimit);
  models[0].signatures = {{sha256("x"), limits::kManifestBytesMax + 1}};
  EXPECT_EQ(lay_out(crossing(), models).error().kind, ErrorKind::kLimit);
}

// What a writer keeps free for the head before it knows how small the parts become.
TEST(BundleIndex, TheLargestPartsGiveTheLongestIndex) {
  BundleTransport largest{BundleLayout::kEncoded, {}, {sha256("vocab")}};
  largest.encoded[sha256("w")] = largest_encoded_blob({sha256("w"), 2 * kPartBytes}, std::nullopt);
  largest.encoded[sha256("v")] =
      largest_encoded_blob({sha256("v"), kPartBytes + 5}, BlobInfo{sha256("base of v"), 123});
  const auto bound = lay_out(largest);
  ASSERT_TRUE(bound.ok()) << bound.error().to_string();
  const BundleIndex actual = *lay_out(crossing());
  EXPECT_GE(bound->data_bytes, actual.data_bytes);
  EXPECT_GE(write_bundle_index(*bound).size(), write_bundle_index(actual).size());
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
