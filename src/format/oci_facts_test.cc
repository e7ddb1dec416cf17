// Kinds of manifests, and what they say of upstream: how it is written, and what is refused.
#include "format/oci_facts.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr const char* kCommit = "714eb0fa89d2f80546fda750413ed43d93601a13";
constexpr const char* kGitBlob = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";

ModelManifest model_with_facts() {
  ModelManifest model{"org/tiny",
                      {{"config.json", false, 2, sha256("{}"), kGitBlob},
                       {"model.safetensors", false, 5, sha256("hello"), sha256("hello").hex()}}};
  model.upstream = {"org/tiny", kCommit, "refs/pr/1", {"old/tiny", "tiny"}, "mit", "https://hub.example/x"};
  return model;
}

ModelManifest wheelhouse() {
  ModelManifest model{
      "wheels/t", {{"a-1-py3-none-any.whl", false, 1, sha256("x")}}, ArtifactKind::kWheelhouse};
  model.wheelhouse = {"linux-x86_64-glibc2.28-cp39", {"a[b]>=1; python_version < \"4\""}};
  return model;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(ManifestFacts, AreWrittenCanonically) {
  const std::string manifest = write_model_manifest(model_with_facts()).manifest;
  EXPECT_NE(manifest.find(R"("annotations":{"org.cncf.model.filepath":"config.json",)"
                          R"("org.pannier.upstream.id":"b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"}})"),
            std::string::npos)
      << manifest;
  EXPECT_TRUE(manifest.ends_with(
      R"("annotations":{"org.opencontainers.image.title":"org/tiny","org.opencontainers.image.licenses":"mit",)"
      R"("org.opencontainers.image.revision":"714eb0fa89d2f80546fda750413ed43d93601a13",)"
      R"("org.opencontainers.image.source":"https://hub.example/x","org.pannier.aliases":"old/tiny tiny",)"
      R"("org.pannier.upstream.repo":"org/tiny","org.pannier.upstream.revision":"refs/pr/1"}})"))
      << manifest;
}

TEST(ManifestFacts, WheelhousesAreWrittenCanonically) {
  const ManifestBlobs blobs = write_model_manifest(wheelhouse());
  EXPECT_EQ(blobs.config, "{}");
  EXPECT_EQ(
      blobs.manifest,
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("artifactType":"application/vnd.pannier.wheelhouse.v1+json",)"
      R"("config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":")"
      R"(sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},)"
      R"("layers":[{"mediaType":"application/vnd.pannier.wheelhouse.file.v1.raw","digest":")" +
          sha256("x").oci() +
          R"(","size":1,"annotations":{"org.cncf.model.filepath":"a-1-py3-none-any.whl"}}],)"
          R"("annotations":{"org.opencontainers.image.title":"wheels/t",)"
          R"("org.pannier.wheelhouse.target":"linux-x86_64-glibc2.28-cp39",)"
          R"("org.pannier.wheelhouse.requirements+json":"[\"a[b]>=1; python_version < \\\"4\\\"\"]"}})");
}

TEST(ManifestFacts, DataSetsAreWrittenCanonically) {
  const ModelManifest dataset{"datasets/d",
                              {{"README.md", false, 1, sha256("x")}, {"t.jsonl", false, 1, sha256("x")}},
                              ArtifactKind::kDataset};
  const std::string manifest = write_model_manifest(dataset).manifest;
  EXPECT_NE(manifest.find(R"("artifactType":"application/vnd.pannier.dataset.v1+json")"), std::string::npos);
  EXPECT_NE(manifest.find(R"("mediaType":"application/vnd.cncf.model.doc.v1.raw")"), std::string::npos);
  EXPECT_NE(manifest.find(R"("mediaType":"application/vnd.cncf.model.dataset.v1.raw")"), std::string::npos);
}

