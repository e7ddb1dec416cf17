// Samples of every kind are told apart, from whichever byte they begin.
#include "format/weight_guess.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace pannier {
namespace {

Bytes normal_floats(uint64_t count, uint64_t element_bytes) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0, 0.02f);
  Bytes bytes(count * element_bytes);
  for (uint64_t i = 0; i < count; ++i) {
    const float value = normal(random);
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    bits >>= 8 * (4 - element_bytes);
    std::memcpy(bytes.data() + i * element_bytes, &bits, element_bytes);
  }
  return bytes;
}

TEST(WeightGuess, FloatsFromWhicheverByteTheyBegin) {
  for (const uint64_t width : {2, 4}) {
    const Bytes data = normal_floats(16384, width);
    for (uint64_t cut = 0; cut < width; ++cut) {
      const WeightGuess guess = guess_weights(ByteSpan(data).subspan(cut, 32000));
      EXPECT_EQ(guess.element_bytes, width);
      EXPECT_TRUE(guess.is_float);
      EXPECT_EQ(guess.phase, (width - cut) % width);
    }
  }
}

TEST(WeightGuess, SmallIntegersInWideElements) {
  std::mt19937 random(2);
  Bytes data;
  for (int i = 0; i < 8192; ++i) {
    const uint32_t value = random() % 50'000;
    for (int byte = 0; byte < 4; ++byte) data.push_back(static_cast<uint8_t>(value >> (8 * byte)));
  }
  EXPECT_EQ(guess_weights(data).element_bytes, 4);
}

TEST(WeightGuess, NoiseAndBytesAndTinySamplesAreBytes) {
  std::mt19937 random(3);
  Bytes noise(64 << 10);
  for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
  EXPECT_EQ(guess_weights(noise).element_bytes, 1);
  Bytes quantized(64 << 10);
  std::normal_distribution<float> normal(0, 30);
  for (uint8_t& byte : quantized) byte = static_cast<uint8_t>(static_cast<int>(normal(random)));
  EXPECT_EQ(guess_weights(quantized).element_bytes, 1);
  EXPECT_EQ(guess_weights({}).element_bytes, 1);
  EXPECT_EQ(guess_weights(normal_floats(16, 4)).element_bytes, 1);
}

}  // namespace
}  // namespace pannier
