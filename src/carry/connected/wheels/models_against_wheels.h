// models_against_wheels: whether the carried models load with the carried transformers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/lock_file.h"

namespace pannier {

// What a model's own files say about the transformers that made it.
struct ModelFacts {
  std::string name;
  std::string tokenizer_class;       // of tokenizer_config.json
  std::string transformers_version;  // of config.json
};

// Either text may be empty (no such file). kCorrupt where one is no JSON object.
Result<ModelFacts> read_model_facts(std::string name, std::string_view tokenizer_config,
                                    std::string_view config);

// A sentence for each model and wheelhouse that do not go together, naming both, and what to do.
std::vector<std::string> check_models_against_wheels(const std::vector<ModelFacts>& models,
                                                     const std::vector<LockedWheelhouse>& wheelhouses);

}  // namespace pannier
