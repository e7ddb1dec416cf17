#include "carry/connected/model_ref.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

ModelRef parsed(std::string_view text, bool path_exists = false) {
  auto ref = parse_model_ref(text, path_exists);
  EXPECT_TRUE(ref.ok()) << text << ": " << (ref.ok() ? "" : ref.error().to_string());
  return ref.ok() ? *ref : ModelRef{};
}

Error refused(std::string_view text, bool path_exists = false) {
  auto ref = parse_model_ref(text, path_exists);
  EXPECT_FALSE(ref.ok()) << text << " was taken as " << (ref.ok() ? ref->repo : "");
  return ref.ok() ? Error{} : ref.error();
}

TEST(ModelRef, NamesOfTheHub) {
  const ModelRef plain = parsed("org/name");
  EXPECT_EQ(plain.kind, RefKind::kHub);
  EXPECT_EQ(plain.repo_type, RepoType::kModel);
  EXPECT_EQ(plain.repo, "org/name");
  EXPECT_EQ(plain.revision, "");
  EXPECT_EQ(plain.text, "org/name");

  const ModelRef bare = parsed("distilbert-base-uncased-finetuned-sst-2-english");
  EXPECT_EQ(bare.kind, RefKind::kHub);
  EXPECT_EQ(bare.repo, "distilbert-base-uncased-finetuned-sst-2-english");

  EXPECT_EQ(parsed("org/name@v1.0").revision, "v1.0");
  EXPECT_EQ(parsed("gpt2@refs/pr/1").revision, "refs/pr/1");
  EXPECT_EQ(parsed("hf://org/name@main").repo, "org/name");
  EXPECT_EQ(parsed("models/org/name").repo, "org/name");
  EXPECT_EQ(parsed("O-r.g_1/N.a-m_e").repo, "O-r.g_1/N.a-m_e");
}

TEST(ModelRef, DataSets) {
  const ModelRef set = parsed("datasets/org/name@0f1e2d3");
  EXPECT_EQ(set.repo_type, RepoType::kDataset);
  EXPECT_EQ(set.repo, "org/name");
  EXPECT_EQ(set.revision, "0f1e2d3");
  EXPECT_EQ(parsed("datasets/squad").repo, "squad");
  EXPECT_EQ(parsed("hf://datasets/org/name").repo_type, RepoType::kDataset);
  EXPECT_EQ(parsed("hf-cache:datasets/org/name").repo_type, RepoType::kDataset);
}

TEST(ModelRef, OtherKinds) {
  EXPECT_EQ(parsed("dir:models/x").kind, RefKind::kFolder);
  EXPECT_EQ(parsed("dir:models/x").folder, "models/x");
  EXPECT_EQ(parsed("dir:/a b/ü").folder, "/a b/ü");
  EXPECT_EQ(parsed("task:sentiment-analysis").task, "sentiment-analysis");
  EXPECT_EQ(parsed("task:sentiment-analysis").kind, RefKind::kTask);
  EXPECT_EQ(parsed("hf-cache:org/name@main").kind, RefKind::kHfCache);
  EXPECT_EQ(parsed("hf-cache:org/name@main").repo, "org/name");

  const ModelRef wheel = parsed("pypi:Some_Pack.age==1.0.post1#models/small/");
  EXPECT_EQ(wheel.kind, RefKind::kPypi);
  EXPECT_EQ(wheel.package, "some-pack-age");
  EXPECT_EQ(wheel.version, "1.0.post1");
  EXPECT_EQ(wheel.inside, "models/small");
  EXPECT_EQ(parsed("pypi:package").version, "");
}

TEST(ModelRef, AWordThatIsAPathHereIsAFolder) {
  EXPECT_EQ(parsed("org/name", true).kind, RefKind::kFolder);
  EXPECT_EQ(parsed("org/name", true).folder, "org/name");
  EXPECT_EQ(parsed("./x", true).kind, RefKind::kFolder);
  // What says itself what it is stays that.
  EXPECT_EQ(parsed("hf://org/name", true).kind, RefKind::kHub);
  EXPECT_EQ(parsed("task:ner", true).kind, RefKind::kTask);
}

TEST(ModelRef, APathWhereNothingIsSaysSo) {
  for (const char* text : {"./model", "../model", "/srv/model", "~/model", "model/", "."}) {
    EXPECT_EQ(refused(text).kind, ErrorKind::kNotFound) << text;
  }
}

TEST(ModelRef, PastedAddressesOfThePublicHub) {
  EXPECT_EQ(parsed("https://huggingface.co/org/name").repo, "org/name");
  EXPECT_EQ(parsed("huggingface.co/org/name").repo, "org/name");
  EXPECT_EQ(parsed("https://hf.co/gpt2").repo, "gpt2");
  EXPECT_EQ(parsed("https://huggingface.co/org/name/").repo, "org/name");
  const ModelRef tree = parsed("https://huggingface.co/org/name/tree/v1?x=y#z");
  EXPECT_EQ(tree.repo, "org/name");
  EXPECT_EQ(tree.revision, "v1");
  EXPECT_EQ(parsed("https://huggingface.co/gpt2/tree/main").repo, "gpt2");
  EXPECT_EQ(parsed("https://huggingface.co/org/name/tree/refs%2Fpr%2F1").revision, "refs/pr/1");
  EXPECT_EQ(parsed("https://huggingface.co/org/name/tree/refs/pr/1").revision, "refs/pr/1");
  EXPECT_EQ(parsed("https://huggingface.co/org/name/tree/main").revision, "main");
  EXPECT_EQ(parsed("https://huggingface.co/datasets/org/name").repo_type, RepoType::kDataset);
  EXPECT_EQ(
      parsed("https://huggingface.co/org/name/commit/0123456789012345678901234567890123456789").revision,
      "0123456789012345678901234567890123456789");
}

