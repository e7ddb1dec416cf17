// The table each kernel unit defines. Only dispatch.cc may use one without asking the processor first.
#pragma once

namespace pannier {

struct Kernels;

extern const Kernels kKernelsSse2;
extern const Kernels kKernelsAvx2;
extern const Kernels kKernelsAvx512;

}  // namespace pannier
