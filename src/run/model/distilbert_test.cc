// Tests of loading DistilBERT: what a wrong configuration or wrong weights are told. Its numbers are
// held to transformers in run/pipeline/text_classification_golden_test.cc.
#include "run/model/distilbert.h"

#include "run/model/model_test_support.h"

namespace pannier {
namespace {

using Loaded = Result<std::unique_ptr<SequenceClassifier>>;

// Loads a golden model (three labels) with that text in place of another in its config.json.
Loaded load_with(const std::string& from, const std::string& to) {
  return load_classifier(golden_model_with("three-labels-f32", from, to));
}

TEST(DistilBertTest, LoadsAndSaysWhatItTakes) {
  const auto model = load_with("\"dim\": 32", "\"dim\": 32");
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ((*model)->label_count(), 3u);
  EXPECT_EQ((*model)->encoder().vocabulary_size(), 93u);
  EXPECT_EQ((*model)->encoder().position_count(), 48u);
  EXPECT_EQ((*model)->encoder().stored_types(), std::vector<DType>{DType::kF32});
}

TEST(DistilBertTest, HeadsThatDoNotDivideTheWidthAreRefused) {
  expect_refused(load_with("\"n_heads\": 4", "\"n_heads\": 5"), ErrorKind::kCorrupt,
                 "'n_heads' is 5, which does not divide dim 32");
}

TEST(DistilBertTest, ZeroAndHugeDimensionsAreRefused) {
  expect_refused(load_with("\"dim\": 32", "\"dim\": 0"), ErrorKind::kCorrupt,
                 "'dim' is not a whole number above 0");
  expect_refused(load_with("\"n_layers\": 2", "\"n_layers\": 0"), ErrorKind::kCorrupt, "'n_layers'");
  expect_refused(load_with("\"n_layers\": 2", "\"n_layers\": 4000000000"), ErrorKind::kLimit, "'n_layers'");
  expect_refused(load_with("\"hidden_dim\": 64", "\"hidden_dim\": 99999999"), ErrorKind::kLimit,
                 "'hidden_dim'");
  expect_refused(load_with("\"vocab_size\": 93", "\"vocab_size\": -1"), ErrorKind::kCorrupt, "'vocab_size'");
}

TEST(DistilBertTest, AnUnknownActivationIsToldWhatIsSupported) {
  expect_refused(load_with("\"activation\": \"gelu\"", "\"activation\": \"silu\""), ErrorKind::kUnsupported,
                 "'activation' is 'silu'; supported: gelu, gelu_python, gelu_new");
}

TEST(DistilBertTest, AConfigOfAnotherSizeNamesTheTensorsThatDoNotFit) {
  expect_refused(load_with("\"hidden_dim\": 64", "\"hidden_dim\": 65"), ErrorKind::kCorrupt,
                 "'distilbert.transformer.layer.1.ffn.lin2.weight' is [32, 64] and should be [32, 65]");
  expect_refused(load_with("{", "{\"num_labels\": 4,"), ErrorKind::kCorrupt,
                 "'classifier.bias' is [3] and should be [4]");
}

TEST(DistilBertTest, MissingTensorsAreAllNamed) {
  const auto model = load_with("\"n_layers\": 2", "\"n_layers\": 3");
  expect_refused(model, ErrorKind::kIncomplete, "lacks 16 tensor(s)");
  expect_refused(model, ErrorKind::kIncomplete,
                 "'distilbert.transformer.layer.2.output_layer_norm.bias' [32]");
}

}  // namespace
}  // namespace pannier
