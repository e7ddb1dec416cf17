// Tests of pooling: each mode's formula, their order, and that no NaN is lost.
#include "run/pipeline/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace pannier {
namespace {

// Three tokens of two components, with a gap between rows as matrices have.
const std::vector<float> kTokens = {1, -4, 99, 3, 0, 99, 8, -2, 99};
ConstMatrixView tokens_of(const std::vector<float>& values) {
  return {values.data(), static_cast<uint32_t>(values.size() / 3), 2, 3};
}

std::vector<float> pooled(std::vector<PoolingMode> modes, const std::vector<float>& values = kTokens) {
  std::vector<float> out(modes.size() * 2, -1);
  pool(tokens_of(values), modes, out);
  return out;
}

TEST(PoolingTest, EachModeIsItsFormula) {
  EXPECT_EQ(pooled({PoolingMode::kCls}), (std::vector<float>{1, -4}));
  EXPECT_EQ(pooled({PoolingMode::kMax}), (std::vector<float>{8, 0}));
  EXPECT_EQ(pooled({PoolingMode::kMean}), (std::vector<float>{4, -2}));
  EXPECT_EQ(pooled({PoolingMode::kMeanSqrtLength}),
            (std::vector<float>{12 / std::sqrt(3.0f), -6 / std::sqrt(3.0f)}));
  EXPECT_EQ(pooled({PoolingMode::kWeightedMean}), (std::vector<float>{(1 + 6 + 24) / 6.0f, (-4 - 6) / 6.0f}));
  EXPECT_EQ(pooled({PoolingMode::kLastToken}), (std::vector<float>{8, -2}));
}

TEST(PoolingTest, SeveralModesComeOneBehindTheOtherInTheirOrder) {
  EXPECT_EQ(pooled({PoolingMode::kMax, PoolingMode::kCls, PoolingMode::kMean}),
            (std::vector<float>{8, 0, 1, -4, 4, -2}));
}

TEST(PoolingTest, OneTokenIsItselfInEveryMode) {
  for (const PoolingMode mode :
       {PoolingMode::kCls, PoolingMode::kMax, PoolingMode::kMean, PoolingMode::kMeanSqrtLength,
        PoolingMode::kWeightedMean, PoolingMode::kLastToken}) {
    EXPECT_EQ(pooled({mode}, {5, -6, 0}), (std::vector<float>{5, -6}));
  }
}

// A maximum that skips NaN would turn damaged weights into a plausible vector.
TEST(PoolingTest, ANanComesThroughWhereverItIs) {
  for (const size_t at : {0u, 3u, 6u}) {
    std::vector<float> values = kTokens;
    values[at] = NAN;
    for (const PoolingMode mode :
         {PoolingMode::kMax, PoolingMode::kMean, PoolingMode::kMeanSqrtLength, PoolingMode::kWeightedMean}) {
      const std::vector<float> out = pooled({mode}, values);
      EXPECT_TRUE(std::isnan(out[0])) << at;
      EXPECT_FALSE(std::isnan(out[1])) << at;
    }
  }
}

TEST(PoolingTest, UnitLength) {
  std::vector<float> vector = {3, 0, -4};
  normalize(vector);
  EXPECT_EQ(vector, (std::vector<float>{0.6f, 0, -0.8f}));
  std::vector<float> zeros = {0, 0};
  normalize(zeros);
  EXPECT_EQ(zeros, (std::vector<float>{0, 0}));
  std::vector<float> tiny = {1e-30f, 0};
  normalize(tiny);
  EXPECT_NEAR(tiny[0], 1e-18, 1e-22);
  std::vector<float> huge = {3e38f, 3e38f};
  normalize(huge);
  EXPECT_NEAR(huge[0], std::sqrt(0.5), 1e-6);
  std::vector<float> broken = {1, INFINITY};
  normalize(broken);
  EXPECT_TRUE(std::isnan(broken[1]));
}

TEST(PoolingTest, Cosines) {
  const std::vector<float> a = {3, 4};
  EXPECT_NEAR(cosine_similarity(a, a), 1, 1e-12);
  EXPECT_NEAR(cosine_similarity(a, std::vector<float>{-6, -8}), -1, 1e-12);
  EXPECT_NEAR(cosine_similarity(a, std::vector<float>{4, -3}), 0, 1e-12);
  EXPECT_NEAR(cosine_similarity(a, std::vector<float>{1, 0}), 0.6, 1e-12);
  EXPECT_EQ(cosine_similarity(a, std::vector<float>{0, 0}), 0);
}

}  // namespace
}  // namespace pannier
