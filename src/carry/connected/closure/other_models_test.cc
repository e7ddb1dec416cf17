#include <gtest/gtest.h>

#include "carry/connected/closure/closure_testing.h"

namespace pannier {
namespace {

std::vector<Finding> adapter(const std::string& config) {
  return closure_of({{"adapter_config.json", config}, {"adapter_model.safetensors", ""}});
}

TEST(OtherModels, AnAdapterNeedsItsBase) {
  const auto findings = adapter(R"({"base_model_name_or_path":"org/base","revision":"v1"})");
  EXPECT_EQ(told(findings), "error other org/base@v1\n");
  EXPECT_EQ(findings[0].ref.repo, "org/base");
  EXPECT_EQ(findings[0].ref.revision, "v1");
  EXPECT_EQ(findings[0].needed_by, "adapter_config.json: base_model_name_or_path");
  EXPECT_TRUE(findings[0].only.empty());
  EXPECT_EQ(told(adapter(R"({"base_model_name_or_path":"gpt2","revision":null})")), "error other gpt2\n");
}

TEST(OtherModels, AFolderOfTheAuthorsMachineIsNobodyElses) {
  for (const char* path : {"/data/llama", "./base", "../base", "C:\\\\models", "a/b/c"}) {
    const auto findings = adapter(std::string(R"({"base_model_name_or_path":")") + path + "\"}");
    EXPECT_NE(told(findings).find("is no name of a repository"), std::string::npos) << path;
    EXPECT_EQ(find_finding(findings, FindingKind::kOtherRepository), nullptr) << path;
  }
  EXPECT_NE(told(adapter("{}")).find("does not say which model it adapts"), std::string::npos);
}

TEST(OtherModels, AnAdapterIsItsTwoFiles) {
  EXPECT_EQ(told(closure_of({{"adapter_model.safetensors", ""}})), "error missing adapter_config.json\n");
  EXPECT_NE(told(closure_of({{"adapter_config.json", R"({"base_model_name_or_path":"org/base"})"}}))
                .find("holds no weights"),
            std::string::npos);
}

std::vector<Finding> model(const std::string& more) {
  return closure_of({{"config.json", R"({"model_type":"own","architectures":["Own"],)" + more + "}"},
                     {"model.safetensors", ""}});
}

TEST(OtherModels, SecondModelsThatConfigurationsName) {
  EXPECT_EQ(told(model(R"("mm_vision_tower":"openai/clip-vit-large-patch14")")),
            "error other openai/clip-vit-large-patch14\n");
  EXPECT_EQ(told(model(R"("text_model_id":"org/text","audio_model_id":"org/audio")")),
            "error other org/audio\nerror other org/text\n");
  EXPECT_EQ(told(model(R"("speculators_config":{"verifier":{"name_or_path":"org/big"}})")),
            "error other org/big\n");
}

TEST(OtherModels, WhatIsNoDependency) {
  EXPECT_EQ(
      told(model(R"("_name_or_path":"org/from","encoder":{"_name_or_path":"org/part"})"), Severity::kRemark),
      "");
  EXPECT_EQ(told(model(R"("vision_tower":true,"text_model_id":null,"draft_model":"no repository")"),
                 Severity::kRemark),
            "");
  // Weights of a backbone are part of this model's.
  const auto findings =
      model(R"("backbone":"resnet50","use_timm_backbone":true,"use_pretrained_backbone":true)");
  EXPECT_EQ(told(findings), "");
  EXPECT_NE(told(findings, Severity::kRemark).find("backbone \"resnet50\" of timm"), std::string::npos);
}

TEST(OtherModels, VoicesAndLoras) {
  const auto bark = closure_of({{"config.json", R"({"model_type":"bark","architectures":["BarkModel"]})"},
                                {"model.safetensors", ""},
                                {"tokenizer.json", "{}"},
                                {"speaker_embeddings_path.json", R"({"repo_or_path":"org/voices"})"}});
  EXPECT_EQ(told(bark), "warning other org/voices\n");
  EXPECT_EQ(find_finding(bark, FindingKind::kOtherRepository)->only,
            std::vector<std::string>{"speaker_embeddings*"});

  TestRepository lora({{"README.md", ""}, {"pytorch_lora_weights.safetensors", ""}});
  EXPECT_NE(told(lora.find()).find("nothing says which model"), std::string::npos);
  lora.snapshot().tags = {"lora", "base_model:org/base", "base_model:adapter:org/base"};
  EXPECT_EQ(told(lora.find()), "warning other org/base\n");
}

TEST(OtherModels, ADataSetsScript) {
  TestRepository repository({{"name.py", ""}, {"data.csv", ""}});
  repository.snapshot().ref.repo_type = RepoType::kDataset;
  EXPECT_NE(told(repository.find()).find("loading script"), std::string::npos);
  TestRepository plain({{"data.csv", ""}, {"config.json", "{"}});
  plain.snapshot().ref.repo_type = RepoType::kDataset;
  EXPECT_EQ(told(plain.find(), Severity::kRemark), "");
}

}  // namespace
}  // namespace pannier
