// text-classification: tokenize, classify in micro-batches, score. See text_classification.h.
#include "run/pipeline/text_classification.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "run/model/families.h"
#include "run/ops/dispatch.h"
#include "run/pipeline/required_files.h"
#include "run/pipeline/scoring.h"
#include "run/text/tokenizer.h"

namespace pannier {
namespace {

// Texts whose tokens are held at a time: what bounds memory, however many texts there are.
constexpr size_t kChunkTexts = 1024;
// Texts one thread tokenizes in a go.
constexpr size_t kTaskTexts = 8;
// A micro-batch is closed when it has so many tokens. Enough rows to make full GEMM tiles and to read
// each weight rarely; few enough for the widest activations to stay in the second-level cache's reach.
constexpr size_t kBatchTokens = 224;

// A run of texts that goes through the model together.
struct MicroBatch {
  size_t first = 0;  // index into the chunk
  size_t count = 0;
};

class TextClassifier : public TextClassification {
 public:
  TextClassifier(LabelConfig labels, std::unique_ptr<Tokenizer> tokenizer,
                 std::unique_ptr<SequenceClassifier> model, ThreadPool& pool)
      : labels_(std::move(labels)),
        tokenizer_(std::move(tokenizer)),
        model_(std::move(model)),
        pool_(&pool),
        shared_state_(OpContext(model_->encoder().kernels(), &pool)) {
    for (uint32_t i = 0; i < pool.thread_count(); ++i) {
      thread_states_.emplace_back(OpContext(model_->encoder().kernels(), nullptr));
    }
    token_count_max_ =
        std::min(tokenizer_->model_max_length().value_or(UINT32_MAX), model_->encoder().position_count());
    note_ = note_about_types(model_->encoder().stored_types());
  }

  Result<std::vector<Classification>> run(std::span<const std::string> texts, uint32_t top_k) override {
    std::vector<Classification> results(texts.size());
    const ScoreFunction function = score_function_of(labels_);
    PANNIER_TRY(for_each_chunk(texts, [&](size_t first, size_t count, std::span<float> logits) {
      for (size_t i = 0; i < count; ++i) {
        const std::span<float> row = logits.subspan(i * label_count(), label_count());
        apply_score_function(function, row);
        Classification& result = results[first + i];
        result.scores = best_labels(row, labels_.labels, top_k);
        result.token_count = static_cast<uint32_t>(encodings_[i].ids.size());
        result.dropped_token_count = encodings_[i].dropped_token_count;
      }
    }));
    return results;
  }

  Result<std::vector<float>> logits(std::span<const std::string> texts) override {
    std::vector<float> all;
    all.reserve(texts.size() * label_count());
    PANNIER_TRY(for_each_chunk(texts, [&](size_t, size_t, std::span<float> logits) {
      all.insert(all.end(), logits.begin(), logits.end());
    }));
    return all;
  }

  uint32_t label_count() const override { return static_cast<uint32_t>(labels_.labels.size()); }
  const std::string& note() const override { return note_; }

 private:
  // consume(first text, number of texts, their logits [texts, labels]), chunk after chunk in order.
  template <class Consume>
  Status for_each_chunk(std::span<const std::string> texts, const Consume& consume) {
    for (size_t first = 0; first < texts.size(); first += kChunkTexts) {
      const size_t count = std::min(kChunkTexts, texts.size() - first);
      PANNIER_TRY(tokenize(texts.subspan(first, count), first));
      logits_.resize(count * label_count());
      classify(count);
      PANNIER_TRY(check_finite(first));
      consume(first, count, std::span<float>(logits_));
    }
    return {};
  }

  // Fills encodings_[0, texts.size()). The first text that fails, in input order, is reported.
  Status tokenize(std::span<const std::string> texts, size_t first) {
    EncodeOptions options;
    options.length_max = token_count_max_;
    if (encodings_.size() < texts.size()) encodings_.resize(texts.size());
    std::vector<std::optional<Error>> errors((texts.size() + kTaskTexts - 1) / kTaskTexts);
    pool_->parallel_for(errors.size(), [&](size_t task, uint32_t) {
      const size_t end = std::min(texts.size(), (task + 1) * kTaskTexts);
      for (size_t i = task * kTaskTexts; i < end && !errors[task]; ++i) {
        Status status = tokenizer_->encode(texts[i], options, encodings_[i]);
        if (status.ok()) status = check_tokens(encodings_[i]);
        if (!status.ok())
          errors[task] = with_context(status.error(), "text " + std::to_string(first + i + 1));
      }
    });
    for (std::optional<Error>& error : errors) {
      if (error) return std::move(*error);
    }
    return {};
  }

