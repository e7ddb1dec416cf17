#include "carry/connected/hub/default_models.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/display.h"
#include "carry/store/near_names.h"

namespace pannier {
namespace {

#include "carry/connected/hub/default_models.inc"

constexpr size_t kDistanceMax = 4;

std::string near_tasks(std::string_view wanted) {
  std::pair<size_t, std::string_view> best = {kDistanceMax + 1, ""};
  for (const DefaultModel& row : kDefaultModels)
    best = std::min(best, {edit_distance(wanted, row.task), row.task});
  for (const TaskAlias& row : kTaskAliases)
    best = std::min(best, {edit_distance(wanted, row.alias), row.alias});
  if (best.first <= kDistanceMax) return fmt::format("did you mean task:{}?", best.second);
  std::string all;
  for (const DefaultModel& row : kDefaultModels) all += (all.empty() ? "" : ", ") + std::string(row.task);
  return "the tasks are " + all;
}

}  // namespace

std::span<const DefaultModel> default_models() { return kDefaultModels; }
std::span<const TaskAlias> task_aliases() { return kTaskAliases; }
std::string_view default_models_source() { return kDefaultModelsSource; }

Result<DefaultModel> default_model_of_task(std::string_view task) {
  std::string_view wanted = task;
  for (const TaskAlias& row : kTaskAliases) {
    if (row.alias == task) wanted = row.task;
  }
  for (const DefaultModel& row : kDefaultModels) {
    if (row.task == wanted) return row;
  }
  // "translation_en_to_fr" names its languages.
  const std::string_view family = task.substr(0, task.find('_'));
  if (std::find(std::begin(kRemovedTasks), std::end(kRemovedTasks), family) != std::end(kRemovedTasks)) {
    return Error{
        ErrorKind::kUnsupported,
        fmt::format("{} has no default model for \"{}\" any more", kDefaultModelsSource, for_message(task)),
        "name the model: org/name"};
  }
  return Error{ErrorKind::kNotFound,
               fmt::format("{} knows no task \"{}\"", kDefaultModelsSource, for_message(task)),
               near_tasks(task)};
}

Result<ModelRef> resolve_task(const ModelRef& ref) {
  assert(ref.kind == RefKind::kTask);
  PANNIER_ASSIGN(const DefaultModel row, default_model_of_task(ref.task));
  ModelRef out = ref;
  out.kind = RefKind::kHub;
  out.repo = row.repo;
  out.revision = row.revision;
  return out;
}

}  // namespace pannier
