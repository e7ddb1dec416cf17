// SSE2, which every x86-64 has, sixteen elements at a time; plain C++ for what is left over and elsewhere.
#include "format/byte_planes.h"

#include <cassert>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pannier {
namespace {

constexpr uint64_t kStepElements = 16;

// One element, in the lowest bytes. The sign goes from the top of `bits` to the bottom.
uint64_t rotated(uint64_t element, uint32_t bits) {
  const uint64_t mask = ~0ull >> (64 - bits);
  return ((element << 1) | (element >> (bits - 1))) & mask;
}
uint64_t rotated_back(uint64_t element, uint32_t bits) {
  const uint64_t mask = ~0ull >> (64 - bits);
  return ((element >> 1) | (element << (bits - 1))) & mask;
}

void split_plainly(const uint8_t* elements, uint64_t begin, uint64_t count, ElementShape shape,
                   uint8_t* planes) {
  for (uint64_t i = begin; i < count; ++i) {
    uint64_t element = 0;
    std::memcpy(&element, elements + i * shape.element_bytes, shape.element_bytes);
    if (shape.is_float) element = rotated(element, 8u * shape.element_bytes);
    for (uint32_t byte = 0; byte < shape.element_bytes; ++byte) {
      planes[byte * count + i] = static_cast<uint8_t>(element >> (8 * byte));
    }
  }
}

void merge_plainly(const PlanePointers& planes, uint64_t begin, uint64_t count, ElementShape shape,
                   uint8_t* elements) {
  for (uint64_t i = begin; i < count; ++i) {
    uint64_t element = 0;
    for (uint32_t byte = 0; byte < shape.element_bytes; ++byte) {
      element |= static_cast<uint64_t>(planes[byte][i]) << (8 * byte);
    }
    if (shape.is_float) element = rotated_back(element, 8u * shape.element_bytes);
    std::memcpy(elements + i * shape.element_bytes, &element, shape.element_bytes);
  }
}

#if defined(__SSE2__)

__m128i load(const uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
void store(uint8_t* to, __m128i vector) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), vector); }

template <uint32_t kElementBytes>
__m128i rotate_sign_down(__m128i v) {
  if constexpr (kElementBytes == 2) return _mm_or_si128(_mm_slli_epi16(v, 1), _mm_srli_epi16(v, 15));
  if constexpr (kElementBytes == 4) return _mm_or_si128(_mm_slli_epi32(v, 1), _mm_srli_epi32(v, 31));
  return _mm_or_si128(_mm_slli_epi64(v, 1), _mm_srli_epi64(v, 63));
}

template <uint32_t kElementBytes>
__m128i rotate_sign_up(__m128i v) {
  if constexpr (kElementBytes == 2) return _mm_or_si128(_mm_srli_epi16(v, 1), _mm_slli_epi16(v, 15));
  if constexpr (kElementBytes == 4) return _mm_or_si128(_mm_srli_epi32(v, 1), _mm_slli_epi32(v, 31));
  return _mm_or_si128(_mm_srli_epi64(v, 1), _mm_slli_epi64(v, 63));
}

// 16 words -> their low bytes, their high bytes.
void split_words(__m128i a, __m128i b, __m128i* planes) {
  const __m128i low = _mm_set1_epi16(0x00ff);
  planes[0] = _mm_packus_epi16(_mm_and_si128(a, low), _mm_and_si128(b, low));
  planes[1] = _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
}

// The low words of 8 double words. SSE2 packs with signed saturation only, so the sign is spread first.
__m128i low_words(__m128i a, __m128i b) {
  return _mm_packs_epi32(_mm_srai_epi32(_mm_slli_epi32(a, 16), 16),
                         _mm_srai_epi32(_mm_slli_epi32(b, 16), 16));
}
__m128i high_words(__m128i a, __m128i b) {
  return _mm_packs_epi32(_mm_srai_epi32(a, 16), _mm_srai_epi32(b, 16));
}

// 16 double words in v[0..3] -> 4 planes.
void split_double_words(const __m128i* v, __m128i* planes) {
  split_words(low_words(v[0], v[1]), low_words(v[2], v[3]), planes);
  split_words(high_words(v[0], v[1]), high_words(v[2], v[3]), planes + 2);
}

// The double words that are low (0x88) or high (0xdd) in the 4 quad words of a and b.
template <int kWhich>
__m128i half_quads(__m128i a, __m128i b) {
  return _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(a), _mm_castsi128_ps(b), kWhich));
}

