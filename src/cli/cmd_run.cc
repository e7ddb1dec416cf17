// run: native inference on texts from the command line, a file or standard input.
#include <cinttypes>
#include <cstdio>

#include "base/display.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/threads.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/interrupt.h"
#include "cli/model_argument.h"
#include "cli/output.h"
#include "cli/store_location.h"
#include "cli/text_input.h"
#include "run/pipeline/tasks.h"
#include "run/pipeline/text_classification.h"

namespace pannier {
namespace {

// One chunk is read, run and printed before the next is read, so memory does not grow with the input.
constexpr size_t kChunkTextsMax = 512;
constexpr size_t kChunkBytesMax = 1 * limits::kMiB;
// After so many texts that were cut, only their count is told.
constexpr uint64_t kTruncationWarningsMax = 5;

struct RunRequest {
  std::string task;
  std::string model;
  std::vector<std::string> words;  // what follows TASK: MODEL unless -m names it, then texts
  std::string input;
  std::string input_format = "auto";
  std::string store;
  std::optional<uint32_t> top_k;
  std::optional<uint32_t> threads;
  bool json = false;
};

Result<TextFormat> parse_format(const std::string& word) {
  if (word == "auto") return TextFormat::kAuto;
  if (word == "lines") return TextFormat::kLines;
  if (word == "jsonl") return TextFormat::kJsonLines;
  return Error{ErrorKind::kInvalid, "--input-format is auto, lines or jsonl, not \"" + word + "\"", ""};
}

// Takes MODEL from the front of the words where -m did not name it.
Status settle_model(const Args& args, RunRequest& request) {
  if (!request.model.empty()) return {};
  if (request.words.empty()) {
    return args.usage_error("no model is given",
                            "name a folder, or a model that `" + program_name() + " list` shows");
  }
  request.model = request.words.front();
  request.words.erase(request.words.begin());
  return {};
}

Result<std::unique_ptr<TextInput>> open_texts(const Args& args, const RunRequest& request) {
  PANNIER_ASSIGN(const TextFormat format, parse_format(request.input_format));
  const bool standard = request.words.size() == 1 && request.words.front() == "-";
  if (!request.input.empty() && !request.words.empty()) {
    return args.usage_error("texts come from the command line or from -i, not from both");
  }
  if (!request.input.empty()) return texts_from_file(request.input, format);
  if (standard) return texts_from_file("-", format);
  if (request.words.empty()) {
    return args.usage_error("no text is given", "give texts, -i FILE, or - for standard input");
  }
  return texts_from_arguments(request.words);
}

// Prints results in one of the shapes that transformers.pipeline returns them in.
class Printer {
 public:
  Printer(const RunRequest& request, bool from_file)
      : json_(request.json),
        one_line_each_(from_file),
        top_k_given_(request.top_k.has_value()),
        text_count_(request.words.size()) {}

  void print(const std::string& text, const Classification& result) {
    warn_if_cut(result);
    ++number_;
    if (!json_) {
      print_plain(text, result);
    } else if (one_line_each_ || text_count_ == 1) {
      JsonWriter writer(JsonLayout::kSpaced);
      write_list(writer, result);
      print_line(writer.take());
    } else {
      collect(result);
    }
  }

  void finish() {
    if (collecting_) print_line(collected_.end_array().take());
    if (cut_count_ > kTruncationWarningsMax) {
      log_warning(std::to_string(cut_count_) + " texts in all were cut to what the model takes");
    }
  }

 private:
  static void write_score(JsonWriter& writer, const LabelScore& score) {
    writer.begin_object().member("label", score.label).key("score").number(score.score).end_object();
  }
  static void write_list(JsonWriter& writer, const Classification& result) {
    writer.begin_array();
    for (const LabelScore& score : result.scores) write_score(writer, score);
    writer.end_array();
  }

  // Several texts on the command line: one list of all, as for a list of strings in Python.
  void collect(const Classification& result) {
    if (!collecting_) collected_.begin_array();
    collecting_ = true;
    if (top_k_given_ || result.scores.size() != 1) {
      write_list(collected_, result);
    } else {
      write_score(collected_, result.scores.front());
    }
  }

  void print_plain(const std::string& text, const Classification& result) const {
    for (const LabelScore& score : result.scores) {
      char number[32];
      std::snprintf(number, sizeof number, "%.4f", score.score);
      std::string line = for_display(score.label) + "\t" + number;
      if (one_line_each_ || text_count_ > 1) line += "\t" + for_display(text);
      print_line(line);
    }
  }

