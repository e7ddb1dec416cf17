// Splits elements of weights into byte planes (all lowest bytes, then all second bytes, …) and back: what
// is alike in a tensor, the exponents, comes to lie side by side. Page: docs/formats/encodings.md.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace pannier {

inline constexpr uint8_t kElementBytesMax = 8;

// How elements are split. is_float: the sign bit is rotated to the bottom first, so that the highest byte
// of a bfloat16 or float is its exponent and nothing else.
struct ElementShape {
  uint8_t element_bytes = 1;  // 1, 2, 4 or 8
  bool is_float = false;      // not with 1
};

// planes[i] is the plane of byte i of each element, i < element_bytes; one byte an element.
using PlanePointers = std::array<const uint8_t*, kElementBytesMax>;

// REQUIRES: elements.size() is a multiple of element_bytes, `planes` has as many bytes. The planes lie in it
// one behind the other, the lowest bytes first.
void split_planes(ByteSpan elements, ElementShape shape, uint8_t* planes);
// The inverse. REQUIRES: each plane has elements.size() / element_bytes bytes.
void merge_planes(const PlanePointers& planes, ElementShape shape, MutableByteSpan elements);

// bytes ^= other. REQUIRES: the same size.
void xor_bytes(MutableByteSpan bytes, ByteSpan other);

// Bit i of bitmap (byte i / 8, lowest bit first) says whether bytes[i] is not zero; `values` gets those that
// are not, in order. Returns how many. REQUIRES: bitmap has ceil(size / 8) bytes, values as many as `bytes`.
uint64_t split_zeros(ByteSpan bytes, uint8_t* bitmap, uint8_t* values);
// The inverse. REQUIRES: `values` has as many bytes as the bitmap has bits set; bits beyond bytes.size()
// are not looked at.
void merge_zeros(ByteSpan bitmap, ByteSpan values, MutableByteSpan bytes);

}  // namespace pannier
