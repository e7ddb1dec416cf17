// The kernels for AVX-512 (F, BW, DQ, VL): 16 lanes, tiles of 14 x 32 in 28 of 32 registers.
//
// GCC 12 takes the "undefined" operand of its own intrinsics for an uninitialised variable.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#include <immintrin.h>

#include "run/ops/kernel_tables.h"
#include "run/ops/kernels.h"

namespace pannier {
namespace {

#define PANNIER_INLINE inline __attribute__((always_inline))

PANNIER_INLINE __mmask16 first_lanes(size_t count) { return static_cast<__mmask16>((1u << count) - 1u); }

struct Vector {
  static constexpr size_t kLanes = 16;
  __m512 v;

  PANNIER_INLINE static Vector zero() { return {_mm512_setzero_ps()}; }
  PANNIER_INLINE static Vector splat(float x) { return {_mm512_set1_ps(x)}; }
  PANNIER_INLINE static Vector load(const float* p) { return {_mm512_loadu_ps(p)}; }
  // The first `count` (< kLanes) lanes from memory, the others `fill`; touches no byte beyond.
  PANNIER_INLINE static Vector load_some(const float* p, size_t count, float fill) {
    return {_mm512_mask_loadu_ps(_mm512_set1_ps(fill), first_lanes(count), p)};
  }
  PANNIER_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
  PANNIER_INLINE void store_some(float* p, size_t count) const {
    _mm512_mask_storeu_ps(p, first_lanes(count), v);
  }
};

PANNIER_INLINE Vector operator+(Vector a, Vector b) { return {_mm512_add_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator-(Vector a, Vector b) { return {_mm512_sub_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator*(Vector a, Vector b) { return {_mm512_mul_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator/(Vector a, Vector b) { return {_mm512_div_ps(a.v, b.v)}; }
PANNIER_INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
PANNIER_INLINE Vector min(Vector a, Vector b) { return {_mm512_min_ps(a.v, b.v)}; }
PANNIER_INLINE Vector max(Vector a, Vector b) { return {_mm512_max_ps(a.v, b.v)}; }
PANNIER_INLINE Vector round(Vector a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
// 2^n for whole n in [-126, 127].
PANNIER_INLINE Vector power_of_two(Vector n) {
  const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(biased, 23))};
}
PANNIER_INLINE Vector keep_some(Vector a, size_t count) {
  return {_mm512_maskz_mov_ps(first_lanes(count), a.v)};
}
PANNIER_INLINE float sum(Vector a) { return _mm512_reduce_add_ps(a.v); }
PANNIER_INLINE float maximum(Vector a) { return _mm512_reduce_max_ps(a.v); }
PANNIER_INLINE float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

constexpr size_t kTileRows = 14;

// out[k][i] = rows[i][k] for 16 x 16. Lanes of four first hold four rows of one column; then they are moved.
PANNIER_INLINE void transpose_square(const float* rows, size_t stride, float* out, size_t out_stride) {
  __m512 quarter[16];  // [4 g + j]: in lane L, column 4 L + j of the rows 4 g … 4 g + 3
#pragma GCC unroll 4
  for (size_t g = 0; g < 4; ++g, rows += 4 * stride) {
    const __m512 a = _mm512_loadu_ps(rows);
    const __m512 b = _mm512_loadu_ps(rows + stride);
    const __m512 c = _mm512_loadu_ps(rows + 2 * stride);
    const __m512 d = _mm512_loadu_ps(rows + 3 * stride);
    const __m512d ab_low = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
    const __m512d ab_high = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    const __m512d cd_low = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
    const __m512d cd_high = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
    quarter[4 * g] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_low, cd_low));
    quarter[4 * g + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_low, cd_low));
    quarter[4 * g + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high));
    quarter[4 * g + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high));
  }
#pragma GCC unroll 4
  for (size_t j = 0; j < 4; ++j) {
    // Even lanes and odd ones of the upper eight rows, and of the lower eight.
    const __m512 upper_even = _mm512_shuffle_f32x4(quarter[j], quarter[4 + j], 0x88);
    const __m512 upper_odd = _mm512_shuffle_f32x4(quarter[j], quarter[4 + j], 0xdd);
    const __m512 lower_even = _mm512_shuffle_f32x4(quarter[8 + j], quarter[12 + j], 0x88);
    const __m512 lower_odd = _mm512_shuffle_f32x4(quarter[8 + j], quarter[12 + j], 0xdd);
    _mm512_storeu_ps(out + j * out_stride, _mm512_shuffle_f32x4(upper_even, lower_even, 0x88));
    _mm512_storeu_ps(out + (4 + j) * out_stride, _mm512_shuffle_f32x4(upper_odd, lower_odd, 0x88));
    _mm512_storeu_ps(out + (8 + j) * out_stride, _mm512_shuffle_f32x4(upper_even, lower_even, 0xdd));
    _mm512_storeu_ps(out + (12 + j) * out_stride, _mm512_shuffle_f32x4(upper_odd, lower_odd, 0xdd));
  }
}

void widen_f16(const uint8_t* source, size_t n, float* out) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source + 2 * i));
    _mm512_storeu_ps(out + i, _mm512_cvtph_ps(halves));
  }
  if (i < n) {
    const __m256i halves = _mm256_maskz_loadu_epi16(first_lanes(n - i), source + 2 * i);
    _mm512_mask_storeu_ps(out + i, first_lanes(n - i), _mm512_cvtph_ps(halves));
  }
}

void widen_bf16(const uint8_t* source, size_t n, float* out) {
  for (size_t i = 0; i < n; i += 16) {
    const __mmask16 lanes = first_lanes(n - i < 16 ? n - i : 16);
    const __m256i uppers = _mm256_maskz_loadu_epi16(lanes, source + 2 * i);
    const __m512i wide = _mm512_slli_epi32(_mm512_cvtepu16_epi32(uppers), 16);
    _mm512_mask_storeu_ps(out + i, lanes, _mm512_castsi512_ps(wide));
  }
}

#undef PANNIER_INLINE

}  // namespace
}  // namespace pannier

#include "run/ops/kernels_body.inc"

namespace pannier {

const Kernels kKernelsAvx512 = {"avx512",     kPanelColumns, gemm_panel, pack_rows_as_columns,
                                pack_columns, layer_norm,    softmax,    widen_f16,
                                widen_bf16};

}  // namespace pannier
