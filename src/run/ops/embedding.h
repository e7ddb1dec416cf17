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
  TensorView types;      // [types, columns]; shape [] where the model has none
};

// What is looked up for each token.
struct EmbeddingRows {
  std::span<const int32_t> ids;
  std::span<const int32_t> type_ids;  // empty: type 0 for all. Not read where there is no table of types
  std::span<const uint32_t> positions;
};

// y[i] = LayerNorm(words[ids[i]] + types[type_ids[i]] + positions[positions[i]]).
// REQUIRES: all of them within the tables (callers check what came from outside).
void embed(OpContext& context, const EmbeddingRows& rows, const EmbeddingTables& tables,
           const LayerNormWeights& norm, MatrixView y);

}  // namespace pannier
