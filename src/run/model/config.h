// config.json: what the model is (family, task head) and how its scores are to be read, as transformers
// 5.23 resolves it. What a family needs beyond that it reads itself through ConfigReader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/model_files.h"
#include "base/result.h"

namespace pannier {

enum class ProblemType { kNone, kRegression, kSingleLabel, kMultiLabel };

// A parsed config.json.
class ModelConfig {
 public:
  // kIncomplete where there is no config.json; kCorrupt, kLimit. The text form is for tests and fuzzers.
  static Result<ModelConfig> load(const ModelFiles& files);
  static Result<ModelConfig> parse(std::string text);

  JsonValue root() const { return document_.root(); }
  // "distilbert"; empty where the file does not say.
  const std::string& model_type() const { return model_type_; }
  // "DistilBertForSequenceClassification"; may be empty.
  const std::vector<std::string>& architectures() const { return architectures_; }

 private:
  explicit ModelConfig(JsonDocument document) : document_(std::move(document)) {}
  Status read_identity();

  JsonDocument document_;
  std::string model_type_;
  std::vector<std::string> architectures_;
};

// Labels of a classifier: what `id2label`, `num_labels` and `problem_type` come to together.
struct LabelConfig {
  std::vector<std::string> labels;  // by output index, at least one
  ProblemType problem_type = ProblemType::kNone;
};

// As transformers 5.23 does it: `num_labels`, where the file has it and it differs from the length of
// `id2label`, wins and the labels become LABEL_0 …; without either there are LABEL_0 and LABEL_1.
// kCorrupt for ids that are not 0 … n - 1, labels that are not text, no label at all, one label for
// "single_label_classification".
Result<LabelConfig> read_labels(const ModelConfig& config);

// Reads numbers and words of the model's shape, with the default a family gives them.
class ConfigReader {
 public:
  explicit ConfigReader(const ModelConfig& config) : root_(config.root()) {}

  // A whole number in [1, max]; the default where the key is absent. kCorrupt, kLimit.
  Result<uint32_t> dimension(std::string_view key, uint32_t default_value, uint32_t max) const;
  Result<std::string> word(std::string_view key, std::string_view default_value) const;
  Result<bool> flag(std::string_view key, bool default_value) const;
  // What a normalisation adds to a variance: above 0, below 1. kCorrupt.
  Result<float> epsilon(std::string_view key, float default_value) const;

 private:
  JsonValue root_;
};

// An Error about a member of config.json, where it lies included.
Error config_error(ErrorKind kind, JsonValue value, std::string_view key, const std::string& reason);

}  // namespace pannier