TEST(ManifestFacts, ReadBackAsWritten) {
  ModelManifest dataset = model_with_facts();
  dataset.kind = ArtifactKind::kDataset;
  ModelManifest licence_alone{"m", {{"a", false, 0, sha256("")}}};
  licence_alone.upstream.licence = "gpl-3.0 – mit Ausnahme";
  for (const ModelManifest& model : {model_with_facts(), dataset, wheelhouse(), licence_alone}) {
    ASSERT_TRUE(check_manifest_facts(model).ok()) << check_manifest_facts(model).error().to_string();
    const ManifestBlobs blobs = write_model_manifest(model);
    const auto parsed = parse_model_manifest(blobs.manifest, "m");
    ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
    EXPECT_EQ(parsed->model.kind, model.kind);
    EXPECT_EQ(parsed->model.files, model.files);
    EXPECT_EQ(parsed->model.upstream, model.upstream);
    EXPECT_EQ(parsed->model.wheelhouse, model.wheelhouse);
    EXPECT_EQ(write_model_manifest(parsed->model).manifest, blobs.manifest);
  }
}

// Other tools put a tag there; it is not a commit of the Hub, and no reason to refuse a model.
TEST(ManifestFacts, AForeignRevisionIsIgnored) {
  ModelManifest model = model_with_facts();
  model.upstream = {};
  model.upstream.licence = "MIT";
  const auto parsed = parse_model_manifest(
      replaced(write_model_manifest(model).manifest, R"("org.opencontainers.image.licenses":"MIT")",
               R"("org.opencontainers.image.licenses":"MIT","org.opencontainers.image.revision":"v1.2\n")"),
      "m");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->model.upstream.commit, "");
}

TEST(ManifestFacts, WhatMayNotBeReadIsNotWritten) {
  const auto refused = [](auto&& edit, ErrorKind kind) {
    ModelManifest model = model_with_facts();
    edit(model);
    const Status status = check_manifest_facts(model);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, kind) << status.error().to_string();
    const auto parsed = parse_model_manifest(write_model_manifest(model).manifest, "m");
    ASSERT_FALSE(parsed.ok()) << status.error().to_string();
    EXPECT_EQ(parsed.error().kind, kind == ErrorKind::kInvalid ? ErrorKind::kCorrupt : kind);
    EXPECT_TRUE(parsed.error().message.starts_with("m: "));
    for (const unsigned char c : parsed.error().message) EXPECT_GE(c, 0x20);
  };
  constexpr ErrorKind kBad = ErrorKind::kInvalid;
  for (const char* repo : {"..", "a/b/c", "a--b", "a/b@c", "a b", "/a", "a/", "-x"}) {
    refused([&](ModelManifest& m) { m.upstream.repo = repo; }, kBad);
  }
  refused([](ModelManifest& m) { m.upstream.repo = std::string(limits::kRepoBytesMax + 1, 'a'); },
          ErrorKind::kLimit);
  for (const char* commit : {"main", "714EB0FA89D2F80546FDA750413ED43D93601A13", "../../../../x"}) {
    refused([&](ModelManifest& m) { m.upstream.commit = commit; }, kBad);
  }
  for (const char* revision : {"../../x", "/etc", "a\x1b[2J", "a/../b", "main\n", "\u202eniam"}) {
    refused([&](ModelManifest& m) { m.upstream.revision = revision; }, kBad);
  }
  refused([](ModelManifest& m) { m.upstream.licence = "mit\x1b[2J"; }, kBad);
  refused([](ModelManifest& m) { m.upstream.source = "https://a\u202ecom"; }, kBad);
  refused([](ModelManifest& m) { m.upstream.source.assign(limits::kAnnotationBytesMax + 1, 'x'); },
          ErrorKind::kLimit);
  for (const std::vector<std::string>& aliases :
       {std::vector<std::string>{"../x"}, {"b", "a"}, {"a", "a"}, {"org/tiny"}, {"a\nb"}, {"-rf"}}) {
    refused([&](ModelManifest& m) { m.upstream.aliases = aliases; }, kBad);
  }
  refused(
      [](ModelManifest& m) {
        m.upstream.aliases.clear();
        for (uint64_t i = 0; i <= limits::kAliasesMax; ++i)
          m.upstream.aliases.push_back("a" + std::to_string(10 + i));
      },
      ErrorKind::kLimit);
  for (const char* id : {"x", "B6FC4C620B67D95F953A5C1C1230AAAB5DB5A1B0", "../../../etc/passwd"}) {
    refused([&](ModelManifest& m) { m.files[0].upstream_id = id; }, kBad);
  }
  // An LFS id is the digest: another one would name a cache's blob after contents that it does not have.
  refused([](ModelManifest& m) { m.files[0].upstream_id = sha256("other").hex(); }, kBad);
}

