// text-classification: a batch to logits, logits to labels and scores. See text_classification.h.
#include "run/pipeline/text_classification.h"

#include <utility>

#include "run/model/families.h"
#include "run/model/sequence_classifier.h"
#include "run/ops/dispatch.h"
#include "run/pipeline/batch_runner.h"
#include "run/pipeline/required_files.h"
#include "run/pipeline/scoring.h"

namespace pannier {
namespace {

class TextClassifier : public TextClassification {
 public:
  TextClassifier(LabelConfig labels, std::unique_ptr<Tokenizer> tokenizer,
                 std::unique_ptr<SequenceClassifier> model, ThreadPool& pool)
      : labels_(std::move(labels)),
        model_(std::move(model)),
        runner_(std::move(tokenizer), model_->encoder(), std::nullopt, pool) {
    work_.rows = BatchWork::Rows::kOnePerText;
    work_.width = label_count();
    work_.compute = [this](const TokenBatch& batch, ModelState& state, std::span<float> out) {
      model_->logits(batch, state, out);
    };
  }

  Result<std::vector<Classification>> run(std::span<const std::string> texts, uint32_t top_k) override {
    std::vector<Classification> results(texts.size());
    const ScoreFunction function = score_function_of(labels_);
    std::vector<float> scores;
    PANNIER_TRY(runner_.run(texts, work_, [&](const TextRows& rows) -> Status {
      scores.assign(rows.values.begin(), rows.values.end());
      apply_score_function(function, scores);
      Classification& result = results[rows.index];
      result.scores = best_labels(scores, labels_.labels, top_k);
      result.token_count = rows.token_count;
      result.dropped_token_count = rows.dropped_token_count;
      return {};
    }));
    return results;
  }

  Result<std::vector<float>> logits(std::span<const std::string> texts) override {
    std::vector<float> all;
    all.reserve(texts.size() * label_count());
    PANNIER_TRY(runner_.run(texts, work_, [&](const TextRows& rows) -> Status {
      all.insert(all.end(), rows.values.begin(), rows.values.end());
      return {};
    }));
    return all;
  }

  uint32_t label_count() const override { return static_cast<uint32_t>(labels_.labels.size()); }
  const std::string& note() const override { return runner_.note(); }

 private:
  LabelConfig labels_;
  std::unique_ptr<SequenceClassifier> model_;
  BatchRunner runner_;
  BatchWork work_;
};

}  // namespace

Result<std::unique_ptr<TextClassification>> TextClassification::load(const ModelFiles& files,
                                                                     ThreadPool& pool) {
  PANNIER_TRY(check_required_files(files));
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::load(files));
  PANNIER_ASSIGN(const ModelFamily* const family, find_classifier_family(config));
  PANNIER_ASSIGN(LabelConfig labels, read_labels(config));
  ModelSource source;
  source.config = &config;
  PANNIER_ASSIGN(source.weights, open_weights(files));
  source.kernels = &active_kernels();
  source.pool = &pool;
  const auto label_count = static_cast<uint32_t>(labels.labels.size());
  PANNIER_ASSIGN(std::unique_ptr<SequenceClassifier> model,
                 family->load_classifier(std::move(source), label_count));
  PANNIER_ASSIGN(std::unique_ptr<Tokenizer> tokenizer, Tokenizer::load(files));
  return std::unique_ptr<TextClassification>(
      std::make_unique<TextClassifier>(std::move(labels), std::move(tokenizer), std::move(model), pool));
}

}  // namespace pannier
