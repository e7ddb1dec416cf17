// Two SHA-256 compressions of the same blocks, interleaved. A round of one state waits for the round before
// (sha256rnds2: four cycles, one every two), so a single state leaves half of the unit idle; the second one
// fills it, and shares the message schedule. Source: FIPS 180-4, section 6.2.
//
// A kernel unit: no template or inline function of the standard library (tools/check_kernel_symbols.py).
#include "base/sha256_pair_shani.h"

#include <immintrin.h>

namespace pannier {
namespace {

alignas(16) constexpr uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The state as the instructions want it: words a, b, e, f and c, d, g, h, the first ones highest.
struct State {
  __m128i abef;
  __m128i cdgh;
};

inline State load_state(const uint32_t* words) {
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(words));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(words + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

inline void store_state(const State& state, uint32_t* words) {
  const __m128i feba = _mm_shuffle_epi32(state.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(state.cdgh, 0xB1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

inline __m128i load_message(const uint8_t* bytes) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)), big_endian);
}

}  // namespace

void sha256_pair_shani(uint32_t* first, uint32_t* second, const uint8_t* blocks, size_t block_count) {
  State one = load_state(first);
  State two = load_state(second);
  for (; block_count > 0; --block_count, blocks += 64) {
    const State one_before = one;
    const State two_before = two;
    __m128i message[4] = {load_message(blocks), load_message(blocks + 16), load_message(blocks + 32),
                          load_message(blocks + 48)};
#pragma GCC unroll 16
    for (int group = 0; group < 16; ++group) {  // of four rounds
      const __m128i now = message[group & 3];
      const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kRoundConstants + 4 * group));
      const __m128i low = _mm_add_epi32(now, constants);
      const __m128i high = _mm_shuffle_epi32(low, 0x0E);
      one.cdgh = _mm_sha256rnds2_epu32(one.cdgh, one.abef, low);
      two.cdgh = _mm_sha256rnds2_epu32(two.cdgh, two.abef, low);
      one.abef = _mm_sha256rnds2_epu32(one.abef, one.cdgh, high);
      two.abef = _mm_sha256rnds2_epu32(two.abef, two.cdgh, high);
      if (group < 12) {  // the words that are needed in four groups' time
        const __m128i next = message[(group + 1) & 3];
        const __m128i last = message[(group + 3) & 3];
        const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(now, next),
                                          _mm_alignr_epi8(last, message[(group + 2) & 3], 4));
        message[group & 3] = _mm_sha256msg2_epu32(sum, last);
      }
    }
    one.abef = _mm_add_epi32(one.abef, one_before.abef);
    one.cdgh = _mm_add_epi32(one.cdgh, one_before.cdgh);
    two.abef = _mm_add_epi32(two.abef, two_before.abef);
    two.cdgh = _mm_add_epi32(two.cdgh, two_before.cdgh);
  }
  store_state(one, first);
  store_state(two, second);
}

}  // namespace pannier
