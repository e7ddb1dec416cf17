// run: native inference on texts from the command line, a file or standard input.
#include <algorithm>
#include <array>

#include "base/limits.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/model_argument.h"
#include "cli/run_task.h"
#include "cli/store_location.h"
#include "run/pipeline/tasks.h"

namespace pannier {
namespace {

struct TaskRunner {
  TaskKind kind;
  Status (*run)(const RunContext& context);
  bool takes_source = false;  // a text before the texts
  bool takes_top_k = false;
  bool takes_pooled = false;
};

constexpr std::array kRunners = {
    TaskRunner{TaskKind::kTextClassification, run_text_classification, false, true, false},
    TaskRunner{TaskKind::kFeatureExtraction, run_feature_extraction, false, false, true},
    TaskRunner{TaskKind::kSentenceSimilarity, run_sentence_similarity, true, false, false},
};

const TaskRunner& runner_of(const Task& task) {
  const auto* found = std::find_if(kRunners.begin(), kRunners.end(),
                                   [&](const TaskRunner& runner) { return runner.kind == task.kind; });
  assert(found != kRunners.end());
  return *found;
}

Result<TextFormat> parse_format(const std::string& word) {
  if (word == "auto") return TextFormat::kAuto;
  if (word == "lines") return TextFormat::kLines;
  if (word == "jsonl") return TextFormat::kJsonLines;
  return Error{ErrorKind::kInvalid, "--input-format is auto, lines or jsonl, not \"" + word + "\"", ""};
}

std::string take_first(std::vector<std::string>& words) {
  std::string first = std::move(words.front());
  words.erase(words.begin());
  return first;
}

// Takes MODEL from the front of the words where -m did not name it.
Status settle_model(const Args& args, RunRequest& request) {
  if (!request.model.empty()) return {};
  if (request.words.empty()) {
    return args.usage_error("no model is given",
                            "name a folder, or a model that `" + program_name() + " list` shows");
  }
  request.model = take_first(request.words);
  return {};
}

Status settle_source(const Args& args, const TaskRunner& runner, RunRequest& request) {
  if (!runner.takes_source) return {};
  if (request.words.empty()) {
    return args.usage_error("no source text is given",
                            "give the text that the others are compared with, then the others");
  }
  request.source = take_first(request.words);
  return {};
}

Status check_options(const Args& args, const Task& task, const TaskRunner& runner,
                     const RunRequest& request) {
  const std::string no_option = " means nothing for " + std::string(task.name);
  if (request.top_k && !runner.takes_top_k) return args.usage_error("--top-k" + no_option);
  if (request.pooled && !runner.takes_pooled) return args.usage_error("--pooled" + no_option);
  return {};
}

Result<std::unique_ptr<TextInput>> open_texts(const Args& args, const RunRequest& request) {
  PANNIER_ASSIGN(const TextFormat format, parse_format(request.input_format));
  if (!request.input.empty() && !request.words.empty()) {
    return args.usage_error("texts come from the command line or from -i, not from both");
  }
  if (request.from_file()) return texts_from_file(request.input.empty() ? "-" : request.input, format);
  if (request.words.empty()) {
    return args.usage_error("no text is given", "give texts, -i FILE, or - for standard input");
  }
  return texts_from_arguments(request.words);
}

std::string task_names() {
  std::string names;
  for (const Task& task : all_tasks()) {
    names += (names.empty() ? "" : ", ") + std::string(task.name);
    for (const std::string_view alias : task.aliases) names += " (or " + std::string(alias) + ")";
  }
  return names;
}

// Declares and parses what can be said; false where only help was asked for.
Result<bool> parse_request(Args& args, std::span<const std::string> words, RunRequest& request) {
  const std::string tasks = task_names();
  args.positional("TASK", request.task, tasks.c_str(), true);
  args.positionals("MODEL TEXT", request.words,
                   "the model (unless -m names it), for sentence-similarity the source text, then texts; "
                   "- reads standard input",
                   false);
  args.option("-m,--model", "MODEL", request.model, "a name that `list` shows, a folder, or dir:FOLDER");
  args.option("-i,--input", "FILE", request.input,
              "a text a line, or JSON lines (.jsonl); - is standard input");
  args.option("--input-format", "FORMAT", request.input_format, "auto (by the file's name), lines or jsonl");
  args.option("--top-k", "N", request.top_k, "how many labels, best first; 0 for all (default 1)");
  args.flag("--pooled", request.pooled, "feature-extraction: one vector for each text, not for each token");
  args.option("--threads", "N", request.threads, "threads to compute with (default: one a processor)");
  args.option("--store", "FOLDER", request.store, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  request.json = args.json();
  return go_on;
}

Result<int> run_run(Args& args, std::span<const std::string> words) {
  RunRequest request;
  PANNIER_ASSIGN(const bool go_on, parse_request(args, words, request));
  if (!go_on) return kExitOk;
  const uint32_t threads = request.threads.value_or(std::min(usable_processor_count(), limits::kThreadsMax));
  if (threads < 1 || threads > limits::kThreadsMax) {
    return args.usage_error("--threads is from 1 to " + std::to_string(limits::kThreadsMax));
  }
  PANNIER_ASSIGN(const Task* const task, find_task(request.task));
  const TaskRunner& runner = runner_of(*task);
  PANNIER_TRY(check_options(args, *task, runner, request));
  PANNIER_TRY(settle_model(args, request));
  // The model first: a text in its place is then told so, not that there is no text.
  PANNIER_ASSIGN(const std::unique_ptr<ModelFiles> files, open_model_argument(request.model, request.store));
  PANNIER_TRY(settle_source(args, runner, request));
  PANNIER_ASSIGN(const std::unique_ptr<TextInput> input, open_texts(args, request));
  ThreadPool pool(threads);
  PANNIER_TRY(runner.run({&request, files.get(), input.get(), &pool}));
  return kExitOk;
}

}  // namespace

extern const Command kCmdRun;
const Command kCmdRun = {
    "run",
    "Isolated side",
    "classify, embed and compare texts with a model: no network, no Python",
    "run sentiment-analysis sst2-tiny \"This is a great day!\"\n"
    "run sentiment-analysis ./sst2-tiny --top-k 2 --json \"It was fine.\"\n"
    "run sentiment-analysis sst2-tiny -i reviews.txt --json   # a JSON line per text\n"
    "run text-classification -m sst2-tiny - < reviews.txt\n"
    "run feature-extraction all-MiniLM-L6-v2 --pooled --json \"A man is eating food.\"\n"
    "run sentence-similarity all-MiniLM-L6-v2 \"A man is eating food.\" \"Someone has a meal.\"",
    "corrupt, incomplete, not found, unsupported, limit, I/O, interrupted",
    &run_run,
};

}  // namespace pannier
