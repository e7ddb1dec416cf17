// Tests of embedding, on every instruction set.
#include "run/ops/embedding.h"

#include <cstring>
#include <utility>

#include "run/ops/ops_test_support.h"

namespace pannier {
namespace {

class EmbeddingTest : public OpsTest {};

INSTANTIATE_TEST_SUITE_P(Isa, EmbeddingTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

// Rows of all tables through embed() against their plain sum; by type 0 where no type ids are given.
void expect_embedded(OpContext& context, const Kernels& kernels, bool with_types, bool with_type_ids) {
  const Table words = random_table(50, 20, 1);
  const Table positions = random_table(30, 20, 2);
  const Table types = random_table(3, 20, 5);
  const Table gain = random_table(1, 20, 3);
  const Table bias = random_table(1, 20, 4);
  const LayerNormWeights norm = load_layer_norm(kernels, view_of(gain, {20}), view_of(bias, {20}), 1e-12f);
  EmbeddingTables tables = {view_of(words, {50, 20}), view_of(positions, {30, 20}), {}};
  if (with_types) tables.types = view_of(types, {3, 20});
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < 37; ++i) {
    ids.push_back(static_cast<int32_t>(i * 13 % 50));
    if (with_type_ids) type_ids.push_back(static_cast<int32_t>(i % 3));
    places.push_back(i % 30);
  }
  Table y(37, 20);
  embed(context, {ids, type_ids, places}, tables, norm, matrix_of(y));
  for (size_t row = 0; row < 37; ++row) {
    const size_t type = with_type_ids ? static_cast<size_t>(type_ids[row]) : 0;
    std::vector<float> sum(20);
    for (size_t i = 0; i < 20; ++i) {
      sum[i] = words.at(static_cast<size_t>(ids[row]), i) + positions.at(places[row], i) +
               (with_types ? types.at(type, i) : 0);
    }
    const std::vector<float> expected = reference::layer_norm(sum, gain.values, bias.values, 1e-12f);
    for (size_t i = 0; i < 20; ++i) ASSERT_NEAR(y.at(row, i), expected[i], 2e-5);
  }
}

TEST_P(EmbeddingTest, AddsPositionsAndNormalises) { expect_embedded(parallel_, *GetParam(), false, false); }

TEST_P(EmbeddingTest, AddsTokenTypesToo) { expect_embedded(parallel_, *GetParam(), true, true); }

TEST_P(EmbeddingTest, WithoutTypeIdsEveryTokenIsOfTypeZero) {
  expect_embedded(parallel_, *GetParam(), true, false);
}

TEST_P(EmbeddingTest, AModelWithoutTypesDoesNotReadTypeIds) {
  expect_embedded(parallel_, *GetParam(), false, true);
}

}  // namespace
}  // namespace pannier
