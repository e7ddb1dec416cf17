// The model that transformers.pipeline(TASK) takes when none is named: what `task:TASK` means.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "carry/connected/model_ref.h"

namespace pannier {

struct DefaultModel {
  std::string_view task;
  std::string_view repo;
  std::string_view revision;  // a short commit, as pipeline() asks for it
  std::string_view kind;      // "text", "image", "audio", "video", "multimodal"
};

struct TaskAlias {
  std::string_view alias;
  std::string_view task;
};

// Sorted by task, by alias. Read out of the release that `default_models_source` names
// (tools/make_default_models.py).
std::span<const DefaultModel> default_models();
std::span<const TaskAlias> task_aliases();
std::string_view default_models_source();

// The row of a task or of an alias. kNotFound with near names; kUnsupported for tasks that transformers
// has given up.
Result<DefaultModel> default_model_of_task(std::string_view task);

// `task:x` as the repository and short commit it stands for; its text stays what was written.
// REQUIRES: a ref of kind kTask.
Result<ModelRef> resolve_task(const ModelRef& ref);

}  // namespace pannier
