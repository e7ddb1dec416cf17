// What manifests, image indexes and names look like when written, and what foreign ones may look like.
#include "format/oci.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/limits.h"

namespace pannier {
namespace {

ModelManifest small_model() {
  return {"org/tiny@v1",
          {{"README.md", false, 5, sha256("hello")},
           {"bin/run.sh", true, 2, sha256("hi")},
           {"config.json", false, 0, sha256("")},
           {"model.safetensors", false, 5, sha256("hello")}}};
}

Reference reference_of(const std::string& name, uint64_t bytes = 500) { return {name, sha256(name), bytes}; }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// Byte for byte: digests of manifests depend on it, and old stores hold them.
TEST(ModelManifest, IsWrittenCanonically) {
  const ModelManifest model{"tiny",
                            {{"bin/run", true, 2, sha256("hi")}, {"model.bin", false, 0, sha256("")}}};
  const ManifestBlobs blobs = write_model_manifest(model);
  EXPECT_EQ(blobs.config,
            R"({"descriptor":{"name":"tiny"},"config":{},"modelfs":{"type":"layers","diffIds":[)"
            R"("sha256:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4",)"
            R"("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}})");
  EXPECT_EQ(
      blobs.manifest,
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("artifactType":"application/vnd.cncf.model.manifest.v1+json",)"
      R"("config":{"mediaType":"application/vnd.cncf.model.config.v1+json",)"
      R"("digest":")" +
          sha256(blobs.config).oci() + R"(","size":)" + std::to_string(blobs.config.size()) +
          R"(},"layers":[{"mediaType":"application/vnd.cncf.model.weight.config.v1.raw",)"
          R"("digest":"sha256:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4","size":2,)"
          R"("annotations":{"org.cncf.model.filepath":"bin/run","org.cncf.model.file.metadata+json":)"
          R"("{\"name\":\"run\",\"mode\":493,\"uid\":0,\"gid\":0,\"size\":2,)"
          R"(\"mtime\":\"1970-01-01T00:00:00Z\",\"typeflag\":0}"}},)"
          R"({"mediaType":"application/vnd.cncf.model.weight.v1.raw",)"
          R"("digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0,)"
          R"("annotations":{"org.cncf.model.filepath":"model.bin"}}],)"
          R"("annotations":{"org.opencontainers.image.title":"tiny"}})");
}

TEST(ModelManifest, ReadsBackWhatItWrites) {
  const ModelManifest model = small_model();
  const ManifestBlobs blobs = write_model_manifest(model);
  const auto parsed = parse_model_manifest(blobs.manifest, "m");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->model.name, model.name);
  EXPECT_EQ(parsed->model.files, model.files);
  EXPECT_EQ(parsed->config_digest, sha256(blobs.config));
  EXPECT_EQ(parsed->config_bytes, blobs.config.size());
}

TEST(ModelManifest, AModelWithoutANameHasNoTitle) {
  ModelManifest model = small_model();
  model.name.clear();
  const ManifestBlobs blobs = write_model_manifest(model);
  EXPECT_EQ(blobs.manifest.find("title"), std::string::npos);
  EXPECT_EQ(blobs.config.find("name"), std::string::npos);
  EXPECT_EQ(parse_model_manifest(blobs.manifest, "m")->model.name, "");
}

TEST(ModelManifest, NamesAndPathsSurviveInAnyScript) {
  const ModelManifest model{"tiny \"quoted\" \\", {{"модель/重み.bin", false, 1, sha256("x")}}};
  const auto parsed = parse_model_manifest(write_model_manifest(model).manifest, "m");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->model.name, model.name);
  EXPECT_EQ(parsed->model.files, model.files);
}

TEST(ModelManifest, FilesMayComeInAnyOrder) {
  const std::string forward = write_model_manifest(small_model()).manifest;
  const auto parsed =
      parse_model_manifest(replaced(replaced(forward, R"("org.cncf.model.filepath":"README.md")",
                                             R"("org.cncf.model.filepath":"zzz.md")"),
                                    R"("org.cncf.model.filepath":"model.safetensors")",
                                    R"("org.cncf.model.filepath":"aaa.safetensors")"),
                           "m");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->model.files.front().path, "aaa.safetensors");
  EXPECT_EQ(parsed->model.files.back().path, "zzz.md");
}

