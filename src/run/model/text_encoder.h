// TextEncoder: token ids to hidden states, the vectors a model makes of every token. What each family
// has in common, whatever is read from the vectors afterwards; and what a family is loaded from.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/threads.h"
#include "run/model/config.h"
#include "run/model/encoder.h"
#include "run/weights/weights.h"

namespace pannier {

// Sequences one after the other, without padding. REQUIRES: every sequence has at least one token and
// at most position_count(), every id is below vocabulary_size(). Type ids are read only where the model's
// type_count() is above 0; then each is below it, or there are none, which means type 0 for all.
struct TokenBatch {
  std::vector<int32_t> ids;       // [tokens]
  std::vector<int32_t> type_ids;  // [tokens], or empty
  std::vector<uint32_t> starts;   // [sequences + 1], from 0 to tokens
};

// What one thread of work needs besides the model; reused from batch to batch. One per OpContext.
struct ModelState {
  explicit ModelState(OpContext op_context) : context(std::move(op_context)) {}
  OpContext context;
  EncoderState encoder;
  std::vector<uint32_t> positions;
  Matrix pooled;
};

// Immutable once loaded: any number of threads may use it, each with its own state.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  // The last block's output for every token, [tokens, width()]: `last_hidden_state` of transformers. It
  // lies in `state` and is valid until the next use of it. A sequence gives the same bits alone and in
  // any batch.
  virtual MatrixView hidden_states(const TokenBatch& batch, ModelState& state) const = 0;
  // The rows of it for the first token of each sequence, [sequences, width()], the same bits, with less
  // work.
  virtual MatrixView first_hidden_states(const TokenBatch& batch, ModelState& state) const = 0;

  virtual uint32_t width() const = 0;
  virtual uint32_t vocabulary_size() const = 0;
  virtual uint32_t position_count() const = 0;
  // How many token types there are; 0 where the model knows none.
  virtual uint32_t type_count() const = 0;
  // The kernels its weights are packed for.
  virtual const Kernels& kernels() const = 0;
  // The types its tensors are stored in, each once.
  virtual const std::vector<DType>& stored_types() const = 0;
};

// Everything a family builds a model from. `weights` moves into the model: its views stay valid.
struct ModelSource {
  const ModelConfig* config = nullptr;
  std::unique_ptr<Weights> weights;
  const Kernels* kernels = nullptr;
  ThreadPool* pool = nullptr;  // packs in parallel; may be null
};

}  // namespace pannier
