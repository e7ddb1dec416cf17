// run sentence-similarity: how near each text is to the source, as the Hub's task of that name answers.
#include <cstdio>

#include "base/display.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/run_task.h"
#include "run/pipeline/pooling.h"
#include "run/pipeline/sentence_embedding.h"

namespace pannier {

Status run_sentence_similarity(const RunContext& context) {
  const RunRequest& request = *context.request;
  PANNIER_ASSIGN(const std::unique_ptr<SentenceEmbedding> pipeline,
                 SentenceEmbedding::load(*context.files, *context.pool));
  if (!pipeline->note().empty()) log_note(pipeline->note());
  PANNIER_ASSIGN(const std::vector<Embedding> sources,
                 pipeline->run(std::span<const std::string>(&request.source, 1)));
  const Embedding& source = sources.front();
  TruncationWarnings warnings;
  warnings.add(source.token_count, source.dropped_token_count, "the source text");
  JsonItems items(request.from_file() ? JsonItems::Shape::kLines : JsonItems::Shape::kList);
  PANNIER_TRY(for_each_chunk(*context.input, [&](const std::vector<std::string>& chunk) -> Status {
    PANNIER_ASSIGN(const std::vector<Embedding> embeddings, pipeline->run(chunk));
    for (size_t i = 0; i < chunk.size(); ++i) {
      warnings.add(embeddings[i].token_count, embeddings[i].dropped_token_count);
      // A float32, as torch computes it.
      const auto cosine = static_cast<float>(cosine_similarity(source.values, embeddings[i].values));
      if (request.json) {
        items.add(python_float_repr(static_cast<double>(cosine)));
      } else {
        char number[32];
        std::snprintf(number, sizeof number, "%.4f", static_cast<double>(cosine));
        print_line(std::string(number) + "\t" + for_display(chunk[i]));
      }
    }
    return {};
  }));
  if (request.json) items.finish();
  warnings.finish();
  return {};
}

}  // namespace pannier