TEST(ManifestFacts, ACommitNeedsARepository) {
  ModelManifest model = model_with_facts();
  model.upstream.repo.clear();
  EXPECT_EQ(check_manifest_facts(model).error().kind, ErrorKind::kInvalid);
}

// A wheel's name becomes a file of the folder that pip is pointed at.
TEST(ManifestFacts, HostileWheelhousesAreRefused) {
  const auto refused = [](auto&& edit) {
    ModelManifest model = wheelhouse();
    edit(model);
    EXPECT_FALSE(check_manifest_facts(model).ok());
    EXPECT_FALSE(parse_model_manifest(write_model_manifest(model).manifest, "m").ok());
  };
  for (const char* path : {"../a-1-py3-none-any.whl", "sub/a-1-py3-none-any.whl"}) {
    refused([&](ModelManifest& m) { m.files[0].path = path; });
  }
  for (const char* target : {"", "../x", "a/b", ".hidden", "-x", "a b", "a\n"}) {
    refused([&](ModelManifest& m) { m.wheelhouse.target = target; });
  }
  refused([](ModelManifest& m) { m.wheelhouse.requirements = {"a\n--index-url http://x"}; });
  refused([](ModelManifest& m) { m.wheelhouse.requirements = {""}; });
  refused([](ModelManifest& m) { m.wheelhouse.requirements.assign(limits::kRequirementsMax + 1, "a"); });
}

// The layers of one kind do not make a manifest of another.
TEST(ManifestFacts, AWheelhouseDressedAsAModelIsRefused) {
  const std::string manifest = write_model_manifest(wheelhouse()).manifest;
  const auto parsed =
      parse_model_manifest(replaced(manifest, kArtifactTypeWheelhouse, kArtifactTypeModel), "m");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().kind, ErrorKind::kUnsupported);
}

TEST(ArtifactKinds, AreKnownByTheirTypes) {
  for (const ArtifactKind kind : kArtifactKinds) {
    EXPECT_EQ(kind_of_artifact_type(artifact_type_of_kind(kind)), kind);
  }
  EXPECT_EQ(kind_of_artifact_type("application/vnd.example.later+json"), std::nullopt);
  EXPECT_EQ(artifact_kind_name(ArtifactKind::kWheelhouse), "wheelhouse");
}

TEST(ImageIndexAliases, ReadBackAsWritten) {
  ImageIndex index;
  index.references = {{"a", sha256("a"), 5, std::string(kArtifactTypeModel), {"b", "org/c"}}};
  const std::string written = write_image_index(index);
  EXPECT_NE(written.find(R"("org.opencontainers.image.ref.name":"a","org.pannier.aliases":"b org/c"})"),
            std::string::npos)
      << written;
  const auto parsed = parse_image_index(written, "i");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->references, index.references);
  for (const char* bad : {"", "b  c", "c b", "b b", "a", "../x", " b", "b "}) {
    const auto refused = parse_image_index(replaced(written, "b org/c", bad), "i");
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::kCorrupt);
  }
}

}  // namespace
}  // namespace pannier
