// Tests of widening to fp32, on every instruction set; each value is checked in kernels_test.cc.
#include "run/ops/convert.h"

#include <gtest/gtest.h>

#include <cstring>

#include "run/ops/dispatch.h"

namespace pannier {
namespace {

class ConvertTest : public testing::TestWithParam<const Kernels*> {};

INSTANTIATE_TEST_SUITE_P(Isa, ConvertTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(ConvertTest, WideningTakesAnyLengthAtAnyAlignment) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (size_t n = 0; n <= 40; ++n) {
      // One odd byte in front, nothing behind: an exact buffer for the sanitizer.
      std::vector<uint8_t> source(1 + n * dtype_bytes(dtype));
      for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<uint8_t>(i * 37 % 61);
      std::vector<float> out(n);
      widen(*GetParam(), dtype, source.data() + 1, n, out.data());
      for (size_t i = 0; i < n; ++i) {
        float expected = 0;
        uint16_t bits = 0;
        std::memcpy(&bits, source.data() + 1 + 2 * i, 2);
        if (dtype == DType::kF32) std::memcpy(&expected, source.data() + 1 + 4 * i, 4);
        if (dtype == DType::kF16) expected = half_to_float(bits);
        if (dtype == DType::kBF16) expected = bfloat16_to_float(bits);
        ASSERT_EQ(out[i], expected);
      }
    }
  }
}

TEST_P(ConvertTest, AWholeTensorKeepsItsOrder) {
  const std::vector<uint16_t> halves = {0x3C00, 0x4000, 0xC000,
                                        0x0000, 0x3800, 0x7BFF};  // 1 2 -2 0 0.5 65504
  const TensorView view = {DType::kF16, {2, 3}, {reinterpret_cast<const uint8_t*>(halves.data()), 12}};
  const FloatBuffer floats = widen_tensor(*GetParam(), view);
  EXPECT_EQ((std::vector<float>(floats.data(), floats.data() + 6)),
            (std::vector<float>{1, 2, -2, 0, 0.5f, 65504}));
}

}  // namespace
}  // namespace pannier
