// The Transformer encoder block (Vaswani et al. 2017, post-norm as in BERT), with no model's names in it.
#pragma once

#include <cstdint>
#include <vector>

#include "run/ops/attention.h"
#include "run/ops/layer_norm.h"
#include "run/ops/linear.h"
#include "run/ops/op_context.h"

namespace pannier {

// Shapes: D model width, H heads, F feed-forward width.
struct EncoderBlockWeights {
  PackedLinear query;          // D -> D
  PackedLinear key_value;      // D -> 2 D: keys, then values
  PackedLinear attention_out;  // D -> D
  LayerNormWeights attention_norm;
  PackedLinear feed_forward_in;   // D -> F
  PackedLinear feed_forward_out;  // F -> D
  LayerNormWeights feed_forward_norm;
};

struct EncoderWeights {
  FloatArena arena;                 // holds what the blocks point to
  uint32_t width = 0;               // D
  uint32_t head_count = 0;          // H, divides D
  uint32_t feed_forward_width = 0;  // F
  Activation activation = Activation::kGelu;
  std::vector<EncoderBlockWeights> blocks;
};

// Memory for what passes through the blocks; reused from batch to batch. One per OpContext.
struct EncoderState {
  Matrix hidden;        // [tokens, D]: what goes into a block, and what comes out
  Matrix first_hidden;  // [sequences, D]: only the first token of each sequence
  Matrix query;         // [rows, D]
  Matrix key_value;     // [tokens, 2 D]
  Matrix mixed;         // [rows, D]: attention's result
  Matrix projected;     // [rows, D]
  Matrix expanded;      // [some rows, F]: inside the feed-forward network
};

// Runs all blocks on state.hidden, which holds the embedded tokens [tokens, D] of the sequences, and
// returns the last block's rows for the first token of each sequence, [sequences, D] in `state`.
// Classifiers read nothing else, so the last block computes nothing else: its keys and values come from
// all tokens, the rest only from the first ones. The rows it does compute are the same bit for bit.
MatrixView encode_first_tokens(OpContext& context, const EncoderWeights& weights, SequenceStarts starts,
                               EncoderState& state);

// The same for every token: all rows of the last block, [tokens, D], which are state.hidden. The rows of
// first tokens are the same bits as encode_first_tokens gives.
MatrixView encode_all_tokens(OpContext& context, const EncoderWeights& weights, SequenceStarts starts,
                             EncoderState& state);

}  // namespace pannier
