// The kernels for AVX2 + FMA + F16C: 8 lanes, tiles of 6 x 16 in 12 of 16 registers.
#include <immintrin.h>

#include "run/ops/kernel_tables.h"
#include "run/ops/kernels.h"

namespace pannier {
namespace {

#define PANNIER_INLINE inline __attribute__((always_inline))

// Eight all-ones words, then eight zero ones: a window into it is the mask of the first lanes.
alignas(64) const int32_t kMaskWindow[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

PANNIER_INLINE __m256i first_lanes(size_t count) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMaskWindow + 8 - count));
}

struct Vector {
  static constexpr size_t kLanes = 8;
  __m256 v;

  PANNIER_INLINE static Vector zero() { return {_mm256_setzero_ps()}; }
  PANNIER_INLINE static Vector splat(float x) { return {_mm256_set1_ps(x)}; }
  PANNIER_INLINE static Vector load(const float* p) { return {_mm256_loadu_ps(p)}; }
  // The first `count` (< kLanes) lanes from memory, the others `fill`; touches no byte beyond.
  PANNIER_INLINE static Vector load_some(const float* p, size_t count, float fill) {
    const __m256i lanes = first_lanes(count);
    return {_mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, lanes), _mm256_castsi256_ps(lanes))};
  }
  PANNIER_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
  PANNIER_INLINE void store_some(float* p, size_t count) const {
    _mm256_maskstore_ps(p, first_lanes(count), v);
  }
};

PANNIER_INLINE Vector operator+(Vector a, Vector b) { return {_mm256_add_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator-(Vector a, Vector b) { return {_mm256_sub_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator*(Vector a, Vector b) { return {_mm256_mul_ps(a.v, b.v)}; }
PANNIER_INLINE Vector operator/(Vector a, Vector b) { return {_mm256_div_ps(a.v, b.v)}; }
PANNIER_INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
PANNIER_INLINE Vector min(Vector a, Vector b) { return {_mm256_min_ps(a.v, b.v)}; }
PANNIER_INLINE Vector max(Vector a, Vector b) { return {_mm256_max_ps(a.v, b.v)}; }
PANNIER_INLINE Vector round(Vector a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
// 2^n for whole n in [-126, 127].
PANNIER_INLINE Vector power_of_two(Vector n) {
  const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(biased, 23))};
}
PANNIER_INLINE Vector keep_some(Vector a, size_t count) {
  return {_mm256_and_ps(a.v, _mm256_castsi256_ps(first_lanes(count)))};
}
PANNIER_INLINE float sum(Vector a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
PANNIER_INLINE float maximum(Vector a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}
PANNIER_INLINE float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

constexpr size_t kTileRows = 6;

// out[k][i] = rows[i][k] for 8 x 8. Lanes of four first hold four rows of one column; then they are moved.
PANNIER_INLINE void transpose_square(const float* rows, size_t stride, float* out, size_t out_stride) {
  __m256 half[8];  // [4 g + j]: in lane L, column 4 L + j of the rows 4 g … 4 g + 3
#pragma GCC unroll 2
  for (size_t g = 0; g < 2; ++g, rows += 4 * stride) {
    const __m256 a = _mm256_loadu_ps(rows);
    const __m256 b = _mm256_loadu_ps(rows + stride);
    const __m256 c = _mm256_loadu_ps(rows + 2 * stride);
    const __m256 d = _mm256_loadu_ps(rows + 3 * stride);
    const __m256d ab_low = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
    const __m256d ab_high = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    const __m256d cd_low = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
    const __m256d cd_high = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
    half[4 * g] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab_low, cd_low));
    half[4 * g + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab_low, cd_low));
    half[4 * g + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab_high, cd_high));
    half[4 * g + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab_high, cd_high));
  }
#pragma GCC unroll 4
  for (size_t j = 0; j < 4; ++j) {
    _mm256_storeu_ps(out + j * out_stride, _mm256_permute2f128_ps(half[j], half[4 + j], 0x20));
    _mm256_storeu_ps(out + (4 + j) * out_stride, _mm256_permute2f128_ps(half[j], half[4 + j], 0x31));
  }
}

PANNIER_INLINE void widen_f16_eight(__m128i halves, float* out) {
  _mm256_storeu_ps(out, _mm256_cvtph_ps(halves));
}
PANNIER_INLINE void widen_bf16_eight(__m128i uppers, float* out) {
  const __m256i wide = _mm256_slli_epi32(_mm256_cvtepu16_epi32(uppers), 16);
  _mm256_storeu_ps(out, _mm256_castsi256_ps(wide));
}

// The last n < 8 numbers by way of buffers: masked loads come in units of 32 bits only.
#define PANNIER_WIDEN(name, widen_eight)                                                       \
  void name(const uint8_t* source, size_t n, float* out) {                                     \
    size_t i = 0;                                                                              \
    for (; i + 8 <= n; i += 8) {                                                               \
      widen_eight(_mm_loadu_si128(reinterpret_cast<const __m128i*>(source + 2 * i)), out + i); \
    }                                                                                          \
    if (i == n) return;                                                                        \
    alignas(16) uint8_t last[16] = {};                                                         \
    alignas(32) float wide[8];                                                                 \
    __builtin_memcpy(last, source + 2 * i, 2 * (n - i));                                       \
    widen_eight(_mm_load_si128(reinterpret_cast<const __m128i*>(last)), wide);                 \
    __builtin_memcpy(out + i, wide, sizeof(float) * (n - i));                                  \
  }
PANNIER_WIDEN(widen_f16, widen_f16_eight)
PANNIER_WIDEN(widen_bf16, widen_bf16_eight)
#undef PANNIER_WIDEN
#undef PANNIER_INLINE

}  // namespace
}  // namespace pannier

#include "run/ops/kernels_body.inc"

namespace pannier {

const Kernels kKernelsAvx2 = {"avx2",       kPanelColumns, gemm_panel, pack_rows_as_columns,
                              pack_columns, layer_norm,    softmax,    widen_f16,
                              widen_bf16};

}  // namespace pannier
