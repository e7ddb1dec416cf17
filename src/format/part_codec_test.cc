// Weights of every width, alone and over a base, there and back; and encoded parts that lie.
#include "format/part_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>

#include "format/byte_planes.h"

namespace pannier {
namespace {

// Numbers around zero as weights have them, in the upper bytes of a float of this width.
Bytes weights(uint64_t count, uint8_t element_bytes, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.04f);
  Bytes bytes(count * element_bytes);
  for (uint64_t i = 0; i < count; ++i) {
    const float value = normal(random);
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(value));
    if (element_bytes == 8) bits = bits << 32 | random();
    if (element_bytes < 4) bits >>= 8 * (4 - element_bytes);
    std::memcpy(bytes.data() + i * element_bytes, &bits, element_bytes);
  }
  return bytes;
}

BaseReader reader_of(const Bytes& base) {
  return [&base](uint64_t offset, MutableByteSpan out) -> Status {
    if (offset > base.size() || out.size() > base.size() - offset) {
      return Error{ErrorKind::kCorrupt, "outside of the base", ""};
    }
    std::copy_n(base.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  };
}

EncodedPart encoded(const Bytes& raw, const std::vector<WeightSegment>& segments,
                    const BaseReader& base = {}) {
  Result<EncodedPart> part = encode_weights(raw, segments, base);
  EXPECT_TRUE(part.ok());
  return std::move(part).value();
}

void expect_back(const EncodedPart& part, const Bytes& raw, const BaseReader& base = {}) {
  Bytes back(raw.size(), 0xa5);
  const Status status = decode_part(part.encoding, part.bytes, base, back, "part");
  ASSERT_TRUE(status.ok()) << status.error().to_string();
  EXPECT_EQ(back, raw);
}

TEST(PartCodec, NamesOfEncodings) {
  for (const PartEncoding encoding : {PartEncoding::kStored, PartEncoding::kPlanes,
                                      PartEncoding::kPlanesDelta, PartEncoding::kChunksDelta}) {
    EXPECT_EQ(part_encoding_of_name(part_encoding_name(encoding)), encoding);
  }
  EXPECT_EQ(part_encoding_of_name("planes2"), std::nullopt);
}

TEST(PartCodec, EveryWidthAndLengthComesBack) {
  for (const uint8_t width : {1, 2, 4, 8}) {
    for (const bool is_float : {false, true}) {
      if (width == 1 && is_float) continue;
      for (const uint64_t count : {1, 15, 16, 17, 1000, 131071, 131072, 131073, 300000}) {
        const Bytes raw = weights(count, width, 7);
        const EncodedPart part = encoded(raw, {{raw.size(), width, is_float}});
        EXPECT_LE(part.bytes.size(), raw.size());
        expect_back(part, raw);
      }
    }
  }
}

TEST(PartCodec, FloatsShrinkToTheirEntropy) {
  const Bytes two = weights(1 << 20, 2, 1);
  EXPECT_LT(encoded(two, {{two.size(), 2, true}}).bytes.size(), two.size() * 67 / 100);
  const Bytes four = weights(1 << 20, 4, 1);
  EXPECT_LT(encoded(four, {{four.size(), 4, true}}).bytes.size(), four.size() * 84 / 100);
  // The sign between exponent and mantissa is what costs the rest.
  EXPECT_LT(encoded(two, {{two.size(), 2, true}}).bytes.size(),
            encoded(two, {{two.size(), 2, false}}).bytes.size());
}

TEST(PartCodec, NoiseIsStored) {
  std::mt19937 random(3);
  Bytes raw(1 << 20);
  for (uint8_t& byte : raw) byte = static_cast<uint8_t>(random());
  const EncodedPart part = encoded(raw, {{raw.size(), 4, true}});
  EXPECT_EQ(part.encoding, PartEncoding::kStored);
  EXPECT_EQ(part.bytes, raw);
  expect_back(part, raw);
}

TEST(PartCodec, EmptyPart) {
  const EncodedPart part = encoded({}, {});
  EXPECT_EQ(part.encoding, PartEncoding::kStored);
  expect_back(part, {});
}

TEST(PartCodec, AWholePartOfZeroesIsTiny) {
  const Bytes raw(kPartBytes, 0);
  const EncodedPart part = encoded(raw, {{raw.size(), 4, true}});
  EXPECT_LT(part.bytes.size(), 2000u);
  expect_back(part, raw);
}

}  // namespace
}  // namespace pannier
