// The inner loops of Reed-Solomon, one for each instruction set; picked at run time by cpuid.
//
// Each unit gf256_*.cc is compiled for its set alone, so neither it nor this header may hold anything that
// the linker could share with another unit: no std template, no inline function with a body
// (tools/check_kernel_symbols.py). That is why these are plain structs.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace pannier {

// The products of one number with the low and with the high four bits of a byte, for byte shuffles.
struct Gf256Halves {
  uint8_t low[16];
  uint8_t high[16];
};

// outputs[r][i] = sum over s of factor[s][r] * sources[s][i], for all i. The factors of one source lie side
// by side, since that is how they are used.
struct Gf256Work {
  const uint64_t* matrices;       // [source_count, row_count]: each factor as an 8 x 8 matrix over GF(2)
  const Gf256Halves* halves;      // [source_count, row_count]: the same factors as tables
  const uint8_t* const* sources;  // source_count addresses
  uint8_t* const* outputs;        // row_count addresses; none of a source
  size_t source_count;
  size_t row_count;
  size_t begin;  // of i; multiples of kGf256UnitBytes for the kernels
  size_t end;
};

constexpr size_t kGf256UnitBytes = 64;

using Gf256Kernel = void (*)(const Gf256Work& work);

void gf256_reference(const Gf256Work& work);  // any begin and end
#if defined(__x86_64__)
void gf256_ssse3(const Gf256Work& work);
void gf256_avx2(const Gf256Work& work);
void gf256_gfni(const Gf256Work& work);
#endif

}  // namespace pannier
