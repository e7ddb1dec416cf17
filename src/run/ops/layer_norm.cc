// Layer normalisation: see layer_norm.h.
#include "run/ops/layer_norm.h"

#include <algorithm>

#include "run/ops/convert.h"

namespace pannier {

LayerNormWeights load_layer_norm(const Kernels& kernels, const TensorView& gain, const TensorView& bias,
                                 float epsilon) {
  return {widen_tensor(kernels, gain), widen_tensor(kernels, bias), epsilon};
}

void add_and_layer_norm(OpContext& context, ConstMatrixView x, ConstMatrixView addend,
                        const LayerNormWeights& weights, MatrixView y) {
  constexpr size_t kTaskRows = 16;  // a row is too little work to hand to a thread
  const size_t task_count = (x.rows + kTaskRows - 1) / kTaskRows;
  context.for_each(task_count, [&](size_t task, uint32_t) {
    const size_t end = std::min<size_t>(x.rows, (task + 1) * kTaskRows);
    for (size_t row = task * kTaskRows; row < end; ++row) {
      context.kernels().layer_norm({x.row(row), addend.row(row), weights.gain.data(), weights.bias.data(),
                                    weights.epsilon, x.columns, y.row(row)});
    }
  });
}

}  // namespace pannier
