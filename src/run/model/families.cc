// The table of model families. To add one: a file that maps its keys and tensor names, a row here.
#include "run/model/families.h"

#include <algorithm>
#include <array>
#include <string>

#include "run/model/bert.h"
#include "run/model/distilbert.h"

namespace pannier {
namespace {

constexpr std::array<ModelFamily, 2> kFamilies = {{
    {"bert", "Bert", "BertModel", "BertForSequenceClassification", load_bert_encoder, load_bert_classifier},
    {"distilbert", "DistilBert", "DistilBertModel", "DistilBertForSequenceClassification",
     load_distilbert_encoder, load_distilbert_classifier},
}};

template <class Name>
std::string joined(const Name& name_of_family) {
  std::string names;
  for (const ModelFamily& family : kFamilies) {
    names += (names.empty() ? "" : ", ") + std::string(name_of_family(family));
  }
  return names;
}

// "'BertForMaskedLM', 'Other'", or "none".
std::string listed(const std::vector<std::string>& architectures) {
  std::string names;
  for (const std::string& name : architectures) names += (names.empty() ? "'" : ", '") + name + "'";
  return names.empty() ? "none" : names;
}

// BertModel, BertForMaskedLM, BertLMHeadModel: of the family "Bert"; BertweetModel is not.
bool is_class_of(const std::string& architecture, const ModelFamily& family) {
  if (!architecture.starts_with(family.class_prefix)) return false;
  const std::string_view rest = std::string_view(architecture).substr(family.class_prefix.size());
  return rest.starts_with("Model") || rest.starts_with("For") || rest.starts_with("LMHead");
}

// By "model_type", which decides in transformers; where the file lacks it, by the classes it names.
const ModelFamily* family_of(const ModelConfig& config) {
  for (const ModelFamily& family : kFamilies) {
    if (config.model_type() == family.model_type) return &family;
    if (!config.model_type().empty()) continue;
    for (const std::string& architecture : config.architectures()) {
      if (is_class_of(architecture, family)) return &family;
    }
  }
  return nullptr;
}

}  // namespace

Result<const ModelFamily*> find_encoder_family(const ModelConfig& config) {
  if (config.architectures().empty() && config.model_type().empty()) {
    return Error{ErrorKind::kIncomplete,
                 "config.json says in neither 'model_type' nor 'architectures' what the model is",
                 "add the model_type it was made with, one of: " +
                     joined([](const ModelFamily& family) { return family.model_type; })};
  }
  if (const ModelFamily* family = family_of(config)) return family;
  return Error{ErrorKind::kUnsupported,
               "config.json: architecture " + listed(config.architectures()) + " of model_type '" +
                   config.model_type() + "' is not supported; supported model types: " +
                   joined([](const ModelFamily& family) { return family.model_type; }),
               "use a model of a supported type"};
}

Result<const ModelFamily*> find_classifier_family(const ModelConfig& config) {
  PANNIER_ASSIGN(const ModelFamily* const family, find_encoder_family(config));
  const std::vector<std::string>& architectures = config.architectures();
  const auto named = [&](std::string_view name) {
    return std::find(architectures.begin(), architectures.end(), name) != architectures.end();
  };
  // A head of another task may have the same tensor names (BertForTokenClassification has), so only a
  // folder that names no head at all is judged by its tensors.
  if (architectures.empty() || named(family->classifier_architecture) || named(family->base_architecture)) {
    return family;
  }
  return Error{ErrorKind::kUnsupported,
               "config.json: architecture " + listed(architectures) + " of model_type '" +
                   config.model_type() + "' is not supported; supported for text-classification: " +
                   joined([](const ModelFamily& f) { return f.classifier_architecture; }),
               "use a model of a supported architecture, fine-tuned for classification"};
}

}  // namespace pannier
