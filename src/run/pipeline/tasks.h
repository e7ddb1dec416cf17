// The tasks `run` can do, by the names transformers.pipeline and the Hub give them.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace pannier {

enum class TaskKind { kTextClassification, kFeatureExtraction, kSentenceSimilarity };

struct Task {
  TaskKind kind;
  std::string_view name;                      // "text-classification"
  std::span<const std::string_view> aliases;  // "sentiment-analysis"
  std::string_view summary;                   // for help: what goes in, what comes out
};

std::span<const Task> all_tasks();

// By name or alias. kUnsupported, naming what is supported, for a task of transformers' that we do not
// have; kInvalid with the nearest name for anything else.
Result<const Task*> find_task(std::string_view name);

}  // namespace pannier
