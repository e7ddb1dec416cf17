// Loading golden models, changed or not, for tests of families.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "run/model/families.h"
#include "run/ops/dispatch.h"
#include "run/weights/weights_test_support.h"

namespace pannier {

using ModelContents = std::map<std::string, std::string>;

inline Result<ModelSource> model_source(const ModelFiles& files, const ModelConfig& config) {
  ModelSource source;
  source.config = &config;
  PANNIER_ASSIGN(source.weights, open_weights(files));
  source.kernels = &active_kernels();
  return source;
}

// As the pipelines do it, labels of config.json included.
inline Result<std::unique_ptr<SequenceClassifier>> load_classifier(const ModelContents& contents) {
  const auto files = model_files_from_memory("dir:m", contents);
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::load(*files));
  PANNIER_ASSIGN(const ModelFamily* const family, find_classifier_family(config));
  PANNIER_ASSIGN(const LabelConfig labels, read_labels(config));
  PANNIER_ASSIGN(ModelSource source, model_source(*files, config));
  return family->load_classifier(std::move(source), static_cast<uint32_t>(labels.labels.size()));
}

inline Result<std::unique_ptr<TextEncoder>> load_encoder(const ModelContents& contents) {
  const auto files = model_files_from_memory("dir:m", contents);
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::load(*files));
  PANNIER_ASSIGN(const ModelFamily* const family, find_encoder_family(config));
  PANNIER_ASSIGN(ModelSource source, model_source(*files, config));
  return family->load_encoder(std::move(source));
}

// tests/goldens/logits/models/NAME with its config.json changed.
inline ModelContents golden_model_with(const std::string& name, const std::string& from,
                                       const std::string& to) {
  ModelContents contents = golden_model(name);
  contents["config.json"] = with_replaced(contents["config.json"], from, to);
  return contents;
}

template <class Model>
void expect_refused(const Result<Model>& result, ErrorKind kind, const std::string& reason) {
  ASSERT_FALSE(result.ok()) << reason;
  EXPECT_EQ(result.error().kind, kind) << result.error().message;
  EXPECT_NE(result.error().message.find(reason), std::string::npos) << result.error().message;
}

}  // namespace pannier
