// Weights of every width, alone and over a base, there and back; and encoded parts that lie.
#include "format/part_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>

#include "format/byte_planes.h"
#include "format/part_test_sample.h"

namespace pannier {
namespace {

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

// ---- Over a base ----

// Every weight moves a little, as training on does it.
Bytes fine_tuned(const Bytes& base) {
  std::mt19937 random(21);
  std::normal_distribution<float> normal(0, 1);
  Bytes tuned(base.size());
  for (uint64_t i = 0; i + 1 < base.size(); i += 2) {
    const uint32_t bits = static_cast<uint32_t>(base[i] | base[i + 1] << 8) << 16;
    float value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    value += 1e-4f * normal(random);
    uint32_t moved = 0;
    std::memcpy(&moved, &value, sizeof(moved));
    moved += 0x8000;
    tuned[i] = static_cast<uint8_t>(moved >> 16);
    tuned[i + 1] = static_cast<uint8_t>(moved >> 24);
  }
  return tuned;
}

TEST(PartCodec, AFineTuneOverItsBase) {
  const Bytes base = weights(2 << 20, 2, 5);
  const Bytes tuned = fine_tuned(base);
  const EncodedPart part = encoded(tuned, {{tuned.size(), 2, true, 0}}, base_reader_of(base));
  EXPECT_EQ(part.encoding, PartEncoding::kPlanesDelta);
  EXPECT_LT(part.bytes.size(), tuned.size() / 5);
  expect_back(part, tuned, base_reader_of(base));
}

TEST(PartCodec, TheSameWeightsElsewhereInTheBaseAreTiny) {
  const Bytes raw = weights(400'000, 4, 6);
  Bytes base(1001, 3);
  base.insert(base.end(), raw.begin(), raw.end());
  const EncodedPart part = encoded(raw, {{raw.size(), 4, true, 1001}}, base_reader_of(base));
  EXPECT_LT(part.bytes.size(), 500u);
  expect_back(part, raw, base_reader_of(base));
}

// A layer that was trained anew shares nothing: the XOR of both would be larger than the layer.
TEST(PartCodec, ABaseThatDoesNotHelpIsNotUsed) {
  const Bytes base = weights(1 << 20, 2, 7);
  const Bytes raw = weights(1 << 20, 2, 8);
  const EncodedPart part = encoded(raw, {{raw.size(), 2, true, 0}}, base_reader_of(base));
  EXPECT_EQ(part.encoding, PartEncoding::kPlanes);
  expect_back(part, raw);
}

TEST(PartCodec, WhereTheBaseBeginsToHelpItIsUsed) {
  const Bytes base = weights(6 << 20, 2, 9);
  Bytes raw = base;
  const Bytes fresh = weights(3 << 20, 2, 10);
  std::copy(fresh.begin(), fresh.end(), raw.begin());
  const EncodedPart part = encoded(raw, {{raw.size(), 2, true, 0}}, base_reader_of(base));
  EXPECT_EQ(part.encoding, PartEncoding::kPlanesDelta);
  EXPECT_LT(part.bytes.size(), raw.size() * 45 / 100);
  expect_back(part, raw, base_reader_of(base));
}

TEST(PartCodec, SegmentsOfEveryKindWithAndWithoutBase) {
  Bytes raw;
  Bytes base;
  std::vector<WeightSegment> segments;
  uint32_t seed = 30;
  for (const uint8_t width : {1, 2, 4, 8}) {
    for (const uint64_t count : {3, 5000}) {
      const Bytes some = weights(count, width, seed++);
      segments.push_back({some.size(), width, width > 1, std::nullopt});
      if (seed % 2 == 0) segments.back().base_offset = base.size();
      raw.insert(raw.end(), some.begin(), some.end());
      base.insert(base.end(), some.begin(), some.end());
      base.back() ^= 1;
    }
  }
  const EncodedPart part = encoded(raw, segments, base_reader_of(base));
  EXPECT_EQ(part.encoding, PartEncoding::kPlanesDelta);
  expect_back(part, raw, base_reader_of(base));
}

TEST(PartCodec, ABaseThatCannotBeReadIsAnError) {
  const Bytes raw = weights(1000, 2, 1);
  const BaseReader fails = [](uint64_t, MutableByteSpan) -> Status {
    return Error{ErrorKind::kIo, "gone", ""};
  };
  const std::vector<WeightSegment> segments = {{raw.size(), 2, true, 0}};
  EXPECT_FALSE(encode_weights(raw, segments, fails).ok());
  const EncodedPart part = encoded(raw, segments, base_reader_of(raw));
  Bytes back(raw.size());
  EXPECT_FALSE(decode_part(part.encoding, part.bytes, fails, back, "part").ok());
}

TEST(PartCodec, TheSameOnEveryThread) {
  const Bytes raw = weights(700'000, 4, 12);
  const std::vector<WeightSegment> segments = {{raw.size(), 4, true, std::nullopt}};
  const Bytes here = encoded(raw, segments).bytes;
  encoded(weights(1000, 2, 1), {{2000, 2, true, std::nullopt}});
  Bytes elsewhere;
  std::thread other([&] { elsewhere = encoded(raw, segments).bytes; });
  other.join();
  EXPECT_EQ(here, elsewhere);
}

TEST(PartCodec, AnUsedPartIsOverwritten) {
  EncodedPart part{PartEncoding::kPlanesDelta, Bytes(100, 1)};
  const Bytes raw = weights(1000, 2, 1);
  const std::vector<WeightSegment> segments = {{raw.size(), 2, true, std::nullopt}};
  ASSERT_TRUE(encode_weights(raw, segments, {}, part).ok());
  EXPECT_EQ(part.encoding, PartEncoding::kPlanes);
  expect_back(part, raw);
}

// ---- Parts that lie ----

struct Head {
  uint32_t bytes;
  uint8_t element_bytes = 1;
  uint8_t flags = 0;
  uint16_t nothing = 0;
  uint64_t base_offset = 0;
};

// One segment of repeated bytes, as its head says it.
Bytes part_of(const std::vector<Head>& heads) {
  Bytes part;
  for (const Head& head : heads) {
    const size_t at = part.size();
    part.resize(at + 16);
    std::memcpy(part.data() + at, &head, 16);
    for (int i = 0; i < head.element_bytes && i < 9; ++i) part.insert(part.end(), {1, 1, 0, 0, 0, 7});
  }
  return part;
}

TEST(PartCodec, PartsThatLieAreRefused) {
  const Bytes base(2000, 1);
  const struct {
    const char* name;
    PartEncoding encoding;
    std::vector<Head> heads;
    const char* reason;
  } attacks[] = {
      {"no segment", PartEncoding::kPlanes, {}, "16 bytes are said to follow"},
      {"an empty one", PartEncoding::kPlanes, {{0}, {1000}}, "a segment of 0 bytes"},
      {"longer than the part", PartEncoding::kPlanes, {{1001}}, "where 1000 are to come"},
      {"the longest", PartEncoding::kPlanes, {{0xffffffff}}, "where 1000 are to come"},
      {"shorter than the part", PartEncoding::kPlanes, {{999}}, "16 bytes are said to follow"},
      {"one too many", PartEncoding::kPlanes, {{1000}, {1}}, "bytes follow the last segment"},
      {"half an element", PartEncoding::kPlanes, {{999, 2}}, "made of 2 each"},
      {"no width", PartEncoding::kPlanes, {{1000, 0}}, "elements have 0 bytes"},
      {"an odd width", PartEncoding::kPlanes, {{999, 3}}, "elements have 3 bytes"},
      {"a huge width", PartEncoding::kPlanes, {{1000, 255}}, "elements have 255 bytes"},
      {"floats of a byte", PartEncoding::kPlanes, {{1000, 1, 1}}, "flags"},
      {"an unknown flag", PartEncoding::kPlanes, {{1000, 2, 4}}, "flags"},
      {"reserved bytes", PartEncoding::kPlanes, {{1000, 2, 0, 1}}, "flags"},
      {"a base where there is none", PartEncoding::kPlanes, {{1000, 2, 2}}, "builds on a base"},
      {"a place without base", PartEncoding::kPlanesDelta, {{1000, 2, 0, 0, 1}}, "without base"},
      {"outside of the base", PartEncoding::kPlanesDelta, {{1000, 2, 2, 0, 1001}}, "outside of the base"},
      {"beyond any blob", PartEncoding::kPlanesDelta, {{1000, 2, 2, 0, UINT64_MAX - 5}}, "beyond any blob"},
  };
  for (const auto& attack : attacks) {
    Bytes raw(1000);
    const Status status =
        decode_part(attack.encoding, part_of(attack.heads), base_reader_of(base), raw, "part 7");
    ASSERT_FALSE(status.ok()) << attack.name;
    EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt) << attack.name;
    EXPECT_NE(status.error().message.find(attack.reason), std::string::npos)
        << attack.name << ": " << status.error().message;
    EXPECT_NE(status.error().message.find("part 7"), std::string::npos);
  }
  Bytes raw(1000);
  EXPECT_TRUE(decode_part(PartEncoding::kPlanesDelta, part_of({{600, 2, 3, 0, 5}, {400, 4, 1}}),
                          base_reader_of(base), raw, "")
                  .ok());
  EXPECT_EQ(raw[0], 0x83 ^ 1);
}

TEST(PartCodec, SizesThatLieAreRefused) {
  Bytes raw(100);
  EXPECT_FALSE(decode_part(PartEncoding::kStored, Bytes(99), {}, raw, "part").ok());
  EXPECT_FALSE(decode_part(PartEncoding::kStored, Bytes(101), {}, raw, "part").ok());
  EXPECT_FALSE(decode_part(PartEncoding::kPlanes, Bytes(100), {}, raw, "part").ok());
  EXPECT_FALSE(decode_part(PartEncoding::kPlanes, {}, {}, raw, "part").ok());
  EXPECT_FALSE(decode_part(PartEncoding::kPlanesDelta, Bytes(50), {}, raw, "part").ok());
  EXPECT_FALSE(decode_part(PartEncoding::kChunksDelta, Bytes(50), {}, raw, "part").ok());
  Bytes large(kPartBytes + 1);
  const Status status = decode_part(PartEncoding::kPlanes, Bytes(50), {}, large, "part");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kLimit);
}

TEST(PartCodec, EveryByteMayBeDamaged) {
  const Bytes base = weights(1500, 2, 3);
  const Bytes tuned = fine_tuned(base);
  const EncodedPart part = encoded(tuned, {{tuned.size(), 2, true, 0}}, base_reader_of(base));
  Bytes back(tuned.size());
  for (uint64_t at = 0; at < part.bytes.size(); ++at) {
    Bytes damaged = part.bytes;
    damaged[at] ^= 0x10;
    (void)decode_part(part.encoding, damaged, base_reader_of(base), back, "part");
    damaged.resize(at);
    EXPECT_FALSE(decode_part(part.encoding, damaged, base_reader_of(base), back, "part").ok());
  }
}

}  // namespace
}  // namespace pannier
