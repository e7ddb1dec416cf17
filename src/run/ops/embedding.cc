// Embedding: see embedding.h.
#include "run/ops/embedding.h"

#include <algorithm>
#include <cassert>

#include "run/ops/convert.h"

namespace pannier {

void embed(OpContext& context, const EmbeddingRows& rows, const EmbeddingTables& tables,
           const LayerNormWeights& norm, MatrixView y) {
  assert(rows.ids.size() == y.rows && rows.positions.size() == y.rows);
  const bool has_types = tables.types.shape.rank() > 0;
  assert(!has_types || rows.type_ids.empty() || rows.type_ids.size() == y.rows);
  constexpr size_t kTaskRows = 16;
  const Kernels& kernels = context.kernels();
  const size_t columns = y.columns;
  context.for_each((rows.ids.size() + kTaskRows - 1) / kTaskRows, [&](size_t task, uint32_t thread) {
    float* const addend = context.scratch(thread, columns);
    const size_t end = std::min<size_t>(rows.ids.size(), (task + 1) * kTaskRows);
    for (size_t i = task * kTaskRows; i < end; ++i) {
      float* const out = y.row(i);
      widen(kernels, tables.words.dtype, tables.words.row(static_cast<uint32_t>(rows.ids[i])), columns, out);
      if (has_types) {
        const int32_t type = rows.type_ids.empty() ? 0 : rows.type_ids[i];
        widen(kernels, tables.types.dtype, tables.types.row(static_cast<uint32_t>(type)), columns, addend);
        for (size_t column = 0; column < columns; ++column) out[column] += addend[column];
      }
      widen(kernels, tables.positions.dtype, tables.positions.row(rows.positions[i]), columns, addend);
      kernels.layer_norm({out, addend, norm.gain.data(), norm.bias.data(), norm.epsilon, columns, out});
    }
  });
}

}  // namespace pannier
