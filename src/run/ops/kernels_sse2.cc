// The kernels for SSE2, which every x86-64 processor has: 4 lanes, tiles of 4 x 8 in 8 of 16 registers.
#include <emmintrin.h>

#include "run/ops/kernel_tables.h"
#include "run/ops/kernels.h"
#include "run/tensor/dtype.h"

namespace pannier {
namespace {

#define PANNIER_INLINE inline __attribute__((always_inline))

struct Vector {
  static constexpr size_t kLanes = 4;
  __m128 v;

  PANNIER_INLINE static Vector zero() { return {_mm_setzero_ps()}; }
  PANNIER_INLINE static Vector splat(float x) { return {_mm_set1_ps(x)}; }
  PANNIER_INLINE static Vector load(const float* p) { return {_mm_loadu_ps(p)}; }
  // The first `count` (< kLanes) lanes from memory, the others `fill`; touches no byte beyond.
  PANNIER_INLINE static Vector load_some(const float* p, size_t count, float fill) {
    float lanes[4] = {fill, fill, fill, fill};
    for (size_t i = 0; i < count; ++i) lanes[i] = p[i];
    return {_mm_loadu_ps(lanes)};
  }
  PANNIER_INLINE void store(float* p) const { _mm_storeu_ps(p, v); }
  PANNIER_INLINE void store_some(float* p, size_t count) const {
    float lanes[4];
    _mm_storeu_ps(lanes, v);
    for (size_t i = 0; i < count; ++i) p[i] = lanes[i];
  }
};

PANNIER_INLINE Vector operator+(Vector a, Vector b) { return {_mm_add_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator-(Vector a, Vector b) { return {_mm_sub_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator*(Vector a, Vector b) { return {_mm_mul_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator/(Vector a, Vector b) { return {_mm_div_ps(a.v, b.v)}; }
PANNIER_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
  return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)};
}
PANNIER_INLINE Vector min(Vector a, Vector b) { return {_mm_min_ps(a.v, b.v)}; }
PANNIER_INLINE Vector max(Vector a, Vector b) { return {_mm_max_ps(a.v, b.v)}; }
// To the nearest whole number, by way of int32: callers stay within its range.
PANNIER_INLINE Vector round(Vector a) { return {_mm_cvtepi32_ps(_mm_cvtps_epi32(a.v))}; }
// 2^n for whole n in [-126, 127].
PANNIER_INLINE Vector power_of_two(Vector n) {
  const __m128i biased = _mm_add_epi32(_mm_cvtps_epi32(n.v), _mm_set1_epi32(127));
  return {_mm_castsi128_ps(_mm_slli_epi32(biased, 23))};
}
PANNIER_INLINE Vector keep_some(Vector a, size_t count) {
  const __m128i lane = _mm_set_epi32(3, 2, 1, 0);
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(count));
  return {_mm_and_ps(a.v, _mm_castsi128_ps(_mm_cmplt_epi32(lane, wanted)))};
}
PANNIER_INLINE float sum(Vector a) {
  const __m128 two = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
PANNIER_INLINE float maximum(Vector a) {
  const __m128 two = _mm_max_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}
PANNIER_INLINE float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

constexpr size_t kTileRows = 4;

// out[k][i] = rows[i][k] for 4 x 4.
PANNIER_INLINE void transpose_square(const float* rows, size_t stride, float* out, size_t out_stride) {
  __m128 a = _mm_loadu_ps(rows);
  __m128 b = _mm_loadu_ps(rows + stride);
  __m128 c = _mm_loadu_ps(rows + 2 * stride);
  __m128 d = _mm_loadu_ps(rows + 3 * stride);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(out, a);
  _mm_storeu_ps(out + out_stride, b);
  _mm_storeu_ps(out + 2 * out_stride, c);
  _mm_storeu_ps(out + 3 * out_stride, d);
}

// This unit is compiled for the baseline, so sharing the inline conversions of dtype.h is safe.
void widen_f16(const uint8_t* source, size_t n, float* out) {
  for (size_t i = 0; i < n; ++i) {
    uint16_t half;
    __builtin_memcpy(&half, source + 2 * i, sizeof half);
    out[i] = half_to_float(half);
  }
}

void widen_bf16(const uint8_t* source, size_t n, float* out) {
  for (size_t i = 0; i < n; ++i) {
    uint16_t upper;
    __builtin_memcpy(&upper, source + 2 * i, sizeof upper);
    out[i] = bfloat16_to_float(upper);
  }
}

#undef PANNIER_INLINE

}  // namespace
}  // namespace pannier

#include "run/ops/kernels_body.inc"

namespace pannier {

const Kernels kKernelsSse2 = {"sse2",       kPanelColumns, gemm_panel, pack_rows_as_columns,
                              pack_columns, layer_norm,    softmax,    widen_f16,
                              widen_bf16};

}  // namespace pannier
