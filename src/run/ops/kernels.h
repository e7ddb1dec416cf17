// Kernels: the inner loops, one table of them for each instruction set; picked at run time by cpuid.
//
// Everything above this table is the same for every instruction set. Each unit (kernels_sse2.cc,
// kernels_avx2.cc, kernels_avx512.cc) is compiled for its set alone, so it may contain nothing that
// the linker could share with another unit: no std template, no inline function with a body here.
// tools/check_kernel_symbols.py proves that. That is why this header holds plain structs only.
//
// Reproducible by construction: every output element is a function of its own inputs in one fixed
// order of operations, whatever rows surround it and whichever thread computes it. Between instruction
// sets the order differs, so results agree within rounding only.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace pannier {

// What is done to a result of a matrix product before it is stored.
enum class Activation : uint8_t {
  kNone,
  kRelu,
  kGelu,      // x/2 (1 + erf(x/sqrt 2)): the exact form
  kGeluTanh,  // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): its approximation, a function of its own
  kTanh,
};

// One vertical strip ("panel") of C = activation(A x B + bias).
struct GemmPanel {
  const float* a;  // [rows, depth], a_stride floats from row to row
  size_t a_stride;
  const float* panel;  // [depth, panel_columns], packed
  const float* bias;   // [panel_columns], padded like the panel; null: none
  float* c;            // [rows, columns], c_stride floats from row to row
  size_t c_stride;
  size_t rows;
  size_t depth;
  size_t columns;  // how many of the panel's columns exist in C, 1 … panel_columns
  Activation activation;
};

// out = (x + addend - mean) / sqrt(variance + epsilon) * gain + bias over one row of n floats.
struct LayerNormRow {
  const float* x;
  const float* addend;  // null: none
  const float* gain;
  const float* bias;
  float epsilon;
  size_t n;
  float* out;  // may be x or addend
};

struct Kernels {
  const char* name;        // "sse2", "avx2", "avx512"
  uint32_t panel_columns;  // width of a packed panel

  void (*gemm_panel)(const GemmPanel& work);

  // Packs `count` rows (<= panel_columns) of a row-major [count, depth] matrix as the columns of a
  // panel; missing columns become zero. This is how weights [out, in] and keys [tokens, head] lie.
  void (*pack_rows_as_columns)(const float* rows, size_t stride, size_t count, size_t depth, float* panel);
  // Packs `count` columns of a row-major [depth, count] matrix as they are; missing ones become zero.
  void (*pack_columns)(const float* rows, size_t stride, size_t count, size_t depth, float* panel);

  void (*layer_norm)(const LayerNormRow& row);
  // row = softmax(row * scale), in place. A NaN anywhere makes all of it NaN.
  void (*softmax)(float* row, size_t n, float scale);

  // Exact widening of n little-endian numbers, at any alignment.
  void (*widen_f16)(const uint8_t* source, size_t n, float* out);
  void (*widen_bf16)(const uint8_t* source, size_t n, float* out);
};

}  // namespace pannier
