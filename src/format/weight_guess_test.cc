// Samples of every kind are told apart, from whichever byte they begin.
#include "format/weight_guess.h"

#include <gtest/gtest.h>

#include <random>

#include "format/part_test_sample.h"

namespace pannier {
namespace {

TEST(WeightGuess, FloatsFromWhicheverByteTheyBegin) {
  for (const uint64_t width : {2, 4}) {
    const Bytes data = weights(16384, width, 11, 0.02f);
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
  EXPECT_EQ(guess_weights(noise(64 << 10, 3)).element_bytes, 1);
  std::mt19937 random(3);
  Bytes quantized(64 << 10);
  std::normal_distribution<float> normal(0, 30);
  for (uint8_t& byte : quantized) byte = static_cast<uint8_t>(static_cast<int>(normal(random)));
  EXPECT_EQ(guess_weights(quantized).element_bytes, 1);
  EXPECT_EQ(guess_weights({}).element_bytes, 1);
  EXPECT_EQ(guess_weights(weights(16, 4, 11, 0.02f)).element_bytes, 1);
}

}  // namespace
}  // namespace pannier
