// Which files a tokenizer is loaded from, by its class or by the model's type.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pannier {

struct TokenizerClass {
  std::string_view name;   // "BertTokenizer"
  std::string_view files;  // of its own format, a space between them: "merges.txt vocab.json"
  bool is_fast;            // tokenizer.json alone is enough
};

struct ModelTypeTokenizer {
  std::string_view model_type;  // "bert"
  std::string_view tokenizer_class;
};

// Sorted by name, by model type. Read out of the release that `tokenizer_files_source` names
// (tools/make_tokenizer_files.py).
std::span<const TokenizerClass> tokenizer_classes();
std::span<const ModelTypeTokenizer> model_type_tokenizers();
std::string_view tokenizer_files_source();

// The row of a class ("Fast" at its end does not matter); null where none is known.
const TokenizerClass* find_tokenizer_class(std::string_view name);
// The class that a model of this type is loaded with; null where it has no tokenizer, or none is known.
const TokenizerClass* tokenizer_class_of_model(std::string_view model_type);

}  // namespace pannier