// What other tools and later releases add is nobody's error (image-spec, annotations.md).
TEST(ModelManifest, UnknownMembersAndAnnotationsAreIgnored) {
  std::string json = write_model_manifest(small_model()).manifest;
  json = replaced(json, R"("org.opencontainers.image.title")",
                  R"("com.example.owner":"team","org.opencontainers.image.title")");
  json = replaced(json, R"("org.cncf.model.filepath")",
                  R"("org.cncf.model.file.mediatype.untested":"true","org.cncf.model.filepath")");
  json = replaced(json, R"({"schemaVersion":2)", R"({"subject":{"size":1},"schemaVersion":2)");
  const auto parsed = parse_model_manifest(json, "m");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->model.files, small_model().files);
}

// As modctl writes it: metadata for every file, its own mode bits, no mediaType at the top.
TEST(ModelManifest, ReadsForeignMetadata) {
  std::string json = write_model_manifest(small_model()).manifest;
  json = replaced(json, R"("mediaType":"application/vnd.oci.image.manifest.v1+json",)", "");
  json = replaced(json, R"("org.cncf.model.filepath":"config.json")",
                  R"("org.cncf.model.filepath":"config.json","org.cncf.model.file.metadata+json":)"
                  R"("{\"name\":\"config.json\",\"mode\":416,\"uid\":1000,\"gid\":1000,\"size\":0,)"
                  R"(\"mtime\":\"2025-05-07T02:12:18.5+02:00\",\"typeflag\":48}")");
  json = replaced(json, R"(\"mode\":493)", R"(\"mode\":448)");
  const auto parsed = parse_model_manifest(json, "m");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->model.files, small_model().files);
}

TEST(ModelManifest, RawLayersOfEveryRoleAreRead) {
  const std::string json =
      replaced(write_model_manifest(small_model()).manifest, "application/vnd.cncf.model.doc.v1.raw",
               "application/vnd.cncf.model.dataset.v1.raw");
  EXPECT_TRUE(parse_model_manifest(json, "m").ok());
}

TEST(FileRole, ByName) {
  const std::pair<const char*, FileRole> rows[] = {
      {"model.safetensors", FileRole::kWeight},
      {"pytorch_model.bin", FileRole::kWeight},
      {"onnx/model.ONNX", FileRole::kWeight},
      {"model.safetensors.index.json", FileRole::kWeightConfig},
      {"config.json", FileRole::kWeightConfig},
      {"vocab.txt", FileRole::kWeightConfig},
      {"spiece.model", FileRole::kWeightConfig},
      {"README.md", FileRole::kDoc},
      {"LICENSE", FileRole::kDoc},
      {"licenses.d/LICENSE.bin", FileRole::kDoc},
      {"modeling_x.py", FileRole::kCode},
      {".gitattributes", FileRole::kWeightConfig},
  };
  for (const auto& [path, role] : rows) EXPECT_EQ(file_role_of_path(path), role) << path;
  EXPECT_EQ(media_type_of_role(FileRole::kWeight), "application/vnd.cncf.model.weight.v1.raw");
  EXPECT_EQ(media_type_of_role(FileRole::kWeightConfig), "application/vnd.cncf.model.weight.config.v1.raw");
  EXPECT_EQ(media_type_of_role(FileRole::kDoc), "application/vnd.cncf.model.doc.v1.raw");
  EXPECT_EQ(media_type_of_role(FileRole::kCode), "application/vnd.cncf.model.code.v1.raw");
}

