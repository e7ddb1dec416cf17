// Reed-Solomon code over GF(256), systematic: n data shards and k parity shards, of which any n give back
// all. The matrix is Cauchy's: parity r of data shard c has the factor 1 / ((n + r) xor c), as ISA-L's
// gf_gen_cauchy1_matrix has it, so that parity is bit for bit that of other programs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/gf256.h"

namespace pannier {

class ReedSolomon {
 public:
  // REQUIRES: data >= 1, data + parity <= 255.
  ReedSolomon(uint32_t data, uint32_t parity);

  uint32_t data_shards() const { return data_; }
  uint32_t parity_shards() const { return parity_; }

  // Makes all parity out of all data: multiply(data blocks, parity blocks, bytes). REQUIRES: parity > 0.
  Gf256Product encoder() const;
  // Makes the shards `wanted` out of the shards `present`; both count data from 0 and parity from n.
  // REQUIRES: n different numbers in `present`.
  Gf256Product decoder(std::span<const uint32_t> present, std::span<const uint32_t> wanted) const;

 private:
  // What makes these shards out of the data.
  Gf256Matrix rows_of(std::span<const uint32_t> shards) const;

  uint32_t data_;
  uint32_t parity_;
};

}  // namespace pannier
