#include <gtest/gtest.h>

#include "carry/connected/closure/closure_testing.h"

namespace pannier {
namespace {

const std::string kBert = R"({"model_type":"bert","architectures":["BertForSequenceClassification"]})";

TEST(TransformersCheck, AWholeModelNeedsNothing) {
  EXPECT_EQ(told(closure_of({{"config.json", kBert},
                             {"model.safetensors", ""},
                             {"tokenizer.json", "{}"},
                             {"tokenizer_config.json", "{}"}}),
                 Severity::kRemark),
            "");
  // The older file of the class is as good.
  EXPECT_EQ(told(closure_of({{"config.json", kBert},
                             {"pytorch_model.bin", ""},
                             {"vocab.txt", ""},
                             {"tokenizer_config.json", R"({"tokenizer_class":"BertTokenizerFast"})"}}),
                 Severity::kRemark),
            "");
}

TEST(TransformersCheck, ALostVocabularyIsSilentlyWrong) {
  const auto findings =
      closure_of({{"config.json", kBert}, {"model.safetensors", ""}, {"tokenizer_config.json", "{}"}});
  EXPECT_EQ(told(findings), "error missing tokenizer.json\n");
  EXPECT_NE(findings[0].message.find("wrong without an error"), std::string::npos) << findings[0].message;
  EXPECT_NE(findings[0].message.find("vocab.txt"), std::string::npos) << findings[0].message;
}

TEST(TransformersCheck, HalfOfAPairIsNoVocabulary) {
  const std::string config = R"({"model_type":"gpt2","architectures":["GPT2LMHeadModel"]})";
  EXPECT_EQ(told(closure_of({{"config.json", config}, {"model.safetensors", ""}, {"vocab.json", "{}"}})),
            "error missing merges.txt\n");
  EXPECT_EQ(told(closure_of({{"config.json", config}, {"model.safetensors", ""}, {"merges.txt", ""}})),
            "error missing vocab.json\n");
  EXPECT_EQ(
      told(closure_of(
          {{"config.json", config}, {"model.safetensors", ""}, {"vocab.json", "{}"}, {"merges.txt", ""}})),
      "");
}

TEST(TransformersCheck, VocabulariesOfEachFamily) {
  struct Row {
    const char* model_type;
    const char* file;
  };
  for (const Row& row : {Row{"t5", "spiece.model"}, Row{"xlm-roberta", "sentencepiece.bpe.model"},
                         Row{"deberta-v2", "spm.model"}, Row{"mpnet", "vocab.txt"}, Row{"esm", "vocab.txt"},
                         Row{"albert", "spiece.model"}}) {
    const std::string config =
        std::string(R"({"architectures":["X"],"model_type":")") + row.model_type + "\"}";
    EXPECT_EQ(told(closure_of({{"config.json", config}, {"model.safetensors", ""}, {row.file, ""}})), "")
        << row.model_type;
    EXPECT_NE(told(closure_of({{"config.json", config}, {"model.safetensors", ""}})), "") << row.model_type;
  }
  // A class that reads only its own file is not helped by tokenizer.json.
  EXPECT_EQ(told(closure_of({{"config.json", R"({"model_type":"tapas","architectures":["X"]})"},
                             {"model.safetensors", ""},
                             {"tokenizer.json", "{}"}}))
                .substr(0, 8),
            "warning ");
  // Bytes need no vocabulary.
  EXPECT_EQ(told(closure_of({{"config.json", R"({"model_type":"x","architectures":["X"]})"},
                             {"model.safetensors", ""},
                             {"tokenizer_config.json", R"({"tokenizer_class":"ByT5Tokenizer"})"}})),
            "");
}

TEST(TransformersCheck, AnUnknownClassNeedsSomeVocabulary) {
  const std::string settings = R"({"tokenizer_class":"NobodyKnowsTokenizer"})";
  const std::string config = R"({"model_type":"nobody","architectures":["X"]})";
  EXPECT_EQ(told(closure_of(
                {{"config.json", config}, {"model.safetensors", ""}, {"tokenizer_config.json", settings}})),
            "error missing tokenizer.json\n");
  EXPECT_EQ(told(closure_of({{"config.json", config},
                             {"model.safetensors", ""},
                             {"tokenizer_config.json", settings},
                             {"tokenizer.model", ""}})),
            "");
}

TEST(TransformersCheck, WithoutConfigOrWeights) {
  EXPECT_EQ(told(closure_of({{"model.safetensors", ""}, {"tokenizer.json", "{}"}})),
            "error missing config.json\n");
  EXPECT_NE(told(closure_of({{"config.json", kBert}, {"tokenizer.json", "{}"}})).find("holds no weights"),
            std::string::npos);
  EXPECT_NE(told(closure_of({{"config.json", kBert}, {"tokenizer.json", "{}"}, {"tf_model.h5", ""}}))
                .find("warning the repository holds only TensorFlow weights"),
            std::string::npos);
  // Other libraries have a config.json too.
  EXPECT_EQ(told(closure_of({{"config.json", R"({"architecture":"resnet18"})"}, {"model.safetensors", ""}})),
            "");
}

TEST(TransformersCheck, SeeingAndHearingModelsNeedAProcessor) {
  const std::string vit = R"({"model_type":"vit","architectures":["ViTForImageClassification"]})";
  EXPECT_EQ(told(closure_of({{"config.json", vit}, {"model.safetensors", ""}})),
            "error missing preprocessor_config.json\n");
  EXPECT_EQ(
      told(closure_of({{"config.json", vit}, {"model.safetensors", ""}, {"preprocessor_config.json", "{}"}})),
      "");
  const std::string ctc = R"({"model_type":"wav2vec2","architectures":["Wav2Vec2ForCTC"]})";
  EXPECT_EQ(told(closure_of({{"config.json", ctc}, {"model.safetensors", ""}})),
            "error missing vocab.json\nerror missing preprocessor_config.json\n");
  // What only classifies sounds writes no letters.
  EXPECT_EQ(
      told(closure_of({{"config.json",
                        R"({"model_type":"wav2vec2","architectures":["Wav2Vec2ForSequenceClassification"]})"},
                       {"model.safetensors", ""},
                       {"preprocessor_config.json", "{}"}})),
      "");
  TestRepository tagged(
      {{"config.json", R"({"model_type":"x","architectures":["X"]})"}, {"model.safetensors", ""}});
  tagged.snapshot().pipeline_tag = "image-classification";
  EXPECT_EQ(told(tagged.find()), "error missing preprocessor_config.json\n");
}

TEST(TransformersCheck, ChatsNeedATemplate) {
  const std::string config = R"({"model_type":"qwen2","architectures":["Qwen2ForCausalLM"]})";
  const std::map<std::string, std::string> files = {{"config.json", config},
                                                    {"model.safetensors", ""},
                                                    {"tokenizer.json", "{}"},
                                                    {"tokenizer_config.json", "{}"},
                                                    {"generation_config.json", "{}"}};
  TestRepository without(files);
  without.snapshot().tags = {"conversational"};
  EXPECT_NE(told(without.find()).find("no chat template"), std::string::npos);
  auto with = files;
  with["chat_template.jinja"] = "x";
  TestRepository good(with);
  good.snapshot().tags = {"conversational"};
  EXPECT_EQ(told(good.find(), Severity::kRemark), "");
  auto inside = files;
  inside["tokenizer_config.json"] = R"({"chat_template":"x"})";
  TestRepository also_good(inside);
  also_good.snapshot().tags = {"conversational"};
  EXPECT_EQ(told(also_good.find(), Severity::kRemark), "");
}

TEST(TransformersCheck, ATokenizerOfTheNextReleaseIsRemarkedOn) {
  const auto findings = closure_of({{"config.json", kBert},
                                    {"model.safetensors", ""},
                                    {"tokenizer.json", "{}"},
                                    {"tokenizer_config.json", R"({"tokenizer_class":"TokenizersBackend"})"}});
  EXPECT_NE(told(findings, Severity::kRemark).find("release 4 refuses it"), std::string::npos);
  EXPECT_EQ(told(findings), "");
}

}  // namespace
}  // namespace pannier
