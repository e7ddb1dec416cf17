// Chunks, rounds, micro-batches: see batch_runner.h.
#include "run/pipeline/batch_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pannier {
namespace {

// Texts whose tokens are held at a time: what bounds memory, however many texts there are.
constexpr size_t kChunkTexts = 1024;
// Results held at a time (16 MiB): a row for each token is a thousand times a row for each text.
constexpr size_t kRoundFloats = size_t{4} << 20;
// Texts one thread tokenizes in a go.
constexpr size_t kTaskTexts = 8;
// A micro-batch is closed when it has so many tokens. Enough rows to make full GEMM tiles and to read
// each weight rarely; few enough for the widest activations to stay in the second-level cache's reach.
constexpr size_t kBatchTokens = 224;
// A text that would make more tokens of it opens a micro-batch of its own: what bounds a thread's memory,
// but for a single text that is longer.
constexpr size_t kBatchTokensMax = 512;

constexpr const char* kFetchBoth = "tokenizer and weights are of different models; fetch both from one place";

std::string note_about_types(const std::vector<DType>& types) {
  std::string names;
  for (const DType type : types) {
    if (type != DType::kF32) names += (names.empty() ? "" : " and ") + std::string(dtype_name(type));
  }
  return names.empty() ? "" : "weights are " + names + ", computed in fp32";
}

std::string notes_joined(const std::string& first, const std::string& second) {
  return first + (first.empty() || second.empty() ? "" : "; ") + second;
}

// A run of texts that goes through the model together.
struct MicroBatch {
  size_t begin = 0;  // indices into the chunk
  size_t end = 0;
};

std::vector<MicroBatch> micro_batches(std::span<const Encoding> encodings, size_t begin, size_t end) {
  std::vector<MicroBatch> batches;
  size_t tokens = kBatchTokens;  // so that the first text opens a batch
  for (size_t i = begin; i < end; ++i) {
    const size_t text_tokens = encodings[i].ids.size();
    if (tokens >= kBatchTokens || tokens + text_tokens > kBatchTokensMax) {
      batches.push_back({i, i});
      tokens = 0;
    }
    batches.back().end = i + 1;
    tokens += text_tokens;
  }
  return batches;
}

// A NaN or infinity in the weights reaches the values (weights.h): never a result made of one.
Status check_finite(std::span<const float> values, size_t text) {
  if (std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) return {};
  return Error{
      ErrorKind::kCorrupt,
      "text " + std::to_string(text + 1) +
          ": the model's result is not a number; its weights hold NaN, infinity or numbers too large",
      "the weights are damaged or were trained badly; fetch them again and compare their SHA-256"};
}

}  // namespace

BatchRunner::BatchRunner(std::unique_ptr<Tokenizer> tokenizer, const TextEncoder& encoder,
                         std::optional<uint32_t> length_max, ThreadPool& pool)
    : tokenizer_(std::move(tokenizer)),
      encoder_(&encoder),
      pool_(&pool),
      length_max_(std::min(length_max.value_or(tokenizer_->model_max_length().value_or(UINT32_MAX)),
                           encoder.position_count())),
      note_(notes_joined(note_about_types(encoder.stored_types()), tokenizer_->note())),
      shared_state_(OpContext(encoder.kernels(), &pool)),
      thread_batches_(pool.thread_count()) {
  for (uint32_t i = 0; i < pool.thread_count(); ++i) {
    thread_states_.emplace_back(OpContext(encoder.kernels(), nullptr));
  }
}

Status BatchRunner::run(std::span<const std::string> texts, const BatchWork& work,
                        const std::function<Status(const TextRows& rows)>& consume) {
  for (size_t first = 0; first < texts.size(); first += kChunkTexts) {
    const size_t count = std::min(kChunkTexts, texts.size() - first);
    PANNIER_TRY(tokenize(texts.subspan(first, count), first));
    for (size_t begin = 0; begin < count;) {
      const size_t end = end_of_round(work, begin, count);
      compute_round(work, begin, end);
      for (size_t i = begin; i < end; ++i) {
        TextRows rows;
        rows.index = first + i;
        rows.token_count = static_cast<uint32_t>(encodings_[i].ids.size());
        rows.dropped_token_count = encodings_[i].dropped_token_count;
        rows.values = std::span<const float>(values_).subspan(
            row_starts_[i] * work.width, (row_starts_[i + 1] - row_starts_[i]) * work.width);
        PANNIER_TRY(check_finite(rows.values, rows.index));
        PANNIER_TRY(consume(rows));
      }
      begin = end;
    }
  }
  return {};
}

