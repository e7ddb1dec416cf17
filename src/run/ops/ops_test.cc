// The operations above the kernels, on every instruction set: packing whole layers, attention over
// concatenated sequences, embedding; and the same bits for any number of threads.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "run/ops/attention.h"
#include "run/ops/dispatch.h"
#include "run/ops/embedding.h"
#include "run/ops/layer_norm.h"
#include "run/ops/linear.h"
#include "run/ops/reference.h"

namespace pannier {
namespace {

using reference::Table;

Table random_table(size_t rows, size_t columns, uint32_t seed) {
  std::mt19937 generator(seed);
  Table table(rows, columns);
  for (float& value : table.values) value = static_cast<float>(generator() % 20001) / 10000.0f - 1.0f;
  return table;
}

TensorView view_of(const Table& table, const Shape& shape) {
  return {
      DType::kF32, shape, {reinterpret_cast<const uint8_t*>(table.values.data()), table.values.size() * 4}};
}

ConstMatrixView matrix_of(const Table& table) {
  return {table.values.data(), static_cast<uint32_t>(table.rows), static_cast<uint32_t>(table.columns),
          table.columns};
}

MatrixView matrix_of(Table& table) {
  return {table.values.data(), static_cast<uint32_t>(table.rows), static_cast<uint32_t>(table.columns),
          table.columns};
}

void expect_near(const Table& actual, const Table& expected, double tolerance) {
  ASSERT_EQ(actual.values.size(), expected.values.size());
  for (size_t i = 0; i < actual.values.size(); ++i)
    ASSERT_NEAR(actual.values[i], expected.values[i], tolerance) << i;
}

class OpsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  FloatArena arena_;
  ThreadPool pool_{3};
  OpContext serial_{*GetParam(), nullptr};
  OpContext parallel_{*GetParam(), &pool_};
};

INSTANTIATE_TEST_SUITE_P(Isa, OpsTest, testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(OpsTest, LinearIsRightForOddSizesAndEqualForAnyThreads) {
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

TEST_P(OpsTest, LayersOverOneInputPackSideBySide) {
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

// Columns [first, first + count) of rows [begin, end).
Table part_of(const Table& table, size_t begin, size_t end, size_t first, size_t count) {
  Table part(end - begin, count);
  for (size_t row = begin; row < end; ++row) {
    for (size_t i = 0; i < count; ++i) part.at(row - begin, i) = table.at(row, first + i);
  }
  return part;
}

TEST_P(OpsTest, AttentionStaysWithinItsSequence) {
  const uint32_t heads = 3;
  for (const uint32_t size : {1u, 5u, 8u, 32u, 64u}) {
    const std::vector<uint32_t> starts = {0, 1, 8, 8 + 33, 41 + 70};
    const Table queries = random_table(starts.back(), heads * size, 1);
    const Table keys_values = random_table(starts.back(), 2 * heads * size, 2);
    Table out(starts.back(), heads * size);
    attention(parallel_, {matrix_of(queries), starts, matrix_of(keys_values), starts}, heads, matrix_of(out));
    for (size_t s = 0; s + 1 < starts.size(); ++s) {
      for (uint32_t h = 0; h < heads; ++h) {
        const Table expected =
            reference::attention(part_of(queries, starts[s], starts[s + 1], h * size, size),
                                 part_of(keys_values, starts[s], starts[s + 1], h * size, size),
                                 part_of(keys_values, starts[s], starts[s + 1], (heads + h) * size, size));
        expect_near(part_of(out, starts[s], starts[s + 1], h * size, size), expected, 2e-5);
      }
    }
  }
}

TEST_P(OpsTest, AttentionOfFewerQueriesGivesTheSameBits) {
  const std::vector<uint32_t> starts = {0, 12, 70};
  const std::vector<uint32_t> first_starts = {0, 1, 2};
  const Table queries = random_table(70, 16, 1);
  const Table keys_values = random_table(70, 32, 2);
  Table all(70, 16);
  attention(serial_, {matrix_of(queries), starts, matrix_of(keys_values), starts}, 2, matrix_of(all));
  Table first_queries(2, 16);
  std::copy_n(&queries.values[0], 16, &first_queries.values[0]);
  std::copy_n(&queries.values[12 * 16], 16, &first_queries.values[16]);
  Table first(2, 16);
  attention(serial_, {matrix_of(first_queries), first_starts, matrix_of(keys_values), starts}, 2,
            matrix_of(first));
  EXPECT_EQ(std::memcmp(&first.values[0], &all.values[0], 16 * sizeof(float)), 0);
  EXPECT_EQ(std::memcmp(&first.values[16], &all.values[12 * 16], 16 * sizeof(float)), 0);
}

TEST_P(OpsTest, EmbeddingAddsPositionsAndNormalises) {
  const Table words = random_table(50, 20, 1);
  const Table positions = random_table(30, 20, 2);
  const Table gain = random_table(1, 20, 3);
  const Table bias = random_table(1, 20, 4);
  const LayerNormWeights norm =
      load_layer_norm(*GetParam(), view_of(gain, {20}), view_of(bias, {20}), 1e-12f);
  const EmbeddingTables tables = {view_of(words, {50, 20}), view_of(positions, {30, 20})};
  std::vector<int32_t> ids;
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < 37; ++i) {
    ids.push_back(static_cast<int32_t>(i * 13 % 50));
    places.push_back(i % 30);
  }
  Table y(37, 20);
  embed(parallel_, ids, places, tables, norm, matrix_of(y));
  for (size_t row = 0; row < 37; ++row) {
    std::vector<float> sum(20);
    for (size_t i = 0; i < 20; ++i)
      sum[i] = words.at(static_cast<size_t>(ids[row]), i) + positions.at(places[row], i);
    const std::vector<float> expected = reference::layer_norm(sum, gain.values, bias.values, 1e-12f);
    for (size_t i = 0; i < 20; ++i) ASSERT_NEAR(y.at(row, i), expected[i], 1e-5);
  }
}

TEST_P(OpsTest, AddAndLayerNormMayOverwriteEitherInput) {
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
