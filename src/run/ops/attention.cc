// Attention, as two small matrix products a head: see attention.h.
#include "run/ops/attention.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace pannier {
namespace {

// Queries that share one block of scores: 56 x 512 tokens x 4 B = 115 KB, and 56 = 4 tiles of 14.
constexpr size_t kBlockQueries = 56;

size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

// One head of one sequence.
struct HeadWork {
  ConstMatrixView queries;  // [query rows, head size]
  ConstMatrixView keys;     // [tokens, head size]
  ConstMatrixView values;   // [tokens, head size]
  MatrixView out;           // [query rows, head size]
};

// c = a x panels, panel by panel; `panels` packed with that depth.
void multiply(const Kernels& kernels, ConstMatrixView a, const float* panels, MatrixView c) {
  const size_t width = kernels.panel_columns;
  for (size_t first = 0; first < c.columns; first += width) {
    GemmPanel work{};
    work.a = a.data;
    work.a_stride = a.stride;
    work.panel = panels + first * a.columns;
    work.c = c.data + first;
    work.c_stride = c.stride;
    work.rows = a.rows;
    work.depth = a.columns;
    work.columns = std::min<size_t>(width, c.columns - first);
    work.activation = Activation::kNone;
    kernels.gemm_panel(work);
  }
}

// Floats of scratch that attend() needs.
size_t scratch_floats(const Kernels& kernels, size_t tokens, size_t head_size) {
  const size_t width = kernels.panel_columns;
  const size_t padded_tokens = round_up(tokens, width);
  return padded_tokens * head_size + round_up(head_size, width) * tokens + kBlockQueries * padded_tokens;
}

void attend(const Kernels& kernels, const HeadWork& head, float* scratch) {
  const size_t width = kernels.panel_columns;
  const size_t tokens = head.keys.rows;
  const size_t head_size = head.keys.columns;
  const size_t padded_tokens = round_up(tokens, width);
  float* key_panels = scratch;                                   // [tokens / width][head size][width]
  float* value_panels = key_panels + padded_tokens * head_size;  // [head size / width][tokens][width]
  float* score_rows = value_panels + round_up(head_size, width) * tokens;  // [kBlockQueries][padded tokens]

  for (size_t first = 0; first < tokens; first += width) {
    kernels.pack_rows_as_columns(head.keys.row(first), head.keys.stride, std::min(width, tokens - first),
                                 head_size, key_panels + first * head_size);
  }
  for (size_t first = 0; first < head_size; first += width) {
    kernels.pack_columns(head.values.data + first, head.values.stride, std::min(width, head_size - first),
                         tokens, value_panels + first * tokens);
  }
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_size));
  for (size_t first = 0; first < head.queries.rows; first += kBlockQueries) {
    const auto count = static_cast<uint32_t>(std::min<size_t>(kBlockQueries, head.queries.rows - first));
    const ConstMatrixView q = {head.queries.row(first), count, head.queries.columns, head.queries.stride};
    const MatrixView scores = {score_rows, count, static_cast<uint32_t>(tokens), padded_tokens};
    const MatrixView out = {head.out.row(first), count, head.out.columns, head.out.stride};
    multiply(kernels, q, key_panels, scores);  // Q K^T: [count, tokens]
    for (size_t row = 0; row < count; ++row) kernels.softmax(scores.row(row), tokens, scale);
    multiply(kernels, scores, value_panels, out);  // P V: [count, head size]
  }
}

}  // namespace

void attention(OpContext& context, const AttentionInputs& in, uint32_t head_count, MatrixView out) {
  assert(in.query_starts.size() == in.token_starts.size() && !in.token_starts.empty());
  assert(in.queries.columns % head_count == 0 && in.keys_values.columns == 2 * in.queries.columns);
  const Kernels& kernels = context.kernels();
  const uint32_t size = in.queries.columns / head_count;
  const size_t sequence_count = in.token_starts.size() - 1;
  context.for_each(sequence_count * head_count, [&](size_t task, uint32_t thread) {
    const size_t s = task / head_count;
    const size_t h = task % head_count;
    const uint32_t query = in.query_starts[s];
    const uint32_t query_count = in.query_starts[s + 1] - query;
    const uint32_t token = in.token_starts[s];
    const uint32_t token_count = in.token_starts[s + 1] - token;
    const float* keys = in.keys_values.row(token) + h * size;
    HeadWork head;
    head.queries = {in.queries.row(query) + h * size, query_count, size, in.queries.stride};
    head.keys = {keys, token_count, size, in.keys_values.stride};
    head.values = {keys + in.queries.columns, token_count, size, in.keys_values.stride};
    head.out = {out.row(query) + h * size, query_count, size, out.stride};
    attend(kernels, head, context.scratch(thread, scratch_floats(kernels, token_count, size)));
  });
}

}  // namespace pannier