  // Tokenizer and model come from different files: what one gives need not be what the other takes.
  Status check_tokens(const Encoding& encoding) const {
    if (encoding.ids.empty()) {
      return Error{ErrorKind::kInvalid, "the tokenizer makes no token of it, so there is nothing to classify",
                   ""};
    }
    if (encoding.ids.size() > model_->encoder().position_count()) {
      return Error{ErrorKind::kCorrupt,
                   "the tokenizer gives " + std::to_string(encoding.ids.size()) + " tokens; the model has " +
                       std::to_string(model_->encoder().position_count()) + " positions",
                   "tokenizer and weights are of different models; fetch both from one place"};
    }
    for (const int32_t id : encoding.ids) {
      if (id < 0 || static_cast<uint32_t>(id) >= model_->encoder().vocabulary_size()) {
        return Error{ErrorKind::kCorrupt,
                     "the tokenizer gives token " + std::to_string(id) + " ('" +
                         std::string(tokenizer_->token(id)) + "'); the model's word embeddings have " +
                         std::to_string(model_->encoder().vocabulary_size()) + " rows",
                     "tokenizer and weights are of different models; fetch both from one place"};
      }
    }
    const uint32_t type_count = model_->encoder().type_count();
    for (const int32_t type : encoding.type_ids) {
      if (type_count > 0 && (type < 0 || static_cast<uint32_t>(type) >= type_count)) {
        return Error{ErrorKind::kCorrupt,
                     "the tokenizer gives a token of type " + std::to_string(type) + "; the model knows " +
                         std::to_string(type_count) + " types",
                     "tokenizer and weights are of different models; fetch both from one place"};
      }
    }
    return {};
  }

  // Fills logits_ from encodings_[0, count). With enough work each thread takes whole micro-batches,
  // which needs no waiting in between; a single one is spread over the threads operation by operation.
  void classify(size_t count) {
    const std::vector<MicroBatch> batches = micro_batches(count);
    if (batches.size() >= pool_->thread_count()) {
      pool_->parallel_for(batches.size(), [&](size_t index, uint32_t thread) {
        classify_batch(batches[index], thread_states_[thread], thread_batches_[thread]);
      });
    } else {
      for (const MicroBatch& batch : batches) classify_batch(batch, shared_state_, shared_batch_);
    }
  }

  std::vector<MicroBatch> micro_batches(size_t count) {
    std::vector<MicroBatch> batches;
    size_t tokens = kBatchTokens;  // so that the first text opens a batch
    for (size_t i = 0; i < count; ++i) {
      if (tokens >= kBatchTokens) {
        batches.push_back({i, 0});
        tokens = 0;
      }
      ++batches.back().count;
      tokens += encodings_[i].ids.size();
    }
    thread_batches_.resize(thread_states_.size());
    return batches;
  }

  void classify_batch(const MicroBatch& batch, ModelState& state, TokenBatch& tokens) {
    tokens.ids.clear();
    tokens.type_ids.clear();
    tokens.starts.assign(1, 0);
    for (size_t i = batch.first; i < batch.first + batch.count; ++i) {
      tokens.ids.insert(tokens.ids.end(), encodings_[i].ids.begin(), encodings_[i].ids.end());
      tokens.type_ids.insert(tokens.type_ids.end(), encodings_[i].type_ids.begin(),
                             encodings_[i].type_ids.end());
      tokens.starts.push_back(static_cast<uint32_t>(tokens.ids.size()));
    }
    const std::span<float> out(logits_);
    model_->logits(tokens, state, out.subspan(batch.first * label_count(), batch.count * label_count()));
  }

  // A NaN or infinity in the weights reaches the logits (weights.h): never a score made of one.
  Status check_finite(size_t first) const {
    for (size_t i = 0; i < logits_.size(); ++i) {
      if (std::isfinite(logits_[i])) continue;
      return Error{
          ErrorKind::kCorrupt,
          "text " + std::to_string(first + i / label_count() + 1) +
              ": the model's result is not a number; its weights hold NaN, infinity or numbers too large",
          "the weights are damaged or were trained badly; fetch them again and compare their SHA-256"};
    }
    return {};
  }

  static std::string note_about_types(const std::vector<DType>& types) {
    std::string names;
    for (const DType type : types) {
      if (type != DType::kF32) names += (names.empty() ? "" : " and ") + std::string(dtype_name(type));
    }
    return names.empty() ? "" : "weights are " + names + ", computed in fp32";
  }

  LabelConfig labels_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<SequenceClassifier> model_;
  ThreadPool* pool_;
  uint32_t token_count_max_ = 0;
  std::string note_;

  // Reused from chunk to chunk.
  std::vector<Encoding> encodings_;
  std::vector<float> logits_;
  ModelState shared_state_;  // spreads operations over the pool
  TokenBatch shared_batch_;
  std::vector<ModelState> thread_states_;  // each stays on its thread
  std::vector<TokenBatch> thread_batches_;
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
  PANNIER_ASSIGN(std::unique_ptr<SequenceClassifier> model,
                 family->load_classifier(std::move(source), static_cast<uint32_t>(labels.labels.size())));
  PANNIER_ASSIGN(std::unique_ptr<Tokenizer> tokenizer, Tokenizer::load(files));
  return std::unique_ptr<TextClassification>(
      std::make_unique<TextClassifier>(std::move(labels), std::move(tokenizer), std::move(model), pool));
}

}  // namespace pannier
