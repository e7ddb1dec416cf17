// Tests of loading BERT: what a wrong configuration or wrong weights are told, and the names its tensors
// may have. Its numbers are held to transformers in absolute_position_encoder_test.cc and in
// run/pipeline/text_classification_golden_test.cc.
#include "run/model/bert.h"

#include "run/model/model_test_support.h"

namespace pannier {
namespace {

constexpr const char* kModel = "bert-three-labels-f32";

// The golden model with another name for a tensor.
ModelContents with_tensor_renamed(const std::string& from, const std::string& to) {
  ModelContents contents = golden_model(kModel);
  std::string& file = contents["model.safetensors"];
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
  file = with_replaced(file, "\"" + from + "\"", "\"" + to + "\"");
  header_bytes += to.size() - from.size();
  std::memcpy(file.data(), &header_bytes, sizeof header_bytes);
  return contents;
}

TEST(BertTest, LoadsAndSaysWhatItTakes) {
  const auto model = load_classifier(golden_model(kModel));
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ((*model)->label_count(), 3u);
  EXPECT_EQ((*model)->encoder().width(), 32u);
  EXPECT_EQ((*model)->encoder().vocabulary_size(), 93u);
  EXPECT_EQ((*model)->encoder().position_count(), 48u);
  EXPECT_EQ((*model)->encoder().type_count(), 2u);
  EXPECT_EQ((*model)->encoder().stored_types(), std::vector<DType>{DType::kF32});
}

TEST(BertTest, HeadsThatDoNotDivideTheWidthAreRefused) {
  expect_refused(
      load_classifier(golden_model_with(kModel, "\"num_attention_heads\": 4", "\"num_attention_heads\": 5")),
      ErrorKind::kCorrupt, "'num_attention_heads' is 5, which does not divide hidden_size 32");
}

TEST(BertTest, VariantsThatComputeSomethingElseAreRefused) {
  const auto with = [](const std::string& member) {
    return load_encoder(golden_model_with(kModel, "{", "{" + member + ","));
  };
  expect_refused(with(R"("position_embedding_type":"relative_key")"), ErrorKind::kUnsupported,
                 "'position_embedding_type' is 'relative_key'; supported: absolute");
  EXPECT_TRUE(with(R"("position_embedding_type":"absolute")").ok());
  expect_refused(load_encoder(golden_model_with(kModel, "\"is_decoder\": false", "\"is_decoder\": true")),
                 ErrorKind::kUnsupported, "'is_decoder' is true");
  expect_refused(
      load_encoder(golden_model_with(kModel, "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"silu\"")),
      ErrorKind::kUnsupported, "'hidden_act' is 'silu'; supported: gelu, ");
}

TEST(BertTest, AnEpsilonThatIsNoneIsRefused) {
  for (const char* epsilon : {"0", "-1e-12", "1", "1e400", "\"small\"", "null", "1e-60"}) {
    expect_refused(load_encoder(golden_model_with(kModel, "\"layer_norm_eps\": 1e-12",
                                                  "\"layer_norm_eps\": " + std::string(epsilon))),
                   ErrorKind::kCorrupt, "");
  }
}

TEST(BertTest, AConfigOfAnotherSizeNamesTheTensorsThatDoNotFit) {
  expect_refused(
      load_encoder(golden_model_with(kModel, "\"intermediate_size\": 64", "\"intermediate_size\": 65")),
      ErrorKind::kCorrupt, "'bert.encoder.layer.1.output.dense.weight' is [32, 64] and should be [32, 65]");
  expect_refused(load_encoder(golden_model_with(kModel, "\"type_vocab_size\": 2", "\"type_vocab_size\": 3")),
                 ErrorKind::kCorrupt,
                 "'bert.embeddings.token_type_embeddings.weight' is [2, 32] and should be [3, 32]");
}

TEST(BertTest, MissingTensorsAreAllNamed) {
  const auto model =
      load_encoder(golden_model_with(kModel, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"));
  expect_refused(model, ErrorKind::kIncomplete, "lacks 16 tensor(s)");
  expect_refused(model, ErrorKind::kIncomplete, "'bert.encoder.layer.2.output.LayerNorm.bias' [32]");
}

TEST(BertTest, FewerBlocksThanTheFileHoldsAreWhatConfigSays) {
  EXPECT_TRUE(
      load_encoder(golden_model_with(kModel, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1")).ok());
}

TEST(BertTest, AnEncoderNeedsNoPooler) {
  const auto contents = with_tensor_renamed("bert.pooler.dense.weight", "bert.pooler.other.weight");
  EXPECT_TRUE(load_encoder(contents).ok());
  expect_refused(load_classifier(contents), ErrorKind::kIncomplete, "'bert.pooler.dense.weight' [32, 32]");
}

// One tensor under two of its names: which one was trained, nobody can tell.
TEST(BertTest, ATensorUnderTwoNamesIsRefused) {
  // The pooler's bias has the shape of the gain whose old name it gets.
  const ModelContents doubled = with_tensor_renamed("bert.pooler.dense.bias", "embeddings.LayerNorm.gamma");
  expect_refused(load_encoder(doubled), ErrorKind::kCorrupt,
                 "under two names: 'bert.embeddings.LayerNorm.weight' and 'embeddings.LayerNorm.gamma'");
}

}  // namespace
}  // namespace pannier
