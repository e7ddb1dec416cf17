// Tests of the reference itself, on cases small enough to check by hand.
#include "run/ops/reference.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pannier::reference {
namespace {

Table table(size_t rows, size_t columns, std::vector<float> values) {
  Table made(rows, columns);
  made.values = std::move(values);
  return made;
}

TEST(ReferenceTest, LinearIsRowTimesRowPlusBias) {
  const Table y = linear(table(2, 2, {1, 2, 3, 4}), table(1, 2, {10, 100}), {5}, Activation::kNone);
  EXPECT_EQ(y.values, (std::vector<float>{215, 435}));
  const Table cut = linear(table(1, 1, {-3}), table(2, 1, {1, -1}), {}, Activation::kRelu);
  EXPECT_EQ(cut.values, (std::vector<float>{0, 3}));
}

TEST(ReferenceTest, GeluHasItsKnownValues) {
  const Table y = linear(table(3, 1, {0, 1, -2}), table(1, 1, {1}), {}, Activation::kGelu);
  EXPECT_EQ(y.values[0], 0);
  EXPECT_NEAR(y.values[1], 0.8413447, 1e-6);
  EXPECT_NEAR(y.values[2], -0.0455003, 1e-6);
}

// As torch.nn.functional.gelu(x, approximate="tanh") and torch.tanh give them.
TEST(ReferenceTest, TanhAndItsGeluHaveTheirKnownValues) {
  const Table gelu = linear(table(3, 1, {0, 1, -2}), table(1, 1, {1}), {}, Activation::kGeluTanh);
  EXPECT_EQ(gelu.values[0], 0);
  EXPECT_NEAR(gelu.values[1], 0.8411920, 1e-6);
  EXPECT_NEAR(gelu.values[2], -0.0454023, 1e-6);
  const Table y = linear(table(3, 1, {0, 1, -2}), table(1, 1, {1}), {}, Activation::kTanh);
  EXPECT_EQ(y.values[0], 0);
  EXPECT_NEAR(y.values[1], 0.7615942, 1e-6);
  EXPECT_NEAR(y.values[2], -0.9640276, 1e-6);
}

TEST(ReferenceTest, LayerNormHasMeanBiasAndWidthGain) {
  const std::vector<float> y = layer_norm({1, 3}, {2, 2}, {10, 10}, 0);
  EXPECT_NEAR(y[0], 8, 1e-6);
  EXPECT_NEAR(y[1], 12, 1e-6);
}

TEST(ReferenceTest, SoftmaxOfLogarithmsIsTheirRatio) {
  const std::vector<float> y = softmax({0, std::log(9.0f)}, 1);
  EXPECT_NEAR(y[0], 0.1, 1e-6);
  EXPECT_NEAR(softmax({0, std::log(9.0f)}, 0.5f)[0], 0.25, 1e-6);
}

TEST(ReferenceTest, AttentionOfEqualKeysAveragesTheValues) {
  const Table y = attention(table(1, 1, {7}), table(2, 1, {1, 1}), table(2, 1, {4, 8}));
  EXPECT_NEAR(y.values[0], 6, 1e-6);
}

}  // namespace
}  // namespace pannier::reference