// 16 elements in v[0 .. kElementBytes - 1] -> as many planes.
template <uint32_t kElementBytes>
void split_step(const __m128i* v, __m128i* planes) {
  if constexpr (kElementBytes == 2) {
    split_words(v[0], v[1], planes);
  } else if constexpr (kElementBytes == 4) {
    split_double_words(v, planes);
  } else {
    __m128i low[4];
    __m128i high[4];
    for (int i = 0; i < 4; ++i) {
      low[i] = half_quads<0x88>(v[2 * i], v[2 * i + 1]);
      high[i] = half_quads<0xdd>(v[2 * i], v[2 * i + 1]);
    }
    split_double_words(low, planes);
    split_double_words(high, planes + 4);
  }
}

// 4 planes of 16 bytes -> 16 double words in v[0..3].
void merge_double_words(const __m128i* planes, __m128i* v) {
  const __m128i low_a = _mm_unpacklo_epi8(planes[0], planes[1]);
  const __m128i low_b = _mm_unpackhi_epi8(planes[0], planes[1]);
  const __m128i high_a = _mm_unpacklo_epi8(planes[2], planes[3]);
  const __m128i high_b = _mm_unpackhi_epi8(planes[2], planes[3]);
  v[0] = _mm_unpacklo_epi16(low_a, high_a);
  v[1] = _mm_unpackhi_epi16(low_a, high_a);
  v[2] = _mm_unpacklo_epi16(low_b, high_b);
  v[3] = _mm_unpackhi_epi16(low_b, high_b);
}

template <uint32_t kElementBytes>
void merge_step(const __m128i* planes, __m128i* v) {
  if constexpr (kElementBytes == 2) {
    v[0] = _mm_unpacklo_epi8(planes[0], planes[1]);
    v[1] = _mm_unpackhi_epi8(planes[0], planes[1]);
  } else if constexpr (kElementBytes == 4) {
    merge_double_words(planes, v);
  } else {
    __m128i low[4];
    __m128i high[4];
    merge_double_words(planes, low);
    merge_double_words(planes + 4, high);
    for (int i = 0; i < 4; ++i) {
      v[2 * i] = _mm_unpacklo_epi32(low[i], high[i]);
      v[2 * i + 1] = _mm_unpackhi_epi32(low[i], high[i]);
    }
  }
}

// Both return how many elements they did: the largest multiple of kStepElements.
template <uint32_t kElementBytes, bool kFloat>
uint64_t split_in_steps(const uint8_t* elements, uint64_t count, uint8_t* planes) {
  uint64_t i = 0;
  for (; i + kStepElements <= count; i += kStepElements) {
    __m128i v[kElementBytes];
    __m128i plane[kElementBytes];
    for (uint32_t k = 0; k < kElementBytes; ++k) {
      v[k] = load(elements + i * kElementBytes + k * 16);
      if (kFloat) v[k] = rotate_sign_down<kElementBytes>(v[k]);
    }
    split_step<kElementBytes>(v, plane);
    for (uint32_t k = 0; k < kElementBytes; ++k) store(planes + k * count + i, plane[k]);
  }
  return i;
}

template <uint32_t kElementBytes, bool kFloat>
uint64_t merge_in_steps(const PlanePointers& planes, uint64_t count, uint8_t* elements) {
  uint64_t i = 0;
  for (; i + kStepElements <= count; i += kStepElements) {
    __m128i v[kElementBytes];
    __m128i plane[kElementBytes];
    for (uint32_t k = 0; k < kElementBytes; ++k) plane[k] = load(planes[k] + i);
    merge_step<kElementBytes>(plane, v);
    for (uint32_t k = 0; k < kElementBytes; ++k) {
      if (kFloat) v[k] = rotate_sign_up<kElementBytes>(v[k]);
      store(elements + i * kElementBytes + k * 16, v[k]);
    }
  }
  return i;
}

template <bool kFloat>
uint64_t split_fast(const uint8_t* elements, uint64_t count, uint8_t element_bytes, uint8_t* planes) {
  if (element_bytes == 2) return split_in_steps<2, kFloat>(elements, count, planes);
  if (element_bytes == 4) return split_in_steps<4, kFloat>(elements, count, planes);
  return split_in_steps<8, kFloat>(elements, count, planes);
}

template <bool kFloat>
uint64_t merge_fast(const PlanePointers& planes, uint64_t count, uint8_t element_bytes, uint8_t* elements) {
  if (element_bytes == 2) return merge_in_steps<2, kFloat>(planes, count, elements);
  if (element_bytes == 4) return merge_in_steps<4, kFloat>(planes, count, elements);
  return merge_in_steps<8, kFloat>(planes, count, elements);
}

#else

