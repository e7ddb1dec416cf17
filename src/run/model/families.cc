// The table of families that classify texts. To add one: a file that maps its tensor names, a row here.
#include <algorithm>
#include <array>

#include "run/model/distilbert.h"
#include "run/model/sequence_classifier.h"

namespace pannier {
namespace {

constexpr std::array<ClassifierFamily, 1> kFamilies = {{
    {"DistilBertForSequenceClassification", "distilbert", load_distilbert_classifier},
}};

std::string supported_names() {
  std::string names;
  for (const ClassifierFamily& family : kFamilies) {
    names += (names.empty() ? "" : ", ") + std::string(family.architecture);
  }
  return names;
}

Error unsupported(const std::string& what) {
  return {ErrorKind::kUnsupported,
          "config.json: " + what + "; supported for text-classification: " + supported_names(),
          "use a model of a supported architecture, fine-tuned for classification"};
}

}  // namespace

Result<const ClassifierFamily*> find_classifier_family(const ModelConfig& config) {
  const std::vector<std::string>& architectures = config.architectures();
  if (architectures.empty() && config.model_type().empty()) {
    return unsupported("neither 'architectures' nor 'model_type' says what the model is");
  }
  for (const ClassifierFamily& family : kFamilies) {
    const bool architecture_fits =
        architectures.empty() ||
        std::find(architectures.begin(), architectures.end(), family.architecture) != architectures.end();
    const bool type_fits = config.model_type().empty() || config.model_type() == family.model_type;
    if (architecture_fits && type_fits) return &family;
  }
  std::string asked;
  for (const std::string& architecture : architectures)
    asked += (asked.empty() ? "'" : ", '") + architecture + "'";
  if (asked.empty()) asked = "none";
  return unsupported("architecture " + asked + " of model_type '" + config.model_type() +
                     "' is not supported");
}

}  // namespace pannier
