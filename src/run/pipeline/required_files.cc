// Missing files: see required_files.h.
#include "run/pipeline/required_files.h"

#include <string>
#include <vector>

#include "run/weights/weights.h"

namespace pannier {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

// transformers falls back to vocab.txt; without tokenizer_config.json it cannot know the letter case.
bool has_tokenizer(const ModelFiles& files) {
  return files.has("tokenizer.json") || (files.has("vocab.txt") && files.has("tokenizer_config.json"));
}

std::string missing_tokenizer(const ModelFiles& files) {
  if (files.has("vocab.txt")) return "tokenizer.json (or tokenizer_config.json beside vocab.txt)";
  if (files.has("tokenizer_config.json")) return "tokenizer.json (or vocab.txt beside tokenizer_config.json)";
  return "tokenizer.json (or vocab.txt with tokenizer_config.json)";
}

}  // namespace

Status check_required_files(const ModelFiles& files) {
  std::vector<std::string> missing;
  if (!files.has("config.json")) missing.emplace_back("config.json");
  const UnreadableWeights unreadable = describe_unreadable_weights(files);
  const bool weights_missing = !has_readable_weights(files);
  if (weights_missing) missing.emplace_back(kWeightFileNames);
  if (!has_tokenizer(files)) missing.push_back(missing_tokenizer(files));
  if (missing.empty()) return {};
  // Only the container is wrong: open_weights says which one it is, and what to do about it.
  if (missing.size() == 1 && weights_missing && !unreadable.containers.empty()) {
    auto opened = open_weights(files);
    if (!opened.ok()) return std::move(opened).error();
  }
  Error error;
  error.kind = ErrorKind::kIncomplete;
  error.message = files.label() + " lacks " + listed(missing);
  error.hint = "fetch the missing " + std::string(missing.size() == 1 ? "file" : "files") +
               " from where the model came from, into the same folder";
  if (weights_missing && !unreadable.containers.empty()) {
    error.hint += "; weights are there as " + unreadable.containers +
                  ", which this version recognises but does not read: " + unreadable.remedies;
  }
  return error;
}

}  // namespace pannier
