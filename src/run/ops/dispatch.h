// Which kernels this processor can run, and which one the process uses.
#pragma once

#include <span>

#include "run/ops/kernels.h"

namespace pannier {

// Every table this processor (and its operating system) can run, slowest first. Never empty.
std::span<const Kernels* const> usable_kernels();

// The table models are loaded for: the fastest usable one unless `use_kernels` chose another.
const Kernels& active_kernels();

// For tests and benchmarks: models loaded from now on use this table; null goes back to the fastest.
// REQUIRES: null, or an element of usable_kernels().
void use_kernels(const Kernels* kernels);

}  // namespace pannier
