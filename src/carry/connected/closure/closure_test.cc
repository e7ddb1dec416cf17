#include "carry/connected/closure/closure.h"

#include <gtest/gtest.h>

#include "carry/connected/closure/closure_testing.h"

namespace pannier {
namespace {

const std::map<std::string, std::string> kModel = {
    {"config.json", R"({"model_type":"bert","architectures":["BertModel"]})"},
    {"model.safetensors", ""},
    {"tokenizer.json", "{}"},
    {"tokenizer_config.json", "{}"}};

TEST(Closure, WhatUpstreamHasAndLoadingLooksForIsNotLeftOut) {
  for (const char* path : {"config.json", "tokenizer.json", "tokenizer_config.json"}) {
    TestRepository repository(kModel);
    repository.leave_out(path);
    const auto findings = repository.find();
    EXPECT_EQ(told(findings), std::string("error missing ") + path + "\n");
    EXPECT_NE(findings[0].message.find("is left out (not in --include)"), std::string::npos);
  }
  for (const char* path :
       {"generation_config.json", "chat_template.jinja", "preprocessor_config.json", "modules.json",
        "sentence_bert_config.json", "config_sentence_transformers.json"}) {
    auto files = kModel;
    files[path] = "{}";
    TestRepository repository(files);
    repository.leave_out(path, "--exclude '*'");
    EXPECT_NE(told(repository.find()).find(std::string("error missing ") + path + "\n"), std::string::npos)
        << path;
  }
  // What comes with another format's weights goes with them.
  TestRepository onnx(kModel);
  onnx.leave_out("onnx/config.json", "ONNX weights; model.safetensors is taken");
  EXPECT_EQ(told(onnx.find(), Severity::kRemark), "");
}

TEST(Closure, ACacheLacksWhatLoadingDidNotWant) {
  TestRepository repository(kModel);
  repository.snapshot().ref.kind = RefKind::kHfCache;
  repository.leave_out("generation_config.json", "not in the cache")
      .leave_out("README.md", "not in the cache");
  EXPECT_EQ(told(repository.find()), "warning missing generation_config.json\n");
}

TEST(Closure, ATokenizerAlone) {
  EXPECT_EQ(told(closure_of({{"tokenizer_config.json", R"({"tokenizer_class":"BertTokenizer"})"}})),
            "error missing tokenizer.json\n");
  EXPECT_EQ(told(closure_of({{"README.md", ""}}), Severity::kRemark), "");
  EXPECT_EQ(told(closure_of({{"model-q4.gguf", ""}}), Severity::kRemark), "");
}

TEST(Closure, AFailureToReadIsNoFinding) {
  for (const ErrorKind kind :
       {ErrorKind::kNetwork, ErrorKind::kDenied, ErrorKind::kInterrupted, ErrorKind::kIo}) {
    TestRepository repository(kModel);
    repository.failure = Error{kind, "failed", ""};
    const auto found = find_dependencies(repository.snapshot(), repository);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().kind, kind);
    EXPECT_EQ(repository.reads().size(), 1U);  // and nothing more is tried
  }
}

TEST(Closure, AFileThatCannotBeReadIsAFinding) {
  TestRepository repository(kModel);
  repository.failure = Error{ErrorKind::kCorrupt, "config.json: other contents", ""};
  EXPECT_NE(told(repository.find()).find("error config.json: other contents"), std::string::npos);
  for (const char* text : {"", "{", "\xff", "[1,2", "{\"a\":1}{"}) {
    auto files = kModel;
    files["config.json"] = text;
    const auto findings = closure_of(files);
    ASSERT_FALSE(findings.empty()) << text;
    EXPECT_EQ(findings[0].severity, Severity::kError) << text;
  }
  for (const char* text : {"[]", "7", "null", R"({"model_type":7,"architectures":[7],"auto_map":7})"}) {
    auto files = kModel;
    files["config.json"] = text;
    closure_of(files);  // odd, and no reason to fall over
  }
}

}  // namespace
}  // namespace pannier