// Fills encodings_[0, texts.size()). The first text that fails, in input order, is reported.
Status BatchRunner::tokenize(std::span<const std::string> texts, size_t first_text) {
  EncodeOptions options;
  options.length_max = length_max_;
  if (encodings_.size() < texts.size()) encodings_.resize(texts.size());
  std::vector<std::optional<Error>> errors((texts.size() + kTaskTexts - 1) / kTaskTexts);
  pool_->parallel_for(errors.size(), [&](size_t task, uint32_t) {
    const size_t end = std::min(texts.size(), (task + 1) * kTaskTexts);
    for (size_t i = task * kTaskTexts; i < end && !errors[task]; ++i) {
      Status status = tokenizer_->encode(texts[i], options, encodings_[i]);
      if (status.ok()) status = check_tokens(encodings_[i]);
      if (!status.ok())
        errors[task] = with_context(status.error(), "text " + std::to_string(first_text + i + 1));
    }
  });
  for (std::optional<Error>& error : errors) {
    if (error) return std::move(*error);
  }
  return {};
}

// Tokenizer and model come from different files: what one gives need not be what the other takes.
Status BatchRunner::check_tokens(const Encoding& encoding) const {
  if (encoding.ids.empty()) {
    return Error{ErrorKind::kInvalid, "the tokenizer makes no token of it, so there is nothing to compute",
                 ""};
  }
  if (encoding.ids.size() > encoder_->position_count()) {
    return Error{ErrorKind::kCorrupt,
                 "the tokenizer gives " + std::to_string(encoding.ids.size()) + " tokens; the model has " +
                     std::to_string(encoder_->position_count()) + " positions",
                 kFetchBoth};
  }
  for (const int32_t id : encoding.ids) {
    if (id < 0 || static_cast<uint32_t>(id) >= encoder_->vocabulary_size()) {
      return Error{ErrorKind::kCorrupt,
                   "the tokenizer gives token " + std::to_string(id) + " ('" +
                       std::string(tokenizer_->token(id)) + "'); the model's word embeddings have " +
                       std::to_string(encoder_->vocabulary_size()) + " rows",
                   kFetchBoth};
    }
  }
  if (encoder_->type_count() == 0) return {};
  for (const int32_t type : encoding.type_ids) {
    if (type < 0 || static_cast<uint32_t>(type) >= encoder_->type_count()) {
      return Error{ErrorKind::kCorrupt,
                   "the tokenizer gives a token of type " + std::to_string(type) + "; the model knows " +
                       std::to_string(encoder_->type_count()) + " types",
                   kFetchBoth};
    }
  }
  return {};
}

size_t BatchRunner::row_count(const BatchWork& work, size_t text) const {
  return work.rows == BatchWork::Rows::kOnePerText ? 1 : encodings_[text].ids.size();
}

// At least one text, and as many as the bound on results leaves room for.
size_t BatchRunner::end_of_round(const BatchWork& work, size_t begin, size_t count) const {
  size_t end = begin;
  for (size_t floats = 0; end < count; ++end) {
    floats += row_count(work, end) * work.width;
    if (floats > kRoundFloats && end > begin) break;
  }
  return end;
}

// Fills values_ from encodings_[begin, end). With enough work each thread takes whole micro-batches, which
// needs no waiting in between; a single one is spread over the threads operation by operation.
void BatchRunner::compute_round(const BatchWork& work, size_t begin, size_t end) {
  row_starts_.resize(end + 1);
  row_starts_[begin] = 0;
  for (size_t i = begin; i < end; ++i) row_starts_[i + 1] = row_starts_[i] + row_count(work, i);
  values_.resize(row_starts_[end] * work.width);
  const std::vector<MicroBatch> batches = micro_batches(encodings_, begin, end);
  if (batches.size() >= pool_->thread_count()) {
    pool_->parallel_for(batches.size(), [&](size_t index, uint32_t thread) {
      compute_batch(work, batches[index].begin, batches[index].end, thread_states_[thread],
                    thread_batches_[thread]);
    });
  } else {
    for (const MicroBatch& batch : batches) {
      compute_batch(work, batch.begin, batch.end, shared_state_, shared_batch_);
    }
  }
}

void BatchRunner::compute_batch(const BatchWork& work, size_t begin, size_t end, ModelState& state,
                                TokenBatch& batch) {
  batch.ids.clear();
  batch.type_ids.clear();
  batch.starts.assign(1, 0);
  for (size_t i = begin; i < end; ++i) {
    const Encoding& encoding = encodings_[i];
    batch.ids.insert(batch.ids.end(), encoding.ids.begin(), encoding.ids.end());
    if (encoder_->type_count() > 0) {
      batch.type_ids.insert(batch.type_ids.end(), encoding.type_ids.begin(), encoding.type_ids.end());
    }
    batch.starts.push_back(static_cast<uint32_t>(batch.ids.size()));
  }
  const size_t first = row_starts_[begin] * work.width;
  const size_t last = row_starts_[end] * work.width;
  work.compute(batch, state, std::span<float>(values_).subspan(first, last - first));
}

}  // namespace pannier
