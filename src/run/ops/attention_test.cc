// Tests of attention over concatenated sequences, on every instruction set.
#include "run/ops/attention.h"

#include <cstring>
#include <utility>

#include "run/ops/ops_test_support.h"

namespace pannier {
namespace {

class AttentionTest : public OpsTest {};

INSTANTIATE_TEST_SUITE_P(Isa, AttentionTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

// Columns [first, first + count) of rows [begin, end).
Table part_of(const Table& table, size_t begin, size_t end, size_t first, size_t count) {
  Table part(end - begin, count);
  for (size_t row = begin; row < end; ++row) {
    for (size_t i = 0; i < count; ++i) part.at(row - begin, i) = table.at(row, first + i);
  }
  return part;
}

TEST_P(AttentionTest, AttentionStaysWithinItsSequence) {
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

TEST_P(AttentionTest, AttentionOfFewerQueriesGivesTheSameBits) {
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

}  // namespace
}  // namespace pannier
