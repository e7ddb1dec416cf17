// What `run` was asked, and the tasks it can do: a run_<task>.cc each, a row in cmd_run.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/model_files.h"
#include "base/result.h"
#include "base/threads.h"
#include "cli/text_input.h"

namespace pannier {

struct RunRequest {
  std::string task;
  std::string model;
  std::vector<std::string> words;  // what follows TASK: MODEL unless -m names it, SOURCE where the task
                                   // takes one, then texts
  std::string source;              // the text that all others are compared with
  std::string input;
  std::string input_format = "auto";
  std::string store;
  std::optional<uint32_t> top_k;
  std::optional<uint32_t> threads;
  bool pooled = false;
  bool json = false;

  // Texts come from a file or standard input: a line of output for each.
  bool from_file() const { return !input.empty() || (words.size() == 1 && words.front() == "-"); }
  // One text alone, from the command line.
  bool one_text() const { return !from_file() && words.size() == 1; }
};

// All that a task needs. It prints results on standard output.
struct RunContext {
  const RunRequest* request;
  const ModelFiles* files;
  TextInput* input;
  ThreadPool* pool;
};

Status run_text_classification(const RunContext& context);
Status run_feature_extraction(const RunContext& context);
Status run_sentence_similarity(const RunContext& context);

// Calls body with the texts that can be had without waiting, chunk after chunk to the end, and sends what
// it printed on its way after each: memory does not grow with the input. kInterrupted.
Status for_each_chunk(TextInput& input,
                      const std::function<Status(const std::vector<std::string>& chunk)>& body);

// Warns of texts that were cut; after a few, only of how many there were.
class TruncationWarnings {
 public:
  // The next text in input order. `what`: how to call it, "text 3" where empty.
  void add(uint32_t token_count, uint32_t dropped_token_count, const std::string& what = "");
  void finish() const;

 private:
  uint64_t number_ = 0;
  uint64_t cut_count_ = 0;
};

// JSON values as Python prints them: a line each, or one list of all.
class JsonItems {
 public:
  enum class Shape { kLines, kList };
  explicit JsonItems(Shape shape) : shape_(shape) {}
  void add(const std::string& item);
  // Ends a list.
  void finish();

 private:
  Shape shape_;
  bool first_ = true;
  std::string waiting_;  // of a list: printed when it is whole, or long
};

// [0.25, -1.5]: float32 widened to double, as Python's tolist() gives them.
void write_floats(JsonWriter& writer, std::span<const float> values);

// "0.0123 -0.4567 …": the first few, for people.
std::string first_values(std::span<const float> values);

}  // namespace pannier