TEST(ModelRef, APastedFilePageGetsAHint) {
  const Error error = refused("https://huggingface.co/org/name/blob/main/config.json");
  EXPECT_EQ(error.kind, ErrorKind::kInvalid);
  EXPECT_NE(error.hint.find("org/name and choose files with --include"), std::string::npos) << error.hint;
  EXPECT_NE(refused("hf://org/name/config.json").hint.find("--include"), std::string::npos);
}

TEST(ModelRef, OtherHostsAndKindsAreNotGuessedAt) {
  const Error other = refused("https://example.com/org/name");
  EXPECT_EQ(other.kind, ErrorKind::kUnsupported);
  EXPECT_NE(other.hint.find("--hub-url"), std::string::npos);
  // Not the public Hub, however it looks.
  EXPECT_EQ(refused("https://huggingface.co.example.com/org/name").kind, ErrorKind::kUnsupported);
  EXPECT_EQ(refused("https://huggingface.co@example.com/org/name").kind, ErrorKind::kUnsupported);
  EXPECT_EQ(refused("oci://registry/model:1").kind, ErrorKind::kUnsupported);
  EXPECT_EQ(refused("spaces/org/name").kind, ErrorKind::kUnsupported);
  EXPECT_EQ(refused("https://huggingface.co/spaces/org/name").kind, ErrorKind::kUnsupported);
}

TEST(ModelRef, HostileNamesAreRefused) {
  const std::string nul("org/na\0me", 9);
  for (const std::string& text : {std::string(""),
                                  std::string("../../etc/passwd"),
                                  std::string("org/.."),
                                  std::string("org/..name"),
                                  std::string("org/name/../x"),
                                  std::string("a/b/c"),
                                  std::string("org//name"),
                                  std::string("/name@x"),
                                  std::string("org/-name"),
                                  std::string("-name"),
                                  std::string("org/name."),
                                  std::string("org/.name"),
                                  std::string("org/na--me"),
                                  std::string("org/name.git"),
                                  std::string("org name"),
                                  std::string("org/na\nme"),
                                  std::string("org/na\x1b[31mme"),
                                  nul,
                                  std::string("org/nam\xc3\xa9"),
                                  std::string("org\\name"),
                                  std::string("C:\\models"),
                                  std::string("org/name@"),
                                  std::string("@main"),
                                  std::string("org/name@a@b"),
                                  std::string("org/name@a..b"),
                                  std::string("org/name@-x"),
                                  std::string("org/name@a b"),
                                  std::string("org/name@a\x01"),
                                  std::string("org/name@/x"),
                                  std::string("org/name@x//y"),
                                  std::string("org/name@.x"),
                                  std::string("org/name@x/.y"),
                                  std::string("org/name@HEAD~1"),
                                  std::string("org/name@\xff"),
                                  std::string("org/%2e%2e"),
                                  std::string(97, 'a'),
                                  "org/" + std::string(97, 'a'),
                                  "org/name@" + std::string(251, 'a'),
                                  std::string("hf://"),
                                  std::string("datasets/"),
                                  std::string("hf-cache:"),
                                  std::string("dir:"),
                                  std::string("task:"),
                                  std::string("task:a/b"),
                                  std::string("task:a b"),
                                  std::string("pypi:"),
                                  std::string("pypi:a/b"),
                                  std::string("pypi:-a"),
                                  std::string("pypi:a>=1"),
                                  std::string("pypi:a=="),
                                  std::string("pypi:a==1 2"),
                                  std::string("pypi:a[x]"),
                                  std::string("pypi:a==1#../x"),
                                  std::string("pypi:a==1#/x"),
                                  std::string("https://huggingface.co/"),
                                  std::string("https://huggingface.co/org/name/tree/%zz"),
                                  std::string("https://huggingface.co/org/name/tree/%00")}) {
    const Error error = refused(text);
    EXPECT_TRUE(error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound) << text;
    EXPECT_FALSE(error.message.empty());
    EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(refused(std::string(100'000, 'a')).kind, ErrorKind::kLimit);
  EXPECT_LT(refused(std::string(100'000, 'a')).message.size(), 1000U);
}

TEST(ModelRef, FarSideNamesAreAlwaysValid) {
  const std::string commit(40, 'a');
  EXPECT_EQ(far_side_name(RepoType::kModel, "org/name", "", commit), "org/name");
  EXPECT_EQ(far_side_name(RepoType::kModel, "org/name", "refs/pr/1", commit), "org/name@refs/pr/1");
  EXPECT_EQ(far_side_name(RepoType::kDataset, "org/name", "v1", commit), "datasets/org/name@v1");
  EXPECT_EQ(far_side_name(RepoType::kModel, "org/name", "feature+x", commit), "org/name@" + commit);
}

}  // namespace
}  // namespace pannier
