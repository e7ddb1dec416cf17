// GF(256) on 64 bytes at a time by the affine instruction, which multiplies each byte by a bit matrix.
#include <immintrin.h>

#include "base/gf256_kernels.h"

namespace pannier {
namespace {

// Sources lie far from each other, more of them than the processor follows by itself.
constexpr size_t kAheadBytes = 512;

// ROWS results of two vectors each stay in registers while all sources go by once.
template <int ROWS>
void add_rows(const Gf256Work& work, size_t first_row, size_t i) {
  __m512i sum[ROWS][2];
  for (int r = 0; r < ROWS; ++r) sum[r][0] = sum[r][1] = _mm512_setzero_si512();
  const uint64_t* matrices = work.matrices + first_row;
  for (size_t s = 0; s < work.source_count; ++s, matrices += work.row_count) {
    const uint8_t* source = work.sources[s] + i;
    _mm_prefetch(reinterpret_cast<const char*>(source + kAheadBytes), _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(source + kAheadBytes + 64), _MM_HINT_T0);
    const __m512i a = _mm512_loadu_si512(source);
    const __m512i b = _mm512_loadu_si512(source + 64);
    for (int r = 0; r < ROWS; ++r) {
      const __m512i matrix = _mm512_set1_epi64(static_cast<long long>(matrices[r]));
      sum[r][0] = _mm512_xor_si512(sum[r][0], _mm512_gf2p8affine_epi64_epi8(a, matrix, 0));
      sum[r][1] = _mm512_xor_si512(sum[r][1], _mm512_gf2p8affine_epi64_epi8(b, matrix, 0));
    }
  }
  for (int r = 0; r < ROWS; ++r) {
    uint8_t* output = work.outputs[first_row + r] + i;
    _mm512_storeu_si512(output, sum[r][0]);
    _mm512_storeu_si512(output + 64, sum[r][1]);
  }
}

// The same for 64 bytes alone, at the end.
void add_last(const Gf256Work& work, size_t i) {
  for (size_t r = 0; r < work.row_count; ++r) {
    __m512i sum = _mm512_setzero_si512();
    for (size_t s = 0; s < work.source_count; ++s) {
      const __m512i matrix = _mm512_set1_epi64(static_cast<long long>(work.matrices[s * work.row_count + r]));
      const __m512i source = _mm512_loadu_si512(work.sources[s] + i);
      sum = _mm512_xor_si512(sum, _mm512_gf2p8affine_epi64_epi8(source, matrix, 0));
    }
    _mm512_storeu_si512(work.outputs[r] + i, sum);
  }
}

}  // namespace

void gf256_gfni(const Gf256Work& work) {
  constexpr size_t kStep = 128;
  size_t i = work.begin;
  for (; i + kStep <= work.end; i += kStep) {
    size_t r = 0;
    for (; r + 10 <= work.row_count; r += 10) add_rows<10>(work, r, i);
    for (; r + 4 <= work.row_count; r += 4) add_rows<4>(work, r, i);
    for (; r + 2 <= work.row_count; r += 2) add_rows<2>(work, r, i);
    for (; r < work.row_count; ++r) add_rows<1>(work, r, i);
  }
  if (i < work.end) add_last(work, i);
}

}  // namespace pannier
