// The task table: see tasks.h. A new task is a row here and a pipeline file.
#include "run/pipeline/tasks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace pannier {
namespace {

constexpr std::array<std::string_view, 1> kTextClassificationAliases = {"sentiment-analysis"};

constexpr std::array<Task, 3> kTasks = {{
    {TaskKind::kTextClassification, "text-classification", kTextClassificationAliases,
     "a text to its best label and the score of it"},
    {TaskKind::kFeatureExtraction, "feature-extraction", {}, "a text to the vectors of its tokens"},
    {TaskKind::kSentenceSimilarity,
     "sentence-similarity",
     {},
     "a source text and others to how near each is to it"},
}};

// What transformers.pipeline 5.23 knows besides: well-formed questions we have no answer to yet.
constexpr std::array<std::string_view, 24> kOtherTasks = {
    "any-to-any",
    "audio-classification",
    "automatic-speech-recognition",
    "depth-estimation",
    "document-question-answering",
    "fill-mask",
    "image-classification",
    "image-feature-extraction",
    "image-segmentation",
    "image-text-to-text",
    "keypoint-matching",
    "mask-generation",
    "ner",
    "object-detection",
    "table-question-answering",
    "text-generation",
    "text-to-audio",
    "text-to-speech",
    "token-classification",
    "video-classification",
    "vqa",
    "zero-shot-audio-classification",
    "zero-shot-classification",
    "zero-shot-image-classification",
};

// Levenshtein: single letters to insert, delete or replace.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::vector<std::string_view> names_of(const Task& task) {
  std::vector<std::string_view> names = {task.name};
  names.insert(names.end(), task.aliases.begin(), task.aliases.end());
  return names;
}

std::string supported_names() {
  std::string text;
  for (const Task& task : kTasks) {
    for (const std::string_view name : names_of(task)) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

// The nearest name within a third of its letters, or empty.
std::string_view nearest_name(std::string_view name) {
  constexpr size_t kNameBytesMax = 64;  // longer is no slip of the finger, and the distance is quadratic
  if (name.size() > kNameBytesMax) return {};
  std::string_view nearest;
  size_t nearest_distance = SIZE_MAX;
  for (const Task& task : kTasks) {
    for (const std::string_view candidate : names_of(task)) {
      const size_t distance = edit_distance(name, candidate);
      if (distance <= candidate.size() / 3 && distance < nearest_distance) {
        nearest = candidate;
        nearest_distance = distance;
      }
    }
  }
  return nearest;
}

}  // namespace

std::span<const Task> all_tasks() { return kTasks; }

Result<const Task*> find_task(std::string_view name) {
  for (const Task& task : kTasks) {
    for (const std::string_view known : names_of(task)) {
      if (known == name) return &task;
    }
  }
  if (std::find(kOtherTasks.begin(), kOtherTasks.end(), name) != kOtherTasks.end()) {
    return Error{ErrorKind::kUnsupported, "task '" + std::string(name) + "' is not supported",
                 "supported: " + supported_names()};
  }
  const std::string_view nearest = nearest_name(name);
  return Error{
      ErrorKind::kInvalid, "there is no task '" + std::string(name) + "'",
      nearest.empty() ? "supported: " + supported_names() : "did you mean '" + std::string(nearest) + "'?"};
}

}  // namespace pannier
