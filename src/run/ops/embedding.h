// Embedding: token ids to rows, read straight from the mapped file.
#pragma once

#include <span>

#include "run/ops/layer_norm.h"
#include "run/ops/op_context.h"
#include "run/tensor/tensor_view.h"

namespace pannier {

// The tables stay as they are stored: a text needs a few rows of 30,000, so converting them all at
// load would be most of the start-up time for nothing.
struct EmbeddingTables {
  TensorView words;      // [vocabulary, columns]
  TensorView positions;  // [positions, columns]
};

// y[i] = LayerNorm(words[ids[i]] + positions[position[i]]).
// REQUIRES: ids and positions within the tables (callers check what came from outside).
void embed(OpContext& context, std::span<const int32_t> ids, std::span<const uint32_t> positions,
           const EmbeddingTables& tables, const LayerNormWeights& norm, MatrixView y);

}  // namespace pannier
