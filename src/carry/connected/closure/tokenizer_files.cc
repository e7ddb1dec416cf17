#include "carry/connected/closure/tokenizer_files.h"

#include <algorithm>

namespace pannier {
namespace {

#include "carry/connected/closure/tokenizer_files.inc"

}  // namespace

std::span<const TokenizerClass> tokenizer_classes() { return kTokenizerClasses; }
std::span<const ModelTypeTokenizer> model_type_tokenizers() { return kModelTypes; }
std::string_view tokenizer_files_source() { return kTokenizerFilesSource; }

const TokenizerClass* find_tokenizer_class(std::string_view name) {
  const auto find = [](std::string_view wanted) -> const TokenizerClass* {
    const auto place =
        std::lower_bound(std::begin(kTokenizerClasses), std::end(kTokenizerClasses), wanted,
                         [](const TokenizerClass& row, std::string_view text) { return row.name < text; });
    return place != std::end(kTokenizerClasses) && place->name == wanted ? &*place : nullptr;
  };
  constexpr std::string_view kFast = "Fast";
  if (name.ends_with(kFast)) {
    if (const TokenizerClass* plain = find(name.substr(0, name.size() - kFast.size()))) return plain;
  }
  return find(name);
}

const TokenizerClass* tokenizer_class_of_model(std::string_view model_type) {
  const auto place = std::lower_bound(
      std::begin(kModelTypes), std::end(kModelTypes), model_type,
      [](const ModelTypeTokenizer& row, std::string_view text) { return row.model_type < text; });
  if (place == std::end(kModelTypes) || place->model_type != model_type) return nullptr;
  return find_tokenizer_class(place->tokenizer_class);
}

}  // namespace pannier
