// run text-classification: labels and scores in the shapes that transformers.pipeline returns them in.
#include <cstdio>

#include "base/display.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/run_task.h"
#include "run/pipeline/text_classification.h"

namespace pannier {
namespace {

void write_score(JsonWriter& writer, const LabelScore& score) {
  writer.begin_object().member("label", score.label).key("score").number(score.score).end_object();
}

// `bare`: the best answer itself, not a list of it.
std::string json_of(const Classification& result, bool bare) {
  JsonWriter writer(JsonLayout::kSpaced);
  if (bare) {
    write_score(writer, result.scores.front());
    return writer.take();
  }
  writer.begin_array();
  for (const LabelScore& score : result.scores) write_score(writer, score);
  writer.end_array();
  return writer.take();
}

void print_plain(const RunRequest& request, const std::string& text, const Classification& result) {
  for (const LabelScore& score : result.scores) {
    char number[32];
    std::snprintf(number, sizeof number, "%.4f", score.score);
    std::string line = for_display(score.label) + "\t" + number;
    if (!request.one_text()) line += "\t" + for_display(text);
    print_line(line);
  }
}

}  // namespace

Status run_text_classification(const RunContext& context) {
  const RunRequest& request = *context.request;
  PANNIER_ASSIGN(const std::unique_ptr<TextClassification> pipeline,
                 TextClassification::load(*context.files, *context.pool));
  if (!pipeline->note().empty()) log_note(pipeline->note());
  // Several texts on the command line: one list of all, as for a list of strings in Python.
  const bool list = !request.from_file() && !request.one_text();
  JsonItems items(list ? JsonItems::Shape::kList : JsonItems::Shape::kLines);
  TruncationWarnings warnings;
  PANNIER_TRY(for_each_chunk(*context.input, [&](const std::vector<std::string>& chunk) -> Status {
    PANNIER_ASSIGN(const std::vector<Classification> results,
                   pipeline->run(chunk, request.top_k.value_or(1)));
    for (size_t i = 0; i < chunk.size(); ++i) {
      warnings.add(results[i].token_count, results[i].dropped_token_count);
      if (request.json) {
        const bool bare = list && !request.top_k && results[i].scores.size() == 1;
        items.add(json_of(results[i], bare));
      } else {
        print_plain(request, chunk[i], results[i]);
      }
    }
    return {};
  }));
  if (request.json) items.finish();
  warnings.finish();
  return {};
}

}  // namespace pannier
