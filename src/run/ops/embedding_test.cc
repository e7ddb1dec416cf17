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

TEST_P(EmbeddingTest, EmbeddingAddsPositionsAndNormalises) {
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

}  // namespace
}  // namespace pannier
