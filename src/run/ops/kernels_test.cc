// Every kernel of every instruction set this machine has, against the definitions in reference.cc: all
// small sizes, every tail, and the promise that a row's result does not depend on its neighbours.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "run/ops/dispatch.h"
#include "run/ops/ops_test_support.h"

namespace pannier {
namespace {

class KernelsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels() const { return *GetParam(); }

  // activation(x W^T + b) by way of packing and one panel. W has at most panel_columns rows.
  Table multiply(const Table& x, const Table& weight, const std::vector<float>& bias,
                 Activation activation) const {
    const size_t width = kernels().panel_columns;
    FloatBuffer panel(width * x.columns + 1);
    kernels().pack_rows_as_columns(weight.values.data(), weight.columns, weight.rows, weight.columns,
                                   panel.data());
    std::vector<float> padded_bias(width, 0.0f);
    std::copy(bias.begin(), bias.end(), padded_bias.begin());
    Table y(x.rows, weight.rows);
    GemmPanel work{};
    work.a = x.values.data();
    work.a_stride = x.columns;
    work.panel = panel.data();
    work.bias = bias.empty() ? nullptr : padded_bias.data();
    work.c = y.values.data();
    work.c_stride = y.columns;
    work.rows = x.rows;
    work.depth = x.columns;
    work.columns = weight.rows;
    work.activation = activation;
    kernels().gemm_panel(work);
    return y;
  }
};

std::string kernels_name(const testing::TestParamInfo<const Kernels*>& test) { return test.param->name; }

INSTANTIATE_TEST_SUITE_P(Isa, KernelsTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()), kernels_name);

TEST_P(KernelsTest, GemmIsRightForEveryRowCountAndWidth) {
  for (size_t rows = 1; rows <= 31; ++rows) {
    for (size_t outputs = 1; outputs <= kernels().panel_columns; ++outputs) {
      const size_t depth = 1 + (rows * 7 + outputs) % 37;
      const Table x = random_table(rows, depth, static_cast<uint32_t>(rows));
      const Table weight = random_table(outputs, depth, static_cast<uint32_t>(outputs + 100));
      const std::vector<float> bias = random_floats(outputs, 3);
      const Table expected = reference::linear(x, weight, bias, Activation::kNone);
      const Table y = multiply(x, weight, bias, Activation::kNone);
      for (size_t i = 0; i < y.values.size(); ++i) ASSERT_NEAR(y.values[i], expected.values[i], 2e-5) << rows;
    }
  }
}

TEST_P(KernelsTest, GemmWithoutBiasAndWithEachActivation) {
  const Table x = random_table(15, 65, 1);
  const Table weight = random_table(kernels().panel_columns - 1, 65, 2);
  for (const Activation activation :
       {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kGeluTanh, Activation::kTanh}) {
    const Table expected = reference::linear(x, weight, {}, activation);
    const Table y = multiply(x, weight, {}, activation);
    for (size_t i = 0; i < y.values.size(); ++i) ASSERT_NEAR(y.values[i], expected.values[i], 2e-5);
  }
}

TEST_P(KernelsTest, GemmOverALongDepthKeepsItsPrecision) {
  const Table x = random_table(3, 3072, 1);
  const Table weight = random_table(5, 3072, 2);
  const Table expected = reference::linear(x, weight, {}, Activation::kNone);
  const Table y = multiply(x, weight, {}, Activation::kNone);
  for (size_t i = 0; i < y.values.size(); ++i) ASSERT_NEAR(y.values[i], expected.values[i], 5e-4);
}

TEST_P(KernelsTest, ARowOfAGemmIsTheSameBitsInAnyCompany) {
  const Table weight = random_table(kernels().panel_columns, 129, 7);
  const std::vector<float> bias = random_floats(weight.rows, 8);
  const Table x = random_table(45, 129, 9);
  const Table all = multiply(x, weight, bias, Activation::kGelu);
  for (size_t first = 0; first < x.rows; ++first) {
    for (const size_t count : {1u, 2u, 5u, 13u, 14u, 15u}) {
      if (first + count > x.rows) continue;
      Table part(count, x.columns);
      std::copy_n(x.values.begin() + static_cast<ptrdiff_t>(first * x.columns), count * x.columns,
                  part.values.begin());
      const Table y = multiply(part, weight, bias, Activation::kGelu);
      ASSERT_EQ(
          std::memcmp(y.values.data(), &all.values[first * all.columns], y.values.size() * sizeof(float)), 0)
          << first << "+" << count;
    }
  }
}

