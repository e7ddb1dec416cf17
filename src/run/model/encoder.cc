// The encoder block and the stack of them: see encoder.h.
#include "run/model/encoder.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace pannier {
namespace {

// Rows that go through the feed-forward network together: what is inside it is four times as wide as a
// block, so it would be most of the memory that a long text takes.
constexpr uint32_t kFeedForwardRows = 224;

// The rows of a block's input whose output is wanted, `wanted` of each sequence at wanted_starts.
struct BlockRows {
  MatrixView wanted;  // [R, D]; overwritten by the block's output
  SequenceStarts wanted_starts;
  ConstMatrixView all;  // [T, D]: every token; may be `wanted` itself
  SequenceStarts all_starts;
};

MatrixView rows_of(MatrixView matrix, uint32_t begin, uint32_t end) {
  return {matrix.row(begin), end - begin, matrix.columns, matrix.stride};
}

// y = W2 activation(W1 x + b1) + b2, each row by itself. x and y: [R, D].
void feed_forward(OpContext& context, const EncoderWeights& weights, const EncoderBlockWeights& block,
                  MatrixView x, MatrixView y, Matrix& expanded) {
  for (uint32_t begin = 0; begin < x.rows; begin += kFeedForwardRows) {
    const uint32_t end = std::min(x.rows, begin + kFeedForwardRows);
    const MatrixView inside = expanded.resize(end - begin, weights.feed_forward_width);  // [rows, F]
    linear(context, rows_of(x, begin, end), block.feed_forward_in, weights.activation, inside);
    linear(context, inside, block.feed_forward_out, Activation::kNone, rows_of(y, begin, end));
  }
}

// One block, in place. T tokens, R wanted rows, D width, F feed-forward width.
void encoder_block(OpContext& context, const EncoderWeights& weights, const EncoderBlockWeights& block,
                   const BlockRows& rows, EncoderState& state) {
  const MatrixView x = rows.wanted;  // [R, D]
  // Attention: every wanted row looks at every token of its own sequence.
  const MatrixView q = state.query.resize(x.rows, weights.width);                  // [R, D]
  const MatrixView kv = state.key_value.resize(rows.all.rows, 2 * weights.width);  // [T, 2 D]
  const MatrixView mixed = state.mixed.resize(x.rows, weights.width);              // [R, D]
  linear(context, x, block.query, Activation::kNone, q);
  linear(context, rows.all, block.key_value, Activation::kNone, kv);
  attention(context, {q, rows.wanted_starts, kv, rows.all_starts}, weights.head_count, mixed);
  const MatrixView y = state.projected.resize(x.rows, weights.width);  // [R, D]
  linear(context, mixed, block.attention_out, Activation::kNone, y);
  add_and_layer_norm(context, y, x, block.attention_norm, x);  // x = LayerNorm(attention(x) + x)

  feed_forward(context, weights, block, x, y, state.expanded);
  add_and_layer_norm(context, y, x, block.feed_forward_norm, x);  // x = LayerNorm(ffn(x) + x)
}

// The first `count` blocks over all tokens, in place.
MatrixView run_blocks(OpContext& context, const EncoderWeights& weights, size_t count, SequenceStarts starts,
                      EncoderState& state) {
  const MatrixView hidden = state.hidden.view();
  assert(starts.size() >= 2 && hidden.rows == starts.back() && hidden.columns == weights.width);
  for (size_t i = 0; i < count; ++i) {
    encoder_block(context, weights, weights.blocks[i], {hidden, starts, hidden, starts}, state);
  }
  return hidden;
}

}  // namespace

MatrixView encode_first_tokens(OpContext& context, const EncoderWeights& weights, SequenceStarts starts,
                               EncoderState& state) {
  assert(!weights.blocks.empty());
  const size_t last = weights.blocks.size() - 1;
  const MatrixView hidden = run_blocks(context, weights, last, starts, state);
  const auto sequence_count = static_cast<uint32_t>(starts.size() - 1);
  const MatrixView first = state.first_hidden.resize(sequence_count, weights.width);
  std::vector<uint32_t> first_starts(starts.size());  // one row a sequence: 0, 1, 2, …
  for (uint32_t s = 0; s < sequence_count; ++s) {
    std::memcpy(first.row(s), hidden.row(starts[s]), weights.width * sizeof(float));
    first_starts[s + 1] = s + 1;
  }
  encoder_block(context, weights, weights.blocks[last], {first, first_starts, hidden, starts}, state);
  return first;
}

MatrixView encode_all_tokens(OpContext& context, const EncoderWeights& weights, SequenceStarts starts,
                             EncoderState& state) {
  return run_blocks(context, weights, weights.blocks.size(), starts, state);
}

}  // namespace pannier
