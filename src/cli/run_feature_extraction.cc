// run feature-extraction: the vector of every token, in the shapes that transformers.pipeline returns them
// in; with --pooled one vector a text, as sentence-transformers' encode.
#include "base/display.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/run_task.h"
#include "run/pipeline/feature_extraction.h"
#include "run/pipeline/sentence_embedding.h"

namespace pannier {
namespace {

// [[[…], …]]: a batch of one, its tokens, their numbers.
std::string json_of(const Features& features, uint32_t width) {
  JsonWriter writer(JsonLayout::kSpaced);
  writer.begin_array().begin_array();
  for (size_t i = 0; i < features.token_count; ++i) {
    write_floats(writer, features.values.subspan(i * width, width));
  }
  writer.end_array().end_array();
  return writer.take();
}

std::string json_of(const Embedding& embedding) {
  JsonWriter writer(JsonLayout::kSpaced);
  write_floats(writer, embedding.values);
  return writer.take();
}

// "9 tokens  384 numbers each  0.0123 …  TEXT", separated by tabs.
void print_plain(const RunRequest& request, const std::string& size, std::span<const float> values,
                 const std::string& text) {
  std::string line = size + "\t" + first_values(values);
  if (!request.one_text()) line += "\t" + for_display(text);
  print_line(line);
}

Status run_tokens(const RunContext& context) {
  const RunRequest& request = *context.request;
  PANNIER_ASSIGN(const std::unique_ptr<FeatureExtraction> pipeline,
                 FeatureExtraction::load(*context.files, *context.pool));
  if (!pipeline->note().empty()) log_note(pipeline->note());
  const bool list = !request.from_file() && !request.one_text();
  JsonItems items(list ? JsonItems::Shape::kList : JsonItems::Shape::kLines);
  TruncationWarnings warnings;
  PANNIER_TRY(for_each_chunk(*context.input, [&](const std::vector<std::string>& chunk) {
    return pipeline->run(chunk, [&](const Features& features) -> Status {
      warnings.add(features.token_count, features.dropped_token_count);
      if (request.json) {
        items.add(json_of(features, pipeline->width()));
      } else {
        print_plain(
            request,
            counted(features.token_count, "token") + "\t" + counted(pipeline->width(), "number") + " each",
            features.values, chunk[features.index]);
      }
      return {};
    });
  }));
  if (request.json) items.finish();
  warnings.finish();
  return {};
}

Status run_pooled(const RunContext& context) {
  const RunRequest& request = *context.request;
  PANNIER_ASSIGN(const std::unique_ptr<SentenceEmbedding> pipeline,
                 SentenceEmbedding::load(*context.files, *context.pool));
  if (!pipeline->note().empty()) log_note(pipeline->note());
  JsonItems items(request.from_file() ? JsonItems::Shape::kLines : JsonItems::Shape::kList);
  TruncationWarnings warnings;
  PANNIER_TRY(for_each_chunk(*context.input, [&](const std::vector<std::string>& chunk) -> Status {
    PANNIER_ASSIGN(const std::vector<Embedding> embeddings, pipeline->run(chunk));
    for (size_t i = 0; i < chunk.size(); ++i) {
      const Embedding& embedding = embeddings[i];
      warnings.add(embedding.token_count, embedding.dropped_token_count);
      if (request.json) {
        items.add(json_of(embedding));
      } else {
        print_plain(request,
                    counted(embedding.token_count, "token") + "\t" + counted(pipeline->dimension(), "number"),
                    embedding.values, chunk[i]);
      }
    }
    return {};
  }));
  if (request.json) items.finish();
  warnings.finish();
  return {};
}

}  // namespace

Status run_feature_extraction(const RunContext& context) {
  return context.request->pooled ? run_pooled(context) : run_tokens(context);
}

}  // namespace pannier
