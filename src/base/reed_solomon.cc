#include "base/reed_solomon.h"

#include <cassert>
#include <numeric>

namespace pannier {

ReedSolomon::ReedSolomon(uint32_t data, uint32_t parity) : data_(data), parity_(parity) {
  assert(data >= 1 && data + parity <= 255);
}

Gf256Matrix ReedSolomon::rows_of(std::span<const uint32_t> shards) const {
  Gf256Matrix rows(shards.size(), data_);
  for (size_t i = 0; i < shards.size(); ++i) {
    const uint32_t shard = shards[i];
    assert(shard < data_ + parity_);
    if (shard < data_) {
      rows.at(i, shard) = 1;
      continue;
    }
    for (uint32_t column = 0; column < data_; ++column) {
      rows.at(i, column) = gf256_inverse(static_cast<uint8_t>(shard ^ column));
    }
  }
  return rows;
}

Gf256Product ReedSolomon::encoder() const {
  std::vector<uint32_t> parity(parity_);
  std::iota(parity.begin(), parity.end(), data_);
  return Gf256Product(rows_of(parity));
}

Gf256Product ReedSolomon::decoder(std::span<const uint32_t> present, std::span<const uint32_t> wanted) const {
  assert(present.size() == data_);
  return Gf256Product(rows_of(wanted).times(rows_of(present).inverse()));
}

}  // namespace pannier
