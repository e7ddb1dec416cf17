// The table of model families: config.json says which one a folder holds, the family builds the model.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "run/model/sequence_classifier.h"
#include "run/model/text_encoder.h"

namespace pannier {

// One supported family. Its loaders' errors are kCorrupt, kIncomplete, kUnsupported, kLimit: naming the
// key of config.json or the tensors.
struct ModelFamily {
  std::string_view model_type;               // "bert"
  std::string_view class_prefix;             // "Bert": its classes are BertModel, BertForMaskedLM, …
  std::string_view base_architecture;        // "BertModel"
  std::string_view classifier_architecture;  // "BertForSequenceClassification"
  Result<std::unique_ptr<TextEncoder>> (*load_encoder)(ModelSource source);
  Result<std::unique_ptr<SequenceClassifier>> (*load_classifier)(ModelSource source, uint32_t label_count);
};

// The family whose encoder the folder's model is, whatever head it has besides. kIncomplete where
// config.json does not say what the model is; kUnsupported, naming what is supported, for others.
Result<const ModelFamily*> find_encoder_family(const ModelConfig& config);

// The family of a model that classifies texts; errors as above, and kUnsupported for a model whose
// "architectures" say that it was made for another task.
Result<const ModelFamily*> find_classifier_family(const ModelConfig& config);

}  // namespace pannier
