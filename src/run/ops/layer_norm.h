// Layer normalisation of rows.
#pragma once

#include "run/ops/op_context.h"
#include "run/tensor/matrix.h"
#include "run/tensor/tensor_view.h"

namespace pannier {

struct LayerNormWeights {
  FloatBuffer gain;  // [columns]
  FloatBuffer bias;  // [columns]
  float epsilon = 0;
};

// REQUIRES: both of shape [columns].
LayerNormWeights load_layer_norm(const Kernels& kernels, const TensorView& gain, const TensorView& bias,
                                 float epsilon);

// y = LayerNorm(x + addend), row by row, all [rows, columns]; y may be x or addend.
void add_and_layer_norm(OpContext& context, ConstMatrixView x, ConstMatrixView addend,
                        const LayerNormWeights& weights, MatrixView y);

}  // namespace pannier