TEST_P(KernelsTest, GeluIsTheExactFormOverItsWholeRange) {
  Table x(4001, 1);
  for (size_t i = 0; i < x.rows; ++i) x.at(i, 0) = static_cast<float>(i) / 200.0f - 10.0f;
  Table one(1, 1);
  one.at(0, 0) = 1;
  const Table expected = reference::linear(x, one, {}, Activation::kGelu);
  const Table y = multiply(x, one, {}, Activation::kGelu);
  for (size_t i = 0; i < x.rows; ++i) {
    // The function's own error is below 4e-7 of x/2.
    ASSERT_NEAR(y.at(i, 0), expected.at(i, 0), 3e-7 * (1 + std::fabs(x.at(i, 0)))) << x.at(i, 0);
  }
}

TEST_P(KernelsTest, TanhAndItsGeluAreRightOverTheirWholeRange) {
  Table x(8002, 1);
  for (size_t i = 0; i + 1 < x.rows; ++i) x.at(i, 0) = static_cast<float>(i) / 200.0f - 20.0f;
  x.at(8001, 0) = -3e4f;  // its cube is far beyond what exp can take
  Table one(1, 1);
  one.at(0, 0) = 1;
  for (const Activation activation : {Activation::kTanh, Activation::kGeluTanh}) {
    const Table expected = reference::linear(x, one, {}, activation);
    const Table y = multiply(x, one, {}, activation);
    for (size_t i = 0; i < x.rows; ++i) {
      ASSERT_NEAR(y.at(i, 0), expected.at(i, 0), 3e-7 * (1 + std::fabs(expected.at(i, 0)))) << x.at(i, 0);
    }
  }
}

TEST_P(KernelsTest, NanAndInfinityPassThroughEveryActivation) {
  Table x(3, 1);
  x.values = {NAN, INFINITY, -INFINITY};
  Table one(1, 1);
  one.at(0, 0) = 1;
  for (const Activation activation :
       {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kGeluTanh}) {
    const Table y = multiply(x, one, {}, activation);
    EXPECT_TRUE(std::isnan(y.at(0, 0))) << static_cast<int>(activation);
    EXPECT_EQ(y.at(1, 0), INFINITY) << static_cast<int>(activation);
  }
  const Table bounded = multiply(x, one, {}, Activation::kTanh);
  EXPECT_TRUE(std::isnan(bounded.at(0, 0)));
  EXPECT_EQ(bounded.at(1, 0), 1);
  EXPECT_EQ(bounded.at(2, 0), -1);
}

// Full panels and others, depths below, at and above what is transposed as a square; rows further apart
// than they are deep.
TEST_P(KernelsTest, PackingColumnsAndPackingRowsAreTransposes) {
  const size_t width = kernels().panel_columns;
  for (size_t count = 1; count <= width; ++count) {
    for (const size_t depth : {1 + count % 11, width / 2, width + 5, 2 * width}) {
      const size_t stride = depth + count % 3;
      const Table rows = random_table(count, stride, 5);
      Table columns(depth, count);
      for (size_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < depth; ++k) columns.at(k, i) = rows.at(i, k);
      }
      std::vector<float> from_rows(width * depth, 9.0f);
      std::vector<float> from_columns(width * depth, 9.0f);
      kernels().pack_rows_as_columns(rows.values.data(), stride, count, depth, from_rows.data());
      kernels().pack_columns(columns.values.data(), count, count, depth, from_columns.data());
      EXPECT_EQ(from_rows, from_columns);
      for (size_t k = 0; k < depth; ++k) {
        for (size_t i = 0; i < width; ++i)
          ASSERT_EQ(from_rows[k * width + i], i < count ? rows.at(i, k) : 0.0f);
      }
    }
  }
}

