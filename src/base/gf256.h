// Arithmetic in GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d), and products of its matrices
// with long rows of bytes: what Reed-Solomon codes are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/gf256_kernels.h"

namespace pannier {

uint8_t gf256_multiply(uint8_t a, uint8_t b);
// REQUIRES: a != 0.
uint8_t gf256_inverse(uint8_t a);

// A kernel and the name of what it needs.
struct NamedGf256Kernel {
  const char* name;
  Gf256Kernel run;
};
// Those that this processor can run, the fastest last; the first is the reference.
std::span<const NamedGf256Kernel> gf256_kernels();

// A matrix, row by row.
class Gf256Matrix {
 public:
  Gf256Matrix(size_t rows, size_t columns) : columns_(columns), values_(rows * columns) {}

  size_t rows() const { return columns_ == 0 ? 0 : values_.size() / columns_; }
  size_t columns() const { return columns_; }
  uint8_t& at(size_t row, size_t column) { return values_[row * columns_ + column]; }
  uint8_t at(size_t row, size_t column) const { return values_[row * columns_ + column]; }

  Gf256Matrix times(const Gf256Matrix& other) const;
  // REQUIRES: square, and can be inverted.
  Gf256Matrix inverse() const;

 private:
  size_t columns_;
  std::vector<uint8_t> values_;
};

// A matrix made ready to be multiplied with blocks of bytes. Immutable, so safe to share between threads.
class Gf256Product {
 public:
  explicit Gf256Product(const Gf256Matrix& matrix);

  // outputs[r][i] = sum over c of matrix[r][c] * sources[c][i], for i in [0, bytes). No output may be a
  // source. REQUIRES: as many sources as columns, as many outputs as rows.
  void multiply(std::span<const uint8_t* const> sources, std::span<uint8_t* const> outputs,
                size_t bytes) const;
  // The same with a kernel of gf256_kernels().
  void multiply_by(Gf256Kernel kernel, std::span<const uint8_t* const> sources,
                   std::span<uint8_t* const> outputs, size_t bytes) const;

 private:
  size_t rows_;
  size_t columns_;
  std::vector<uint64_t> matrices_;   // [columns, rows]
  std::vector<Gf256Halves> halves_;  // [columns, rows]
};

}  // namespace pannier
