// Linear layers: y = activation(x W^T + b), with the weights packed once at load.
#pragma once

#include <cstdint>
#include <span>

#include "run/ops/op_context.h"
#include "run/tensor/matrix.h"
#include "run/tensor/tensor_view.h"

namespace pannier {

// Panels as Kernels::gemm_panel reads them: panel p holds columns [p width, (p + 1) width) of W^T as
// [depth, width], the last one filled up with zeros; all in fp32. Belongs to the kernels it was packed
// for; its memory to an arena.
struct PackedLinear {
  uint32_t depth = 0;             // inputs
  uint32_t columns = 0;           // outputs
  const float* panels = nullptr;  // [panel count, depth, width]
  const float* bias = nullptr;    // [panel count, width]
};

// One stored layer: weight [outputs, depth], bias [outputs].
struct LinearTensors {
  TensorView weight;
  TensorView bias;
};

// Converts and packs; several layers over the same input become one, their outputs side by side.
// REQUIRES: shapes as above, equal depth, depth and outputs > 0 (the weights room checked them).
PackedLinear pack_linear(OpContext& context, FloatArena& arena, std::span<const LinearTensors> parts);

// y[rows, columns] = activation(x[rows, depth] W^T + b). y must not overlap x.
void linear(OpContext& context, ConstMatrixView x, const PackedLinear& layer, Activation activation,
            MatrixView y);

}  // namespace pannier