template <bool kFloat>
uint64_t split_fast(const uint8_t* /*elements*/, uint64_t /*count*/, uint8_t /*bytes*/, uint8_t* /*planes*/) {
  return 0;
}
template <bool kFloat>
uint64_t merge_fast(const PlanePointers& /*planes*/, uint64_t /*count*/, uint8_t /*bytes*/,
                    uint8_t* /*elements*/) {
  return 0;
}

#endif

void check_shape(uint64_t bytes, ElementShape shape) {
  const uint8_t width = shape.element_bytes;
  assert(width == 1 || width == 2 || width == 4 || width == 8);
  assert(width > 1 || !shape.is_float);
  assert(bytes % width == 0);
}

// Which of 8 bytes are not zero, the first one's bit lowest.
uint8_t nonzero_bits(const uint8_t* bytes) {
#if defined(__SSE2__)
  const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
  return static_cast<uint8_t>(~_mm_movemask_epi8(_mm_cmpeq_epi8(eight, _mm_setzero_si128())));
#else
  uint32_t bits = 0;
  for (uint32_t i = 0; i < 8; ++i) bits |= static_cast<uint32_t>(bytes[i] != 0) << i;
  return static_cast<uint8_t>(bits);
#endif
}

}  // namespace

void split_planes(ByteSpan elements, ElementShape shape, uint8_t* planes) {
  check_shape(elements.size(), shape);
  if (elements.empty()) return;
  if (shape.element_bytes == 1) {
    std::memcpy(planes, elements.data(), elements.size());
    return;
  }
  const uint64_t count = elements.size() / shape.element_bytes;
  const uint64_t done = shape.is_float
                            ? split_fast<true>(elements.data(), count, shape.element_bytes, planes)
                            : split_fast<false>(elements.data(), count, shape.element_bytes, planes);
  split_plainly(elements.data(), done, count, shape, planes);
}

void merge_planes(const PlanePointers& planes, ElementShape shape, MutableByteSpan elements) {
  check_shape(elements.size(), shape);
  if (elements.empty()) return;
  if (shape.element_bytes == 1) {
    std::memcpy(elements.data(), planes[0], elements.size());
    return;
  }
  const uint64_t count = elements.size() / shape.element_bytes;
  const uint64_t done = shape.is_float
                            ? merge_fast<true>(planes, count, shape.element_bytes, elements.data())
                            : merge_fast<false>(planes, count, shape.element_bytes, elements.data());
  merge_plainly(planes, done, count, shape, elements.data());
}

void xor_bytes(MutableByteSpan bytes, ByteSpan other) {
  assert(bytes.size() == other.size());
  uint64_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t mine = 0;
    uint64_t others = 0;
    std::memcpy(&mine, bytes.data() + i, 8);
    std::memcpy(&others, other.data() + i, 8);
    mine ^= others;
    std::memcpy(bytes.data() + i, &mine, 8);
  }
  for (; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(bytes[i] ^ other[i]);
}

uint64_t split_zeros(ByteSpan bytes, uint8_t* bitmap, uint8_t* values) {
  uint64_t count = 0;
  uint64_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    bitmap[i / 8] = nonzero_bits(bytes.data() + i);
    if (bitmap[i / 8] == 0) continue;
    // Without a branch, as none could be foretold. Never writes beyond `values`: count <= i.
    for (uint64_t k = i; k < i + 8; ++k) {
      values[count] = bytes[k];
      count += bytes[k] != 0 ? 1 : 0;
    }
  }
  if (i < bytes.size()) bitmap[i / 8] = 0;
  for (; i < bytes.size(); ++i) {
    if (bytes[i] == 0) continue;
    bitmap[i / 8] = static_cast<uint8_t>(bitmap[i / 8] | (1u << (i % 8)));
    values[count++] = bytes[i];
  }
  return count;
}

void merge_zeros(ByteSpan bitmap, ByteSpan values, MutableByteSpan bytes) {
  assert(bitmap.size() == (bytes.size() + 7) / 8);
  uint64_t next = 0;
  uint64_t i = 0;
  // Without a branch while a value more than are needed can be read.
  for (; i + 8 <= bytes.size() && next + 8 <= values.size(); i += 8) {
    uint32_t bits = bitmap[i / 8];
    if (bits == 0) {
      std::memset(bytes.data() + i, 0, 8);
      continue;
    }
    for (uint64_t k = i; k < i + 8; ++k, bits >>= 1) {
      const uint32_t bit = bits & 1;
      bytes[k] = static_cast<uint8_t>(values[next] & (0u - bit));
      next += bit;
    }
  }
  for (; i < bytes.size(); ++i) {
    const bool is_set = ((bitmap[i / 8] >> (i % 8)) & 1) != 0;
    assert(!is_set || next < values.size());
    bytes[i] = is_set ? values[next++] : 0;
  }
}

}  // namespace pannier
