#include <gtest/gtest.h>

#include "carry/connected/closure/closure_testing.h"

namespace pannier {
namespace {

const std::map<std::string, std::string> kSentences = {
    {"modules.json",
     R"([{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},)"
     R"({"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},)"
     R"({"idx":2,"name":"2","path":"2_Normalize","type":"sentence_transformers.models.Normalize"}])"},
    {"config_sentence_transformers.json", "{}"},
    {"sentence_bert_config.json", "{}"},
    {"config.json", R"({"model_type":"bert","architectures":["BertModel"]})"},
    {"model.safetensors", ""},
    {"tokenizer.json", "{}"},
    {"tokenizer_config.json", "{}"},
    {"1_Pooling/config.json", "{}"}};

std::map<std::string, std::string> without(std::map<std::string, std::string> files,
                                           const std::string& path) {
  files.erase(path);
  return files;
}

TEST(ModuleChecks, SentenceTransformers) {
  EXPECT_EQ(told(closure_of(kSentences), Severity::kRemark), "");
  for (const char* path :
       {"1_Pooling/config.json", "tokenizer.json", "config.json", "sentence_bert_config.json"}) {
    EXPECT_EQ(told(closure_of(without(kSentences, path))), std::string("error missing ") + path + "\n");
  }
  EXPECT_NE(told(closure_of(without(kSentences, "model.safetensors"))).find("holds no weights"),
            std::string::npos);
}

TEST(ModuleChecks, LostModulesAreSilentlyOtherVectors) {
  const auto findings = closure_of(without(kSentences, "modules.json"));
  EXPECT_EQ(told(findings), "error missing modules.json\n");
  EXPECT_NE(findings[0].message.find("without an error"), std::string::npos);
}

TEST(ModuleChecks, ALibrarysNameAloneProvesLittle) {
  const std::map<std::string, std::string> files = {
      {"config.json", kSentences.at("config.json")}, {"model.safetensors", ""}, {"tokenizer.json", "{}"}};
  TestRepository tagged(files);
  tagged.snapshot().library = "sentence-transformers";
  EXPECT_EQ(told(tagged.find()), "error missing modules.json\n");
  tagged.snapshot().commit = std::string(40, 'a');  // upstream has none, so it is the same there
  EXPECT_EQ(told(tagged.find()), "warning missing modules.json\n");
  // A cross-encoder has no modules.
  tagged.snapshot().pipeline_tag = "text-ranking";
  EXPECT_EQ(told(tagged.find()), "");
  auto cross = files;
  cross["config.json"] = R"({"model_type":"bert","architectures":["BertForSequenceClassification"]})";
  cross["config_sentence_transformers.json"] = "{}";
  EXPECT_EQ(told(closure_of(cross)), "");
}

TEST(ModuleChecks, ModulesWithWeightsAndCode) {
  auto files = kSentences;
  files["modules.json"] =
      R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
      R"({"path":"2_Dense","type":"sentence_transformers.models.Dense"},)"
      R"({"path":"3_Own","type":"own_module.Own"},{"path":"4_Other","type":"other/code--m.X"}])";
  files["2_Dense/config.json"] = "{}";
  EXPECT_EQ(told(closure_of(files)),
            "error 2_Dense holds no weights: no model.safetensors, no pytorch_model.bin\n"
            "error missing 3_Own/own_module.py\nerror other other/code\n");
  files["2_Dense/pytorch_model.bin"] = "";
  files["own_module.py"] = "";
  EXPECT_EQ(told(closure_of(files)), "error other other/code\n");
}

TEST(ModuleChecks, HostileModules) {
  for (const char* text :
       {"[]", "{}", "7", R"([{"path":"../x","type":"sentence_transformers.models.Pooling"}])", "[{}]", "[7]",
        "["}) {
    auto files = kSentences;
    files["modules.json"] = text;
    EXPECT_NE(told(closure_of(files)), "") << text;
  }
}

const std::map<std::string, std::string> kPipeline = {
    {"model_index.json",
     R"({"_class_name":"StableDiffusionPipeline","_diffusers_version":"0.42.1",)"
     R"("unet":["diffusers","UNet2DConditionModel"],"scheduler":["diffusers","PNDMScheduler"],)"
     R"("text_encoder":["transformers","CLIPTextModel"],"tokenizer":["transformers","CLIPTokenizer"],)"
     R"("feature_extractor":["transformers","CLIPImageProcessor"],"safety_checker":[null,null],)"
     R"("requires_safety_checker":true})"},
    {"unet/config.json", "{}"},
    {"unet/diffusion_pytorch_model.safetensors", ""},
    {"scheduler/scheduler_config.json", "{}"},
    {"text_encoder/config.json", "{}"},
    {"text_encoder/model.safetensors", ""},
    {"tokenizer/vocab.json", "{}"},
    {"tokenizer/merges.txt", ""},
    {"tokenizer/tokenizer_config.json", "{}"},
    {"feature_extractor/preprocessor_config.json", "{}"}};

TEST(ModuleChecks, PipelinesOfComponents) {
  EXPECT_EQ(told(closure_of(kPipeline), Severity::kRemark), "");
  for (const char* path : {"unet/config.json", "scheduler/scheduler_config.json", "tokenizer/merges.txt",
                           "feature_extractor/preprocessor_config.json", "text_encoder/config.json"}) {
    EXPECT_EQ(told(closure_of(without(kPipeline, path))), std::string("error missing ") + path + "\n");
  }
  EXPECT_EQ(told(closure_of(without(kPipeline, "unet/diffusion_pytorch_model.safetensors"))),
            "error unet holds no weights: no model.safetensors, no pytorch_model.bin\n");
}

TEST(ModuleChecks, HostilePipelines) {
  for (const char* text : {R"({"../x":["diffusers","Y"]})", R"({"a/b":["diffusers","Y"]})", "{"}) {
    auto files = kPipeline;
    files["model_index.json"] = text;
    EXPECT_NE(told(closure_of(files)), "") << text;
  }
}

}  // namespace
}  // namespace pannier