TEST_P(KernelsTest, LayerNormIsRightForEveryLength) {
  for (size_t n = 1; n <= 70; ++n) {
    const std::vector<float> x = random_floats(n, 1);
    const std::vector<float> addend = random_floats(n, 2);
    const std::vector<float> gain = random_floats(n, 3);
    const std::vector<float> bias = random_floats(n, 4);
    std::vector<float> sum(n);
    for (size_t i = 0; i < n; ++i) sum[i] = x[i] + addend[i];
    const std::vector<float> expected = reference::layer_norm(sum, gain, bias, 1e-12f);
    std::vector<float> y(n);
    kernels().layer_norm({x.data(), addend.data(), gain.data(), bias.data(), 1e-12f, n, y.data()});
    std::vector<float> in_place = sum;
    kernels().layer_norm({in_place.data(), nullptr, gain.data(), bias.data(), 1e-12f, n, in_place.data()});
    for (size_t i = 0; i < n && n > 1; ++i) ASSERT_NEAR(y[i], expected[i], 1e-5) << n;
    EXPECT_EQ(y, in_place);
  }
}

TEST_P(KernelsTest, LayerNormOfFarValuesKeepsItsPrecision) {
  std::vector<float> x = random_floats(768, 1);
  for (float& value : x) value += 1000;  // where E[x^2] - E[x]^2 would have lost every digit
  const std::vector<float> ones(768, 1.0f);
  const std::vector<float> zeros(768, 0.0f);
  const std::vector<float> expected = reference::layer_norm(x, ones, zeros, 1e-12f);
  kernels().layer_norm({x.data(), nullptr, ones.data(), zeros.data(), 1e-12f, x.size(), x.data()});
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], expected[i], 1e-3);
}

TEST_P(KernelsTest, SoftmaxIsRightForEveryLength) {
  for (size_t n = 1; n <= 70; ++n) {
    std::vector<float> x = random_floats(n, static_cast<uint32_t>(n));
    for (float& value : x) value *= 30;
    const std::vector<float> expected = reference::softmax(x, 0.25f);
    kernels().softmax(x.data(), n, 0.25f);
    float total = 0;
    for (size_t i = 0; i < n; ++i) {
      ASSERT_NEAR(x[i], expected[i], 2e-6 * expected[i] + 1e-9) << n;
      total += x[i];
    }
    EXPECT_NEAR(total, 1.0f, 1e-5);
  }
}

TEST_P(KernelsTest, SoftmaxOfHugeDifferencesIsOneAndZeros) {
  std::vector<float> x = {-3e38f, 1e30f, -INFINITY, 0.0f, 1e30f};
  kernels().softmax(x.data(), x.size(), 1.0f);
  EXPECT_FLOAT_EQ(x[1], 0.5f);
  EXPECT_FLOAT_EQ(x[4], 0.5f);
  for (const size_t i : {0u, 2u, 3u}) EXPECT_LT(x[i], 1e-37f);
}

TEST_P(KernelsTest, SoftmaxWithANanIsNan) {
  for (size_t n = 1; n <= 40; ++n) {
    for (size_t where = 0; where < n; ++where) {
      std::vector<float> x(n, 1.0f);
      x[where] = NAN;
      kernels().softmax(x.data(), n, 1.0f);
      ASSERT_TRUE(std::isnan(x[where])) << n << " " << where;
      ASSERT_TRUE(std::isnan(x[0])) << n << " " << where;
    }
  }
}

TEST_P(KernelsTest, WideningIsBitExactForAllValues) {
  std::vector<uint16_t> source(65536);
  for (uint32_t bits = 0; bits < 65536; ++bits) source[bits] = static_cast<uint16_t>(bits);
  const auto* bytes = reinterpret_cast<const uint8_t*>(source.data());
  std::vector<float> halves(source.size());
  std::vector<float> bfloats(source.size());
  kernels().widen_f16(bytes, source.size(), halves.data());
  kernels().widen_bf16(bytes, source.size(), bfloats.data());
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float half = half_to_float(static_cast<uint16_t>(bits));
    const float bfloat = bfloat16_to_float(static_cast<uint16_t>(bits));
    ASSERT_EQ(std::memcmp(&halves[bits], &half, 4), 0) << bits;
    ASSERT_EQ(std::memcmp(&bfloats[bits], &bfloat, 4), 0) << bits;
  }
}

}  // namespace
}  // namespace pannier