  void warn_if_cut(const Classification& result) {
    if (result.dropped_token_count == 0 || ++cut_count_ > kTruncationWarningsMax) return;
    log_warning("text " + std::to_string(number_ + 1) + " has " +
                std::to_string(result.token_count + result.dropped_token_count) +
                " tokens, the model takes " + std::to_string(result.token_count) + ": the last " +
                std::to_string(result.dropped_token_count) + " were not read");
  }

  bool json_;
  bool one_line_each_;
  bool top_k_given_;
  size_t text_count_;
  uint64_t number_ = 0;
  uint64_t cut_count_ = 0;
  bool collecting_ = false;
  JsonWriter collected_{JsonLayout::kSpaced};
};

// The texts that can be had without waiting, within the bounds of a chunk; none at the end.
Status read_chunk(TextInput& input, std::vector<std::string>& chunk) {
  chunk.clear();
  size_t bytes = 0;
  std::string text;
  while (chunk.size() < kChunkTextsMax && bytes < kChunkBytesMax && (chunk.empty() || input.ready())) {
    PANNIER_ASSIGN(const bool more, input.next(text));
    if (!more) break;
    bytes += text.size();
    chunk.push_back(std::move(text));
  }
  return {};
}

Status classify_all(TextClassification& pipeline, TextInput& input, uint32_t top_k, Printer& printer) {
  const std::atomic<bool>* interrupted = interrupt_flag();
  std::vector<std::string> chunk;
  while (true) {
    PANNIER_TRY(read_chunk(input, chunk));
    if (chunk.empty()) return {};
    PANNIER_ASSIGN(const std::vector<Classification> results, pipeline.run(chunk, top_k));
    for (size_t i = 0; i < chunk.size(); ++i) printer.print(chunk[i], results[i]);
    if (*interrupted) return Error{ErrorKind::kInterrupted, "interrupted", ""};
    if (std::fflush(stdout) != 0) return {};  // run_program tells it
  }
}

Result<int> run_run(Args& args, std::span<const std::string> words) {
  RunRequest request;
  args.positional("TASK", request.task, "text-classification, or its alias sentiment-analysis", true);
  args.positionals("MODEL TEXT", request.words,
                   "the model (unless -m names it), then texts; - reads standard input", false);
  args.option("-m,--model", "MODEL", request.model, "a name that `list` shows, a folder, or dir:FOLDER");
  args.option("-i,--input", "FILE", request.input,
              "a text a line, or JSON lines (.jsonl); - is standard input");
  args.option("--input-format", "FORMAT", request.input_format, "auto (by the file's name), lines or jsonl");
  args.option("--top-k", "N", request.top_k, "how many labels, best first; 0 for all (default 1)");
  args.option("--threads", "N", request.threads, "threads to compute with (default: one a processor)");
  args.option("--store", "FOLDER", request.store, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  request.json = args.json();
  const uint32_t threads = request.threads.value_or(std::min(usable_processor_count(), limits::kThreadsMax));
  if (threads < 1 || threads > limits::kThreadsMax) {
    return args.usage_error("--threads is from 1 to " + std::to_string(limits::kThreadsMax));
  }
  PANNIER_TRY(find_task(request.task));
  PANNIER_TRY(settle_model(args, request));
  // The model first: a text in its place is then told so, not that there is no text.
  PANNIER_ASSIGN(const std::unique_ptr<ModelFiles> files, open_model_argument(request.model, request.store));
  PANNIER_ASSIGN(const std::unique_ptr<TextInput> input, open_texts(args, request));
  ThreadPool pool(threads);
  PANNIER_ASSIGN(const std::unique_ptr<TextClassification> pipeline, TextClassification::load(*files, pool));
  if (!pipeline->note().empty()) log_note(pipeline->note());
  const bool from_file =
      !request.input.empty() || (request.words.size() == 1 && request.words.front() == "-");
  Printer printer(request, from_file);
  PANNIER_TRY(classify_all(*pipeline, *input, request.top_k.value_or(1), printer));
  printer.finish();
  return kExitOk;
}

}  // namespace

extern const Command kCmdRun;
const Command kCmdRun = {
    "run",
    "Isolated side",
    "classify texts with a model: no network, no Python",
    "run sentiment-analysis sst2-tiny \"This is a great day!\"\n"
    "run sentiment-analysis ./sst2-tiny --top-k 2 --json \"It was fine.\"\n"
    "run sentiment-analysis sst2-tiny -i reviews.txt --json   # a JSON line per text\n"
    "run text-classification -m sst2-tiny - < reviews.txt",
    "corrupt, incomplete, not found, unsupported, limit, I/O, interrupted",
    &run_run,
};

}  // namespace pannier