TEST(ImageIndex, IsWrittenCanonically) {
  ImageIndex index;
  EXPECT_EQ(write_image_index(index),
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  index.generation = 42;
  index.references = {reference_of("a")};
  EXPECT_EQ(
      write_image_index(index),
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","size":500,)"
      R"("artifactType":"application/vnd.cncf.model.manifest.v1+json",)"
      R"("annotations":{"org.opencontainers.image.ref.name":"a"}}],)"
      R"("annotations":{"pannier.generation":"42"}})");
}

TEST(ImageIndex, ReadsBackWhatItWrites) {
  for (const uint64_t generation : {uint64_t{0}, uint64_t{1}, uint64_t{9'999'999'999}}) {
    ImageIndex index;
    index.generation = generation;
    index.references = {reference_of("a"), reference_of("org/b@refs/pr/1"),
                        reference_of("c", limits::kManifestBytesMax)};
    std::sort(index.references.begin(), index.references.end(),
              [](const Reference& a, const Reference& b) { return a.name < b.name; });
    index.references[0].artifact_type = "application/vnd.example.later+json";
    index.references[1].artifact_type = "";
    const auto parsed = parse_image_index(write_image_index(index), "i");
    ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
    EXPECT_EQ(parsed->generation, generation);
    EXPECT_EQ(parsed->references, index.references);
  }
}

TEST(ImageIndex, KeepsWhereThingsCameFrom) {
  ImageIndex index;
  index.generation = 7;
  index.references = {reference_of("a"), reference_of("b")};
  index.references[0].origin = sha256("statement");
  index.references[0].signatures = {sha256("s1"), sha256("s2")};
  std::sort(index.references[0].signatures.begin(), index.references[0].signatures.end());
  index.channels = {{"lab", 1, sha256("l")}, {"plant-7", 9'007'199'254'740'992, sha256("p")}};
  const std::string json = write_image_index(index);
  EXPECT_NE(json.find(R"("annotations":{"pannier.generation":"7","org.pannier.channel.lab":"1 sha256:)"),
            std::string::npos)
      << json;
  const auto parsed = parse_image_index(json, "i");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->references, index.references);
  EXPECT_EQ(parsed->channels, index.channels);
  EXPECT_EQ(write_image_index(*parsed), json);
}

TEST(ImageIndex, RefusesMalformedOrigins) {
  ImageIndex index;
  index.generation = 7;
  index.references = {reference_of("a")};
  index.references[0].origin = sha256("statement");
  index.references[0].signatures = {sha256("s1"), sha256("s2")};
  std::sort(index.references[0].signatures.begin(), index.references[0].signatures.end());
  index.channels = {{"lab", 12, sha256("l")}};
  const std::string json = write_image_index(index);
  const std::string first = index.references[0].signatures[0].oci();
  const std::string second = index.references[0].signatures[1].oci();
  const std::string origin = sha256("statement").oci();
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {first + " " + second, second + " " + first},
           {first + " " + second, first + " " + first},
           {first + " " + second, first + "  " + second},
           {first + " " + second, first + " "},
           {first + " " + second, ""},
           {"\"" + origin + "\"", "\"" + sha256("statement").hex() + "\""},
           {"\"12 sha256", "\"012 sha256"},
           {"\"12 sha256", "\"0 sha256"},
           {"\"12 sha256", "\"-1 sha256"},
           {"\"12 sha256", "\"99999999999999999999 sha256"},
           {"\"12 sha256", "\"12  sha256"},
           {"\"12 sha256", "\"sha256"},
           {"channel.lab", "channel."},
           {"channel.lab", "channel.a/b"},
           {"channel.lab", "channel." + std::string(65, 'x')},
       }) {
    const auto parsed = parse_image_index(replaced(json, from, to), "i");
    ASSERT_FALSE(parsed.ok()) << to;
    EXPECT_TRUE(parsed.error().kind == ErrorKind::kCorrupt || parsed.error().kind == ErrorKind::kUnsupported);
  }
}

// As skopeo writes it: no mediaType, no artifactType, names in any order.
TEST(ImageIndex, ReadsForeignIndexes) {
  const std::string digest = sha256("m").oci();
  const std::string entry =
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest +
      R"(","size":9,"platform":{"os":"linux"},"annotations":{"org.opencontainers.image.ref.name":)";
  const auto parsed = parse_image_index(
      R"({"schemaVersion":2,"manifests":[)" + entry + R"("b"}},)" + entry + R"("a","com.example.x":""}}]})",
      "i");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  ASSERT_EQ(parsed->references.size(), 2u);
  EXPECT_EQ(parsed->references[0].name, "a");
  EXPECT_EQ(parsed->references[0].artifact_type, "");
  EXPECT_EQ(parsed->references[0].manifest_digest, sha256("m"));
  EXPECT_EQ(parsed->references[0].manifest_bytes, 9u);
}

TEST(RefName, Allowed) {
  for (const std::string& name :
       {std::string("a"), std::string("sst2-tiny"), std::string("org/name"), std::string("org/name@main"),
        std::string("name@refs/pr/1"), std::string("a.b_c-D9/..x/x.."), std::string("_"),
        std::string(limits::kRefNameBytesMax, 'n')}) {
    EXPECT_TRUE(check_ref_name(name).ok()) << name;
  }
}

TEST(RefName, Refused) {
  for (const std::string& name : {std::string(""),      std::string("."),
                                  std::string(".."),    std::string("a/../b"),
                                  std::string("/a"),    std::string("a/"),
                                  std::string("a//b"),  std::string("@"),
                                  std::string("a@"),    std::string("@a"),
                                  std::string("a@b@c"), std::string("a@b/.."),
                                  std::string("-a"),    std::string("a b"),
                                  std::string("a:b"),   std::string("a\\b"),
                                  std::string("a\n"),   std::string("a\0b", 3),
                                  std::string("é"),     std::string(limits::kRefNameBytesMax + 1, 'n')}) {
    const Status status = check_ref_name(name);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().kind, ErrorKind::kInvalid) << name;
  }
}

}  // namespace
}  // namespace pannier
