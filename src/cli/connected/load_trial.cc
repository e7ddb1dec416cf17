#include "cli/connected/load_trial.h"

#include <fmt/core.h>

#include <chrono>

#include "base/child_process.h"
#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "carry/connected/load_check.h"
#include "cli/exit_codes.h"
#include "cli/interrupt.h"

namespace pannier {
namespace {

constexpr const char* kSentence = "This is a test of what was carried.";
constexpr auto kLongest = std::chrono::minutes(10);

// What the folder is made for, as far as the engine's tasks go.
Result<std::vector<std::string>> task_of(const ModelFiles& files) {
  if (files.has("modules.json")) return std::vector<std::string>{"feature-extraction", "--pooled"};
  if (!files.has("config.json")) return std::vector<std::string>{};
  PANNIER_ASSIGN(const std::unique_ptr<FileView> view, files.open("config.json"));
  if (view->bytes().size() > limits::kConfigBytesMax) return std::vector<std::string>{};
  PANNIER_ASSIGN(const JsonDocument config,
                 JsonDocument::parse(std::string(as_text(view->bytes())), "config.json"));
  for (const JsonValue architecture : config.root()["architectures"].elements()) {
    if (architecture.as_string().value_or("").ends_with("ForSequenceClassification")) {
      return std::vector<std::string>{"text-classification"};
    }
  }
  return std::vector<std::string>{"feature-extraction"};
}

std::string last_lines(const std::string& text) {
  std::string kept = text.size() > 2000 ? text.substr(text.size() - 2000) : text;
  while (!kept.empty() && kept.back() == '\n') kept.pop_back();
  return for_display(kept);
}

Result<LoadOutcome> check_files(const std::string& name, const ModelFiles& files) {
  PANNIER_ASSIGN(const LoadCheck check, check_model_files(files));
  return LoadOutcome{name, false,
                     fmt::format("not a model the engine runs; checked {} tensors in {} files",
                                 check.tensor_count, check.checked.size())};
}

}  // namespace

Result<LoadOutcome> try_load(const std::string& name, const std::string& argument, const std::string& store,
                             const ModelFiles& files) {
  auto task = task_of(files);
  if (!task.ok()) return with_context(std::move(task).error(), name);
  if (task->empty()) return check_files(name, files);
  ProgramCall call;
  call.arguments = {"/proc/self/exe", "run"};
  call.arguments.insert(call.arguments.end(), task->begin(), task->end());
  call.arguments.insert(call.arguments.end(), {"-m", argument, "--json", "--quiet"});
  if (!store.empty()) call.arguments.insert(call.arguments.end(), {"--store", store});
  call.arguments.emplace_back(kSentence);
  call.time_max = kLongest;
  call.cancel = interrupt_flag();
  PANNIER_ASSIGN(const ProgramEnd end, run_program(call));
  if (end.exit_status == kExitOk) return LoadOutcome{name, true, task->front() + " ran"};
  if (end.exit_status == exit_code_of(ErrorKind::kUnsupported)) return check_files(name, files);
  const ErrorKind kind =
      end.exit_status == exit_code_of(ErrorKind::kCorrupt) ? ErrorKind::kCorrupt : ErrorKind::kIncomplete;
  return Error{kind, fmt::format("{} does not run: {}", name, last_lines(end.errors)),
               "mend what is missing, or carry it all the same with --no-load-test"};
}

}  // namespace pannier
