// GF(256) on 16 bytes at a time by byte shuffles: each byte is the sum of the products of its two halves.
#include <tmmintrin.h>

#include "base/gf256_kernels.h"

namespace pannier {
namespace {

// ROWS results stay in registers while all sources go by once.
template <int ROWS>
void add_rows(const Gf256Work& work, size_t first_row, size_t i) {
  const __m128i low_bits = _mm_set1_epi8(0x0f);
  __m128i sum[ROWS];
  for (int r = 0; r < ROWS; ++r) sum[r] = _mm_setzero_si128();
  const Gf256Halves* halves = work.halves + first_row;
  for (size_t s = 0; s < work.source_count; ++s, halves += work.row_count) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(work.sources[s] + i));
    const __m128i a_low = _mm_and_si128(a, low_bits);
    const __m128i a_high = _mm_and_si128(_mm_srli_epi16(a, 4), low_bits);
    for (int r = 0; r < ROWS; ++r) {
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(halves[r].low));
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(halves[r].high));
      sum[r] =
          _mm_xor_si128(sum[r], _mm_xor_si128(_mm_shuffle_epi8(low, a_low), _mm_shuffle_epi8(high, a_high)));
    }
  }
  for (int r = 0; r < ROWS; ++r) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(work.outputs[first_row + r] + i), sum[r]);
  }
}

}  // namespace

void gf256_ssse3(const Gf256Work& work) {
  for (size_t i = work.begin; i < work.end; i += 16) {
    size_t r = 0;
    for (; r + 6 <= work.row_count; r += 6) add_rows<6>(work, r, i);
    for (; r + 2 <= work.row_count; r += 2) add_rows<2>(work, r, i);
    for (; r < work.row_count; ++r) add_rows<1>(work, r, i);
  }
}

}  // namespace pannier
