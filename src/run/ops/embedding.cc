// Embedding: see embedding.h.
#include "run/ops/embedding.h"

#include <algorithm>
#include <cassert>

#include "run/ops/convert.h"

namespace pannier {

void embed(OpContext& context, std::span<const int32_t> ids, std::span<const uint32_t> positions,
           const EmbeddingTables& tables, const LayerNormWeights& norm, MatrixView y) {
  assert(ids.size() == y.rows && positions.size() == y.rows);
  constexpr size_t kTaskRows = 16;
  const Kernels& kernels = context.kernels();
  const size_t columns = y.columns;
  context.for_each((ids.size() + kTaskRows - 1) / kTaskRows, [&](size_t task, uint32_t thread) {
    float* position_row = context.scratch(thread, columns);
    const size_t end = std::min<size_t>(ids.size(), (task + 1) * kTaskRows);
    for (size_t i = task * kTaskRows; i < end; ++i) {
      widen(kernels, tables.words.dtype, tables.words.row(static_cast<uint32_t>(ids[i])), columns, y.row(i));
      widen(kernels, tables.positions.dtype, tables.positions.row(positions[i]), columns, position_row);
      kernels.layer_norm(
          {y.row(i), position_row, norm.gain.data(), norm.bias.data(), norm.epsilon, columns, y.row(i)});
    }
  });
}

}  // namespace pannier
