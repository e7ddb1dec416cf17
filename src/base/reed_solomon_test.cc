#include "base/reed_solomon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#ifdef PANNIER_HAS_ISAL
#include <isa-l.h>
#endif

namespace pannier {
namespace {

struct Shards {
  Shards(uint32_t data, uint32_t parity, size_t bytes, uint64_t seed) : all(data + parity) {
    for (auto& shard : all) shard.resize(bytes);
    uint64_t state = seed * 0x9E3779B97F4A7C15ull + 1;
    for (uint32_t i = 0; i < data; ++i) {
      for (uint8_t& byte : all[i]) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        byte = static_cast<uint8_t>(state >> 24);
      }
    }
    const auto addresses = this->addresses();
    const std::vector<const uint8_t*> sources(addresses.begin(), addresses.begin() + data);
    ReedSolomon(data, parity).encoder().multiply(sources, std::span(addresses).subspan(data), bytes);
  }
  std::vector<uint8_t*> addresses() {
    std::vector<uint8_t*> out;
    out.reserve(all.size());
    for (auto& shard : all) out.push_back(shard.data());
    return out;
  }
  std::vector<std::vector<uint8_t>> all;
};

// Takes `lost` away and makes them again out of the first n that are left.
void expect_rebuilt(Shards& shards, uint32_t data, const std::vector<uint32_t>& lost) {
  const uint32_t count = static_cast<uint32_t>(shards.all.size());
  std::vector<uint32_t> present;
  std::vector<const uint8_t*> sources;
  for (uint32_t i = 0; i < count && present.size() < data; ++i) {
    if (std::find(lost.begin(), lost.end(), i) != lost.end()) continue;
    present.push_back(i);
    sources.push_back(shards.all[i].data());
  }
  ASSERT_EQ(present.size(), data);
  const size_t bytes = shards.all[0].size();
  std::vector<std::vector<uint8_t>> found(lost.size(), std::vector<uint8_t>(bytes));
  std::vector<uint8_t*> outputs;
  outputs.reserve(found.size());
  for (auto& shard : found) outputs.push_back(shard.data());
  ReedSolomon(data, count - data).decoder(present, lost).multiply(sources, outputs, bytes);
  for (size_t i = 0; i < lost.size(); ++i) ASSERT_EQ(found[i], shards.all[lost[i]]) << "shard " << lost[i];
}

// All 2^7 sets of at most three shards out of seven.
TEST(ReedSolomon, AnyLossOfAtMostKShardsIsMadeGood) {
  constexpr uint32_t kData = 4;
  constexpr uint32_t kParity = 3;
  Shards shards(kData, kParity, 200, 1);
  for (uint32_t mask = 1; mask < (1u << (kData + kParity)); ++mask) {
    std::vector<uint32_t> lost;
    for (uint32_t i = 0; i < kData + kParity; ++i) {
      if (((mask >> i) & 1u) != 0) lost.push_back(i);
    }
    if (lost.size() <= kParity) expect_rebuilt(shards, kData, lost);
  }
}

TEST(ReedSolomon, TheLargestGroupsAreMadeGood) {
  Shards wide(232, 23, 128, 2);
  std::vector<uint32_t> lost(23);
  std::iota(lost.begin(), lost.end(), 100);
  expect_rebuilt(wide, 232, lost);
  Shards even(127, 128, 128, 3);
  std::vector<uint32_t> all_data(127);
  std::iota(all_data.begin(), all_data.end(), 0);
  expect_rebuilt(even, 127, all_data);
}

#ifdef PANNIER_HAS_ISAL
TEST(ReedSolomon, ParityIsBitForBitThatOfIsaL) {
  const std::vector<std::pair<int, int>> shapes = {{1, 1},    {4, 2},     {10, 1},  {17, 3},
                                                   {100, 10}, {127, 128}, {232, 23}};
  for (const auto& [data, parity] : shapes) {
    constexpr int kBytes = 1024 + 64;
    Shards shards(static_cast<uint32_t>(data), static_cast<uint32_t>(parity), kBytes, 7);
    std::vector<uint8_t> matrix(static_cast<size_t>((data + parity) * data));
    gf_gen_cauchy1_matrix(matrix.data(), data + parity, data);
    std::vector<uint8_t> tables(static_cast<size_t>(32 * data * parity));
    ec_init_tables(data, parity, matrix.data() + data * data, tables.data());
    std::vector<std::vector<uint8_t>> expected(static_cast<size_t>(parity), std::vector<uint8_t>(kBytes));
    std::vector<uint8_t*> outputs;
    for (auto& row : expected) outputs.push_back(row.data());
    auto sources = shards.addresses();
    ec_encode_data(kBytes, data, parity, tables.data(), sources.data(), outputs.data());
    for (int row = 0; row < parity; ++row) {
      ASSERT_EQ(shards.all[static_cast<size_t>(data + row)], expected[static_cast<size_t>(row)])
          << data << " + " << parity << ", row " << row;
    }
  }
}
#endif

}  // namespace
}  // namespace pannier
