// GF(256) on 32 bytes at a time by byte shuffles: each byte is the sum of the products of its two halves.
#include <immintrin.h>

#include "base/gf256_kernels.h"

namespace pannier {
namespace {

__m256i table(const uint8_t* sixteen) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(sixteen)));
}

// ROWS results stay in registers while all sources go by once.
template <int ROWS>
void add_rows(const Gf256Work& work, size_t first_row, size_t i) {
  const __m256i low_bits = _mm256_set1_epi8(0x0f);
  __m256i sum[ROWS][2];
  for (int r = 0; r < ROWS; ++r) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
  const Gf256Halves* halves = work.halves + first_row;
  for (size_t s = 0; s < work.source_count; ++s, halves += work.row_count) {
    const __m256i* source = reinterpret_cast<const __m256i*>(work.sources[s] + i);
    const __m256i a = _mm256_loadu_si256(source);
    const __m256i b = _mm256_loadu_si256(source + 1);
    const __m256i a_low = _mm256_and_si256(a, low_bits);
    const __m256i b_low = _mm256_and_si256(b, low_bits);
    const __m256i a_high = _mm256_and_si256(_mm256_srli_epi16(a, 4), low_bits);
    const __m256i b_high = _mm256_and_si256(_mm256_srli_epi16(b, 4), low_bits);
    for (int r = 0; r < ROWS; ++r) {
      const __m256i low = table(halves[r].low);
      const __m256i high = table(halves[r].high);
      sum[r][0] = _mm256_xor_si256(
          sum[r][0], _mm256_xor_si256(_mm256_shuffle_epi8(low, a_low), _mm256_shuffle_epi8(high, a_high)));
      sum[r][1] = _mm256_xor_si256(
          sum[r][1], _mm256_xor_si256(_mm256_shuffle_epi8(low, b_low), _mm256_shuffle_epi8(high, b_high)));
    }
  }
  for (int r = 0; r < ROWS; ++r) {
    __m256i* output = reinterpret_cast<__m256i*>(work.outputs[first_row + r] + i);
    _mm256_storeu_si256(output, sum[r][0]);
    _mm256_storeu_si256(output + 1, sum[r][1]);
  }
}

}  // namespace

void gf256_avx2(const Gf256Work& work) {
  for (size_t i = work.begin; i < work.end; i += kGf256UnitBytes) {
    size_t r = 0;
    for (; r + 4 <= work.row_count; r += 4) add_rows<4>(work, r, i);
    for (; r + 2 <= work.row_count; r += 2) add_rows<2>(work, r, i);
    for (; r < work.row_count; ++r) add_rows<1>(work, r, i);
  }
}

}  // namespace pannier
