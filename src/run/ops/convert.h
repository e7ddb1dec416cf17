// Stored numbers of any type to fp32, exactly.
#pragma once

#include <cstddef>
#include <cstdint>

#include "run/ops/kernels.h"
#include "run/tensor/dtype.h"
#include "run/tensor/matrix.h"
#include "run/tensor/tensor_view.h"

namespace pannier {

// n numbers of that type at `source` (any alignment) to out[n].
void widen(const Kernels& kernels, DType dtype, const uint8_t* source, size_t n, float* out);

// A whole tensor, row-major.
FloatBuffer widen_tensor(const Kernels& kernels, const TensorView& tensor);

}  // namespace pannier
