// Multi-head attention over sequences that lie one after the other, without padding.
#pragma once

#include <cstdint>
#include <span>

#include "run/ops/op_context.h"
#include "run/tensor/matrix.h"

namespace pannier {

// Where sequences lie in a concatenation: sequence s is rows [starts[s], starts[s + 1]).
using SequenceStarts = std::span<const uint32_t>;

// For every sequence and head: out = softmax(Q K^T / sqrt(head size)) V, nothing masked, since a
// sequence sees only its own rows.
//   queries     [query rows, heads * head size]; rows of sequence s at query_starts
//   keys_values [tokens, 2 * heads * head size]: keys, then values; rows of sequence s at token_starts
//   out         [query rows, heads * head size]
// A sequence may have fewer queries than tokens (only the first token's result is wanted, say).
struct AttentionInputs {
  ConstMatrixView queries;
  SequenceStarts query_starts;
  ConstMatrixView keys_values;
  SequenceStarts token_starts;
};
void attention(OpContext& context, const AttentionInputs& in, uint32_t head_count, MatrixView out);

}  // namespace pannier
