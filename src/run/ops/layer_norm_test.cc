// Tests of layer normalisation over matrices, on every instruction set.
#include "run/ops/layer_norm.h"

#include <cstring>
#include <utility>

#include "run/ops/ops_test_support.h"

namespace pannier {
namespace {

class LayerNormTest : public OpsTest {};

INSTANTIATE_TEST_SUITE_P(Isa, LayerNormTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(LayerNormTest, AddAndLayerNormMayOverwriteEitherInput) {
  const Table x = random_table(40, 33, 1);
  const Table addend = random_table(40, 33, 2);
  const Table gain = random_table(1, 33, 3);
  const Table bias = random_table(1, 33, 4);
  const LayerNormWeights norm =
      load_layer_norm(*GetParam(), view_of(gain, {33}), view_of(bias, {33}), 1e-12f);
  Table apart(40, 33);
  add_and_layer_norm(serial_, matrix_of(x), matrix_of(addend), norm, matrix_of(apart));
  Table over_x = x;
  add_and_layer_norm(parallel_, matrix_of(std::as_const(over_x)), matrix_of(addend), norm, matrix_of(over_x));
  Table over_addend = addend;
  add_and_layer_norm(parallel_, matrix_of(x), matrix_of(std::as_const(over_addend)), norm,
                     matrix_of(over_addend));
  EXPECT_EQ(apart.values, over_x.values);
  EXPECT_EQ(apart.values, over_addend.values);
}

}  // namespace
}  // namespace pannier
