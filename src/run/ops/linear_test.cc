// Tests of packing and running linear layers, on every instruction set.
#include "run/ops/linear.h"

#include <cstring>
#include <utility>

#include "run/ops/ops_test_support.h"

namespace pannier {
namespace {

class LinearTest : public OpsTest {};

INSTANTIATE_TEST_SUITE_P(Isa, LinearTest, testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(LinearTest, LinearIsRightForOddSizesAndEqualForAnyThreads) {
  struct Size {
    size_t rows, depth, outputs;
  };
  for (const Size size : {Size{1, 1, 1}, Size{3, 24, 40}, Size{113, 35, 33}, Size{230, 600, 97}}) {
    const Table x = random_table(size.rows, size.depth, 1);
    const Table weight = random_table(size.outputs, size.depth, 2);
    const Table bias = random_table(1, size.outputs, 3);
    const LinearTensors layer = {view_of(weight, {size.outputs, size.depth}), view_of(bias, {size.outputs})};
    const PackedLinear packed = pack_linear(parallel_, arena_, std::span<const LinearTensors>(&layer, 1));
    Table y(size.rows, size.outputs);
    Table y_parallel(size.rows, size.outputs);
    linear(serial_, matrix_of(x), packed, Activation::kRelu, matrix_of(y));
    linear(parallel_, matrix_of(x), packed, Activation::kRelu, matrix_of(y_parallel));
    expect_near(y, reference::linear(x, weight, bias.values, Activation::kRelu), 2e-4);
    EXPECT_EQ(y.values, y_parallel.values);
  }
}

// Files put tensors anywhere, and the sanitizer build sees a float that is read where none may lie.
TEST_P(LinearTest, AWeightAtAnOddAddressPacksToTheSameBits) {
  const Table weight = random_table(40, 35, 2);
  const Table bias = random_table(1, 40, 3);
  LinearTensors layer = {view_of(weight, {40, 35}), view_of(bias, {40})};
  const PackedLinear expected = pack_linear(serial_, arena_, std::span<const LinearTensors>(&layer, 1));
  std::vector<uint8_t> moved(layer.weight.bytes.size() + 1);
  std::memcpy(moved.data() + 1, layer.weight.bytes.data(), layer.weight.bytes.size());
  layer.weight.bytes = ByteSpan(moved).subspan(1);
  const PackedLinear packed = pack_linear(serial_, arena_, std::span<const LinearTensors>(&layer, 1));
  const size_t width = GetParam()->panel_columns;
  const size_t floats = (40 + width - 1) / width * width * 35;
  EXPECT_EQ(std::memcmp(packed.panels, expected.panels, floats * sizeof(float)), 0);
}

TEST_P(LinearTest, LayersOverOneInputPackSideBySide) {
  const Table x = random_table(5, 24, 1);
  const Table key = random_table(24, 24, 2);
  const Table value = random_table(17, 24, 3);
  const Table key_bias = random_table(1, 24, 4);
  const Table value_bias = random_table(1, 17, 5);
  const LinearTensors parts[] = {{view_of(key, {24, 24}), view_of(key_bias, {24})},
                                 {view_of(value, {17, 24}), view_of(value_bias, {17})}};
  const PackedLinear packed = pack_linear(serial_, arena_, parts);
  Table y(5, 41);
  linear(serial_, matrix_of(x), packed, Activation::kNone, matrix_of(y));
  const Table keys = reference::linear(x, key, key_bias.values, Activation::kNone);
  const Table values = reference::linear(x, value, value_bias.values, Activation::kNone);
  for (size_t row = 0; row < 5; ++row) {
    for (size_t i = 0; i < 24; ++i) ASSERT_NEAR(y.at(row, i), keys.at(row, i), 1e-5);
    for (size_t i = 0; i < 17; ++i) ASSERT_NEAR(y.at(row, 24 + i), values.at(row, i), 1e-5);
  }
}

}  // namespace
}  // namespace pannier
