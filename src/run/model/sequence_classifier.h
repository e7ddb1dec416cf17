// SequenceClassifier: token ids to logits. What every family that classifies whole texts gives; and the
// table of these families.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/threads.h"
#include "run/model/config.h"
#include "run/model/encoder.h"
#include "run/weights/weights.h"

namespace pannier {

// Sequences one after the other, without padding. REQUIRES: every sequence has at least one token and
// at most position_count(), every id is below vocabulary_size().
struct TokenBatch {
  std::vector<int32_t> ids;      // [tokens]
  std::vector<uint32_t> starts;  // [sequences + 1], from 0 to tokens
};

// What one thread of work needs besides the model; reused from batch to batch.
struct ClassifierState {
  explicit ClassifierState(OpContext op_context) : context(std::move(op_context)) {}
  OpContext context;
  EncoderState encoder;
  std::vector<uint32_t> positions;
  Matrix pooled;
};

// Immutable once loaded: any number of threads may use it, each with its own state.
class SequenceClassifier {
 public:
  virtual ~SequenceClassifier() = default;
  // Row-major logits [sequences, label_count()].
  virtual void logits(const TokenBatch& batch, ClassifierState& state, std::span<float> out) const = 0;
  virtual uint32_t label_count() const = 0;
  virtual uint32_t vocabulary_size() const = 0;
  virtual uint32_t position_count() const = 0;
  // The kernels its weights are packed for.
  virtual const Kernels& kernels() const = 0;
  // The types its tensors are stored in, each once.
  virtual const std::vector<DType>& stored_types() const = 0;
};

// Everything a family builds a classifier from. `weights` moves into the model: its views stay valid.
struct ClassifierSource {
  const ModelConfig* config = nullptr;
  uint32_t label_count = 0;
  std::unique_ptr<Weights> weights;
  const Kernels* kernels = nullptr;
  ThreadPool* pool = nullptr;  // packs in parallel; may be null
};

// One supported family.
struct ClassifierFamily {
  std::string_view architecture;  // in config.json's "architectures"
  std::string_view model_type;
  // kCorrupt, kIncomplete, kUnsupported, kLimit: naming the key or the tensors.
  Result<std::unique_ptr<SequenceClassifier>> (*load)(ClassifierSource source);
};

// The family config.json asks for; kUnsupported naming what it asks for and what is supported.
Result<const ClassifierFamily*> find_classifier_family(const ModelConfig& config);

}  // namespace pannier
