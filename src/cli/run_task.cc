// What the tasks of `run` share: see run_task.h.
#include "cli/run_task.h"

#include <atomic>
#include <cstdio>

#include "base/limits.h"
#include "base/log.h"
#include "cli/interrupt.h"
#include "cli/output.h"

namespace pannier {
namespace {

// One chunk is read, run and printed before the next is read, so memory does not grow with the input.
constexpr size_t kChunkTextsMax = 512;
constexpr size_t kChunkBytesMax = 1 * limits::kMiB;
// After so many texts that were cut, only their count is told.
constexpr uint64_t kTruncationWarningsMax = 5;
// A list that is longer is not held back until it is whole.
constexpr size_t kListBytesMax = 1 * limits::kMiB;
constexpr size_t kValuesShown = 4;

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

}  // namespace

Status for_each_chunk(TextInput& input,
                      const std::function<Status(const std::vector<std::string>& chunk)>& body) {
  const std::atomic<bool>* interrupted = interrupt_flag();
  std::vector<std::string> chunk;
  while (true) {
    PANNIER_TRY(read_chunk(input, chunk));
    if (chunk.empty()) return {};
    PANNIER_TRY(body(chunk));
    if (*interrupted) return Error{ErrorKind::kInterrupted, "interrupted", ""};
    if (std::fflush(stdout) != 0) return {};  // run_program tells it
  }
}

void TruncationWarnings::add(uint32_t token_count, uint32_t dropped_token_count, const std::string& what) {
  if (what.empty()) ++number_;
  if (dropped_token_count == 0 || ++cut_count_ > kTruncationWarningsMax) return;
  log_warning((what.empty() ? "text " + std::to_string(number_) : what) + " has " +
              std::to_string(token_count + dropped_token_count) + " tokens, the model takes " +
              std::to_string(token_count) + ": the last " + std::to_string(dropped_token_count) +
              " were not read");
}

void TruncationWarnings::finish() const {
  if (cut_count_ <= kTruncationWarningsMax) return;
  log_warning(std::to_string(cut_count_) + " texts in all were cut to what the model takes");
}

void JsonItems::add(const std::string& item) {
  if (shape_ == Shape::kLines) return print_line(item);
  waiting_ += (first_ ? "[" : ", ") + item;
  first_ = false;
  if (waiting_.size() < kListBytesMax) return;
  std::fwrite(waiting_.data(), 1, waiting_.size(), stdout);
  waiting_.clear();
}

void JsonItems::finish() {
  if (shape_ == Shape::kList) print_line(waiting_ + (first_ ? "[]" : "]"));
}

void write_floats(JsonWriter& writer, std::span<const float> values) {
  writer.begin_array();
  for (const float value : values) writer.number(static_cast<double>(value));
  writer.end_array();
}

std::string first_values(std::span<const float> values) {
  std::string text;
  for (size_t i = 0; i < values.size() && i < kValuesShown; ++i) {
    char number[32];
    std::snprintf(number, sizeof number, "%.4f", static_cast<double>(values[i]));
    text += (text.empty() ? "" : " ") + std::string(number);
  }
  return text + (values.size() > kValuesShown ? " …" : "");
}

}  // namespace pannier
