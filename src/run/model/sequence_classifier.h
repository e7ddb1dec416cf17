// SequenceClassifier: token ids to logits. What every family that classifies whole texts gives.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "run/model/text_encoder.h"

namespace pannier {

// Immutable once loaded: any number of threads may use it, each with its own state.
class SequenceClassifier {
 public:
  virtual ~SequenceClassifier() = default;
  // Row-major logits [sequences, label_count()].
  virtual void logits(const TokenBatch& batch, ModelState& state, std::span<float> out) const = 0;
  virtual uint32_t label_count() const = 0;
  // What it reads the sequences with: says which tokens it takes.
  virtual const TextEncoder& encoder() const = 0;
};

}  // namespace pannier
