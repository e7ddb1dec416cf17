// Splitting and merging against the definition, for all widths and small sizes.
#include "format/byte_planes.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "format/part_test_sample.h"

namespace pannier {
namespace {

// As the page says it: rotate, then byte k of element i goes to place i of plane k.
Bytes split_by_definition(const Bytes& elements, ElementShape shape) {
  const uint64_t count = elements.size() / shape.element_bytes;
  const uint32_t bits = 8u * shape.element_bytes;
  Bytes planes(elements.size());
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t element = 0;
    std::memcpy(&element, elements.data() + i * shape.element_bytes, shape.element_bytes);
    if (shape.is_float) element = (element << 1) | (element >> (bits - 1));
    for (uint64_t k = 0; k < shape.element_bytes; ++k) {
      planes[k * count + i] = static_cast<uint8_t>(element >> (8 * k));
    }
  }
  return planes;
}

TEST(BytePlanes, AsDefinedForAllWidthsAndSmallSizes) {
  for (const ElementShape shape :
       {ElementShape{1, false}, {2, false}, {2, true}, {4, false}, {4, true}, {8, false}, {8, true}}) {
    for (uint64_t count = 0; count < 70; ++count) {
      const Bytes elements = noise(count * shape.element_bytes, static_cast<uint32_t>(count));
      Bytes planes(elements.size());
      split_planes(elements, shape, planes.data());
      EXPECT_EQ(planes, split_by_definition(elements, shape)) << int{shape.element_bytes} << " x " << count;
      PlanePointers pointers{};
      for (uint64_t k = 0; k < shape.element_bytes; ++k) pointers[k] = planes.data() + k * count;
      Bytes back(elements.size());
      merge_planes(pointers, shape, back);
      EXPECT_EQ(back, elements);
    }
  }
}

TEST(BytePlanes, TheHighestPlaneOfAFloatIsItsExponent) {
  const float elements[] = {1.5f, -1.5f, 0.25f};
  Bytes planes(sizeof(elements));
  split_planes({reinterpret_cast<const uint8_t*>(elements), sizeof(elements)}, {4, true}, planes.data());
  EXPECT_EQ(planes[9], 127);
  EXPECT_EQ(planes[10], 127);
  EXPECT_EQ(planes[11], 125);
  EXPECT_EQ(planes[0], 0);
  EXPECT_EQ(planes[1], 1);  // the sign
}

TEST(BytePlanes, XorOfEverySize) {
  for (uint64_t size = 0; size < 40; ++size) {
    const Bytes first = noise(size, 1);
    const Bytes second = noise(size, 2);
    Bytes mixed = first;
    xor_bytes(mixed, second);
    for (uint64_t i = 0; i < size; ++i) EXPECT_EQ(mixed[i], first[i] ^ second[i]);
  }
}

TEST(BytePlanes, ZeroesLeaveAndComeBack) {
  std::mt19937 random(3);
  for (uint64_t size = 0; size < 300; ++size) {
    Bytes bytes = noise(size, static_cast<uint32_t>(size));
    const uint32_t zeroes = random() % 100;
    for (uint8_t& byte : bytes) byte = random() % 100 < zeroes ? 0 : byte;
    Bytes bitmap((size + 7) / 8, 0xff);
    Bytes values(size, 0xee);
    const uint64_t count = split_zeros(bytes, bitmap.data(), values.data());
    uint64_t at = 0;
    for (uint64_t i = 0; i < size; ++i) {
      EXPECT_EQ((bitmap[i / 8] >> (i % 8)) & 1, bytes[i] != 0 ? 1 : 0);
      if (bytes[i] != 0) {
        EXPECT_EQ(values[at++], bytes[i]);
      }
    }
    EXPECT_EQ(at, count);
    values.resize(count);
    Bytes back(size, 0x77);
    merge_zeros(bitmap, values, back);
    EXPECT_EQ(back, bytes);
  }
}

}  // namespace
}  // namespace pannier
