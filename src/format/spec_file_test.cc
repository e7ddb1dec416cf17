#include "format/spec_file.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace pannier {
namespace {

constexpr std::string_view kWhole = R"(
models = ["org/a", { ref = "org/b@v1", files = "all", include = ["*.json"], exclude = ["*.onnx"], name = "b" }]
datasets = ["org/d", "datasets/org/e", "hf-cache:datasets/org/f"]
closure = false
[python]
requirements = ["tokenizers>=0.20"]
targets = ["linux-x86_64-glibc2.28-cp39"]
torch = "cpu"
)";

TEST(SpecFile, ReadsEverythingThePageNames) {
  const auto spec = parse_spec_file(kWhole, "pannier.toml");
  ASSERT_TRUE(spec.ok()) << spec.error().to_string();
  ASSERT_EQ(spec->models.size(), 2u);
  EXPECT_EQ(spec->models[0].ref, "org/a");
  EXPECT_FALSE(spec->models[0].all_files);
  EXPECT_TRUE(spec->models[1].all_files);
  EXPECT_EQ(spec->models[1].exclude, std::vector<std::string>{"*.onnx"});
  ASSERT_EQ(spec->datasets.size(), 3u);
  EXPECT_EQ(spec->datasets[0].ref, "datasets/org/d");
  EXPECT_EQ(spec->datasets[1].ref, "datasets/org/e");
  EXPECT_EQ(spec->datasets[2].ref, "hf-cache:datasets/org/f");
  EXPECT_FALSE(spec->closure);
  EXPECT_EQ(spec->python.torch, "cpu");
}

TEST(SpecFile, CanonicalTextForgetsCommentsAndOrderOfKeysOnly) {
  const auto a = parse_spec_file("closure = true\nmodels = ['x']  # why\n", "a");
  const auto b = parse_spec_file("models = [{ref = \"x\"}]\n", "b");
  const auto c = parse_spec_file("models = [{ref = \"x\", files = \"all\"}]\n", "c");
  EXPECT_EQ(canonical_spec(*a), canonical_spec(*b));
  EXPECT_NE(canonical_spec(*a), canonical_spec(*c));
}

// A misspelt key that is ignored would carry what it should have kept away.
TEST(SpecFile, RefusesUnknownKeysWrongTypesAndNothing) {
  for (const char* text : {
           "",
           "models = []",
           "model = ['x']",
           "models = 'x'",
           "models = [1]",
           "models = ['']",
           "models = [{name = 'x'}]",
           "models = [{ref = 'x', exlude = ['*']}]",
           "models = [{ref = 'x', files = 'some'}]",
           "models = [{ref = 'x', include = '*'}]",
           "models = [{ref = 'x', include = [1]}]",
           "models = ['x']\nclosure = 'no'",
           "models = ['x']\npython = 1",
           "[python]\nrequirements = ['a']",
           "[python]\ntargets = ['linux-x86_64-glibc2.28-cp39']",
           "models = ['x']\n[python]\nbuild-sdists = 1",
           "models = ['x']\n[python]\ntorch = 12",
       }) {
    const auto spec = parse_spec_file(text, "pannier.toml");
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_EQ(spec.error().kind, ErrorKind::kInvalid) << text;
  }
  EXPECT_EQ(parse_spec_file("models = [", "pannier.toml").error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier
