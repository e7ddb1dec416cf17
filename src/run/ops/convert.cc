// Widening to fp32: see convert.h.
#include "run/ops/convert.h"

#include <cstring>

namespace pannier {

void widen(const Kernels& kernels, DType dtype, const uint8_t* source, size_t n, float* out) {
  if (n == 0) return;  // memcpy takes no null pointer, not even for nothing
  switch (dtype) {
    case DType::kF32:
      std::memcpy(out, source, n * sizeof(float));
      return;
    case DType::kF16:
      kernels.widen_f16(source, n, out);
      return;
    case DType::kBF16:
      kernels.widen_bf16(source, n, out);
      return;
  }
}

FloatBuffer widen_tensor(const Kernels& kernels, const TensorView& tensor) {
  const size_t count = tensor.shape.element_count();
  FloatBuffer buffer(count);
  widen(kernels, tensor.dtype, tensor.bytes.data(), count, buffer.data());
  return buffer;
}

}  // namespace pannier
