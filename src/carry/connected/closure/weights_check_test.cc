#include <gtest/gtest.h>

#include "carry/connected/closure/closure_testing.h"

namespace pannier {
namespace {

const std::map<std::string, std::string> kWhole = {
    {"config.json", R"({"model_type":"bert","architectures":["BertModel"]})"},
    {"tokenizer.json", "{}"},
    {"tokenizer_config.json", "{}"},
    {"model-00001-of-00002.safetensors", ""},
    {"model-00002-of-00002.safetensors", ""},
    {"model.safetensors.index.json",
     R"({"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}})"}};

std::map<std::string, std::string> with(const std::string& path, const std::string& text) {
  auto files = kWhole;
  files[path] = text;
  return files;
}

std::map<std::string, std::string> without(const std::string& path) {
  auto files = kWhole;
  files.erase(path);
  return files;
}

TEST(WeightsCheck, EveryShardAndTheIndexAreNeeded) {
  EXPECT_EQ(told(closure_of(kWhole), Severity::kRemark), "");
  EXPECT_EQ(told(closure_of(without("model-00002-of-00002.safetensors"))),
            "error missing model-00002-of-00002.safetensors\n");
  EXPECT_EQ(told(closure_of(without("model.safetensors.index.json"))),
            "error missing model.safetensors.index.json\n");
  EXPECT_EQ(told(closure_of({{"config.json", kWhole.at("config.json")},
                             {"tokenizer.json", "{}"},
                             {"pytorch_model-00001-of-00002.bin", ""},
                             {"pytorch_model-00002-of-00002.bin", ""}})),
            "error missing pytorch_model.bin.index.json\n");
}

TEST(WeightsCheck, AShardOutsideOfTheRepositoryIsRefused) {
  for (const char* name : {"../../etc/passwd", "/etc/passwd", "a\\\\b", ""}) {
    const auto findings = closure_of(
        with("model.safetensors.index.json", std::string(R"({"weight_map":{"a":")") + name + "\"}}"));
    EXPECT_NE(told(findings).find("names a shard outside of the repository"), std::string::npos) << name;
  }
}

TEST(WeightsCheck, ABrokenIndexIsTold) {
  for (const char* text : {"", "{", "[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{"a":1}})"}) {
    const auto findings = closure_of(with("model.safetensors.index.json", text));
    ASSERT_FALSE(findings.empty()) << text;
    EXPECT_EQ(findings[0].severity, Severity::kError) << text;
  }
}

TEST(WeightsCheck, WeightsThatWereLeftOutAreNamed) {
  auto files = kWhole;
  files["model.safetensors"] = "";
  for (const char* path : {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                           "model.safetensors.index.json"}) {
    files.erase(path);
  }
  TestRepository repository(files);
  repository.leave_out("model.safetensors", "--exclude '*.safetensors'");
  EXPECT_EQ(told(repository.find()), "error missing model.safetensors\n");
}

}  // namespace
}  // namespace pannier
