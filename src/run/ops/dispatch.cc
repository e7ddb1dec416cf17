// Dispatch by cpuid: see dispatch.h.
#include "run/ops/dispatch.h"

#include <atomic>
#include <vector>

#include "run/ops/kernel_tables.h"

namespace pannier {
namespace {

std::vector<const Kernels*> find_usable() {
  // These builtins ask cpuid and xgetbv: a set that the operating system does not save is not usable.
  __builtin_cpu_init();
  std::vector<const Kernels*> usable = {&kKernelsSse2};
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (avx2) usable.push_back(&kKernelsAvx2);
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx2 && avx512) usable.push_back(&kKernelsAvx512);
  return usable;
}

std::atomic<const Kernels*> chosen{nullptr};

}  // namespace

std::span<const Kernels* const> usable_kernels() {
  static const std::vector<const Kernels*> usable = find_usable();
  return usable;
}

const Kernels& active_kernels() {
  const Kernels* kernels = chosen.load(std::memory_order_relaxed);
  return kernels != nullptr ? *kernels : *usable_kernels().back();
}

void use_kernels(const Kernels* kernels) { chosen.store(kernels, std::memory_order_relaxed); }

}  // namespace pannier
