// Tests of the classification head: missing, misshapen, and independent of threads and batch.
#include "run/model/pooled_classifier.h"

#include <cmath>

#include "run/model/model_test_support.h"

namespace pannier {
namespace {

// tests/goldens/logits/encoders/NAME: no head that classifies.
ModelContents headless_model(const std::string& name) { return golden_model("../encoders/" + name); }

TEST(PooledClassifierTest, ACheckpointWithoutTheHeadIsToldSoByName) {
  // Its config.json names no architecture, so only the tensors can tell.
  expect_refused(load_classifier(headless_model("bert-pretraining-f32")), ErrorKind::kIncomplete,
                 "model.safetensors has no classification head: there is no 'classifier.weight'");
  expect_refused(load_classifier(headless_model("bert-f32")), ErrorKind::kIncomplete,
                 "there is no 'classifier.weight' (config.json says: BertModel)");
  expect_refused(load_classifier(headless_model("distilbert-no-prefix-f32")), ErrorKind::kIncomplete,
                 "there is no 'classifier.weight' (config.json says: DistilBertModel)");
}

TEST(PooledClassifierTest, AHeadOfAnotherTaskIsRefused) {
  expect_refused(load_classifier(headless_model("bert-masked-lm-f16")), ErrorKind::kUnsupported,
                 "'BertForMaskedLM'");
}

TEST(PooledClassifierTest, AHeadForOtherLabelsIsRefused) {
  expect_refused(load_classifier(golden_model_with("bert-three-labels-f32", "{", "{\"num_labels\": 4,")),
                 ErrorKind::kCorrupt, "'classifier.weight' is [3, 32] and should be [4, 32]");
}

TEST(PooledClassifierTest, LogitsAreTheSameBitsAloneAndInABatch) {
  for (const char* name : {"bert-three-labels-f32", "three-labels-f32"}) {
    const auto loaded = load_classifier(golden_model(name));
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    const SequenceClassifier& model = **loaded;
    const TokenBatch batch = {{2, 5, 9, 3, 2, 3, 2, 11, 12, 13, 14, 3}, {}, {0, 4, 6, 12}};
    ThreadPool pool(2);
    ModelState parallel(OpContext(model.encoder().kernels(), &pool));
    ModelState serial(OpContext(model.encoder().kernels(), nullptr));
    std::vector<float> together(9);
    model.logits(batch, parallel, together);
    for (size_t s = 0; s < 3; ++s) {
      TokenBatch alone;
      alone.ids.assign(batch.ids.begin() + batch.starts[s], batch.ids.begin() + batch.starts[s + 1]);
      alone.starts = {0, static_cast<uint32_t>(alone.ids.size())};
      std::vector<float> logits(3);
      model.logits(alone, serial, logits);
      EXPECT_EQ(std::memcmp(logits.data(), &together[3 * s], 3 * sizeof(float)), 0) << name << s;
    }
  }
}

}  // namespace
}  // namespace pannier
