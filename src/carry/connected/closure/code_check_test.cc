#include <gtest/gtest.h>

#include "carry/connected/closure/closure_testing.h"

namespace pannier {
namespace {

std::map<std::string, std::string> model_with_code(const std::string& auto_map) {
  return {{"config.json", R"({"model_type":"own","architectures":["Own"],"auto_map":)" + auto_map + "}"},
          {"model.safetensors", ""}};
}

TEST(CodeCheck, CodeAndAllThatItImports) {
  auto files =
      model_with_code(R"({"AutoModel":"modeling_own.Own","AutoConfig":"configuration_own.OwnConfig"})");
  EXPECT_EQ(told(closure_of(files)), "error missing modeling_own.py\nerror missing configuration_own.py\n");
  files["configuration_own.py"] = "import torch\n";
  files["modeling_own.py"] = "from .configuration_own import OwnConfig\n  from .layers import (\n  A)\n";
  EXPECT_EQ(told(closure_of(files)), "error missing layers.py\n");
  files["layers.py"] = "from .deeper import x\nfrom .modeling_own import y\n";
  EXPECT_EQ(told(closure_of(files)), "error missing deeper.py\n");
  files["deeper.py"] = "";
  EXPECT_EQ(told(closure_of(files)), "");
  EXPECT_NE(told(closure_of(files), Severity::kRemark).find("trust_remote_code"), std::string::npos);
}

TEST(CodeCheck, CodeOfAnotherRepository) {
  const auto findings = closure_of(model_with_code(R"({"AutoModel":"other/code--modeling_own.Own"})"));
  EXPECT_EQ(told(findings), "error other other/code\n");
  const Finding* other = find_finding(findings, FindingKind::kOtherRepository);
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->ref.repo, "other/code");
  EXPECT_EQ(other->needed_by, "config.json: auto_map: modeling_own.Own");
  EXPECT_EQ(other->only, (std::vector<std::string>{"*.py", "*.json"}));
  // A repository that names itself needs nobody else.
  EXPECT_EQ(told(closure_of(model_with_code(R"({"AutoModel":"org/name--m.X"})"))), "");
}

TEST(CodeCheck, TokenizersHaveTwoReferences) {
  auto files = model_with_code("{}");
  files["tokenizer_config.json"] = R"({"auto_map":{"AutoTokenizer":["tok.Slow",null]}})";
  EXPECT_EQ(told(closure_of(files)), "error missing tok.py\n");
  files["tokenizer_config.json"] = R"({"auto_map":["tok.Slow","tokfast.Fast"]})";
  EXPECT_EQ(told(closure_of(files)), "error missing tok.py\nerror missing tokfast.py\n");
}

TEST(CodeCheck, EveryProcessorsCode) {
  auto files = model_with_code("{}");
  files["preprocessor_config.json"] = R"({"auto_map":{"AutoImageProcessor":"image.X"}})";
  files["processor_config.json"] = R"({"auto_map":{"AutoProcessor":"both.X"}})";
  EXPECT_EQ(told(closure_of(files)), "error missing image.py\nerror missing both.py\n");
}

TEST(CodeCheck, CustomPipelines) {
  auto files = model_with_code("{}");
  files["config.json"] = R"({"model_type":"own","architectures":["Own"],)"
                         R"("custom_pipelines":{"pair":{"impl":"pair.Pair","pt":["X"]}}})";
  EXPECT_EQ(told(closure_of(files)), "error missing pair.py\n");
}

TEST(CodeCheck, HostileReferencesAreTold) {
  for (const char* reference : {"../../x.Y", "/etc/x.Y", "..--m.X", "a/b/c--m.X", "nodot", ".X"}) {
    const auto findings = closure_of(model_with_code(std::string(R"({"AutoModel":")") + reference + "\"}"));
    EXPECT_NE(told(findings), "") << reference;
    EXPECT_EQ(find_finding(findings, FindingKind::kOtherRepository), nullptr) << reference;
  }
  EXPECT_EQ(told(closure_of(model_with_code("{\"AutoModel\":\"" + std::string(100'000, 'x') + ".Y\"}"))), "");
}

TEST(CodeCheck, ImportsInACircleAndWithoutEndEnd) {
  auto files = model_with_code(R"({"AutoModel":"m0.X"})");
  for (int i = 0; i < 1'000; ++i) {
    files["m" + std::to_string(i) + ".py"] =
        "from .m" + std::to_string(i + 1) + " import x\nfrom .m0 import y\n";
  }
  TestRepository repository(files);
  EXPECT_EQ(told(repository.find()), "");
  EXPECT_LE(repository.reads().size(), 210U);
}

}  // namespace
}  // namespace pannier
