// BatchRunner: texts through a model, in bounded memory and with every thread busy. What all pipelines
// over single texts share: tokenizing, micro-batches, chunks, and the checks between tokenizer and model.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/threads.h"
#include "run/model/text_encoder.h"
#include "run/text/tokenizer.h"

namespace pannier {

// What a pipeline wants computed: rows of `width` floats, one for each text or one for each token of it.
struct BatchWork {
  enum class Rows { kOnePerText, kOnePerToken };
  Rows rows = Rows::kOnePerText;
  uint32_t width = 0;
  // Fills `out`, [rows, width], for the batch's sequences in order. Called from several threads at once,
  // each with its own state. The rows of a sequence must not depend on what else is in the batch.
  std::function<void(const TokenBatch& batch, ModelState& state, std::span<float> out)> compute;
};

// What came of one text.
struct TextRows {
  size_t index = 0;                  // of the text, among those given
  uint32_t token_count = 0;          // as the model saw it, special tokens included
  uint32_t dropped_token_count = 0;  // cut off because the model takes no more; 0 when nothing was
  std::span<const float> values;     // [rows, width]; finite; valid during the call only
};

// One user at a time. `encoder` and `pool` must outlive it.
class BatchRunner {
 public:
  // `length_max`: the most tokens a text may have, special ones included; no value: what the tokenizer's
  // files say (model_max_length). The model's positions bound it besides.
  BatchRunner(std::unique_ptr<Tokenizer> tokenizer, const TextEncoder& encoder,
              std::optional<uint32_t> length_max, ThreadPool& pool);

  // Calls `consume` for each text in input order, and ends with the first error it returns. The values
  // are the same bits whatever the threads and whatever the texts beside. kCorrupt where tokenizer and
  // model do not fit together or a value is not finite; kInvalid, kLimit from the tokenizer: each with
  // the number of the text, counted from 1.
  Status run(std::span<const std::string> texts, const BatchWork& work,
             const std::function<Status(const TextRows& rows)>& consume);

  // What to tell the user once, for instance "weights are F16, computed in fp32"; empty if nothing.
  const std::string& note() const { return note_; }

 private:
  Status tokenize(std::span<const std::string> texts, size_t first_text);
  Status check_tokens(const Encoding& encoding) const;
  size_t row_count(const BatchWork& work, size_t text) const;
  size_t end_of_round(const BatchWork& work, size_t begin, size_t count) const;
  void compute_round(const BatchWork& work, size_t begin, size_t end);
  void compute_batch(const BatchWork& work, size_t begin, size_t end, ModelState& state, TokenBatch& batch);

  std::unique_ptr<Tokenizer> tokenizer_;
  const TextEncoder* encoder_;
  ThreadPool* pool_;
  uint32_t length_max_;
  std::string note_;

  // Reused from chunk to chunk.
  std::vector<Encoding> encodings_;
  std::vector<size_t> row_starts_;  // [texts of the chunk + 1]: where each text's rows begin in values_
  std::vector<float> values_;
  ModelState shared_state_;  // spreads operations over the pool
  TokenBatch shared_batch_;
  std::vector<ModelState> thread_states_;  // each stays on its thread
  std::vector<TokenBatch> thread_batches_;
};

}  // namespace pannier
