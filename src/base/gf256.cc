#include "base/gf256.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace pannier {
namespace {

constexpr unsigned kPolynomial = 0x11d;
constexpr size_t kNonzero = 255;

// Powers of 2, which takes every value but 0, and how often 2 must be multiplied to give each value.
struct Tables {
  std::array<uint8_t, 2 * kNonzero> power{};
  std::array<uint8_t, 256> logarithm{};
};

constexpr Tables make_tables() {
  Tables tables;
  unsigned value = 1;
  for (size_t i = 0; i < kNonzero; ++i) {
    tables.power[i] = tables.power[i + kNonzero] = static_cast<uint8_t>(value);
    tables.logarithm[value] = static_cast<uint8_t>(i);
    value <<= 1;
    if (value > 255) value ^= kPolynomial;
  }
  return tables;
}

constexpr Tables kTables = make_tables();

Gf256Halves make_halves(uint8_t factor) {
  Gf256Halves halves{};
  for (unsigned i = 0; i < 16; ++i) {
    halves.low[i] = gf256_multiply(factor, static_cast<uint8_t>(i));
    halves.high[i] = gf256_multiply(factor, static_cast<uint8_t>(i << 4));
  }
  return halves;
}

// Bit i of the product is the parity of what byte 7 - i of the matrix picks out of the other factor.
uint64_t make_matrix(uint8_t factor) {
  uint64_t matrix = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    const uint8_t product = gf256_multiply(factor, static_cast<uint8_t>(1u << bit));
    for (unsigned i = 0; i < 8; ++i) {
      if (((product >> i) & 1u) != 0) matrix |= uint64_t{1} << (8 * (7 - i) + bit);
    }
  }
  return matrix;
}

std::vector<NamedGf256Kernel> find_kernels() {
  std::vector<NamedGf256Kernel> kernels = {{"reference", &gf256_reference}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("ssse3") != 0) kernels.push_back({"ssse3", &gf256_ssse3});
  if (__builtin_cpu_supports("avx2") != 0) kernels.push_back({"avx2", &gf256_avx2});
  if (__builtin_cpu_supports("gfni") != 0 && __builtin_cpu_supports("avx512f") != 0 &&
      __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0) {
    kernels.push_back({"gfni", &gf256_gfni});
  }
#endif
  return kernels;
}

void swap_rows(Gf256Matrix& matrix, size_t a, size_t b) {
  if (a == b) return;
  for (size_t column = 0; column < matrix.columns(); ++column) {
    std::swap(matrix.at(a, column), matrix.at(b, column));
  }
}

void scale_row(Gf256Matrix& matrix, size_t row, uint8_t factor) {
  for (size_t column = 0; column < matrix.columns(); ++column) {
    matrix.at(row, column) = gf256_multiply(matrix.at(row, column), factor);
  }
}

void add_row(Gf256Matrix& matrix, size_t to, size_t from, uint8_t factor) {
  for (size_t column = 0; column < matrix.columns(); ++column) {
    matrix.at(to, column) ^= gf256_multiply(matrix.at(from, column), factor);
  }
}

}  // namespace

uint8_t gf256_multiply(uint8_t a, uint8_t b) {
  if (a == 0 || b == 0) return 0;
  return kTables.power[kTables.logarithm[a] + kTables.logarithm[b]];
}

uint8_t gf256_inverse(uint8_t a) {
  assert(a != 0);
  return kTables.power[kNonzero - kTables.logarithm[a]];
}

void gf256_reference(const Gf256Work& work) {
  for (size_t r = 0; r < work.row_count; ++r) {
    for (size_t i = work.begin; i < work.end; ++i) {
      uint8_t sum = 0;
      for (size_t s = 0; s < work.source_count; ++s) {
        const uint8_t value = work.sources[s][i];
        const Gf256Halves& halves = work.halves[s * work.row_count + r];
        sum ^= halves.low[value & 15] ^ halves.high[value >> 4];
      }
      work.outputs[r][i] = sum;
    }
  }
}

std::span<const NamedGf256Kernel> gf256_kernels() {
  static const std::vector<NamedGf256Kernel> kernels = find_kernels();
  return kernels;
}

Gf256Matrix Gf256Matrix::times(const Gf256Matrix& other) const {
  assert(columns() == other.rows());
  Gf256Matrix product(rows(), other.columns());
  for (size_t row = 0; row < rows(); ++row) {
    for (size_t k = 0; k < columns(); ++k) {
      const uint8_t factor = at(row, k);
      for (size_t column = 0; column < other.columns(); ++column) {
        product.at(row, column) ^= gf256_multiply(factor, other.at(k, column));
      }
    }
  }
  return product;
}

Gf256Matrix Gf256Matrix::inverse() const {
  assert(rows() == columns());
  Gf256Matrix left = *this;
  Gf256Matrix right(rows(), columns());
  for (size_t i = 0; i < rows(); ++i) right.at(i, i) = 1;
  for (size_t column = 0; column < columns(); ++column) {
    size_t pivot = column;
    while (pivot < rows() && left.at(pivot, column) == 0) ++pivot;
    assert(pivot < rows());
    swap_rows(left, pivot, column);
    swap_rows(right, pivot, column);
    const uint8_t factor = gf256_inverse(left.at(column, column));
    scale_row(left, column, factor);
    scale_row(right, column, factor);
    for (size_t row = 0; row < rows(); ++row) {
      const uint8_t multiple = left.at(row, column);
      if (row == column || multiple == 0) continue;
      add_row(left, row, column, multiple);
      add_row(right, row, column, multiple);
    }
  }
  return right;
}

Gf256Product::Gf256Product(const Gf256Matrix& matrix) : rows_(matrix.rows()), columns_(matrix.columns()) {
  matrices_.reserve(rows_ * columns_);
  halves_.reserve(rows_ * columns_);
  for (size_t column = 0; column < columns_; ++column) {
    for (size_t row = 0; row < rows_; ++row) {
      matrices_.push_back(make_matrix(matrix.at(row, column)));
      halves_.push_back(make_halves(matrix.at(row, column)));
    }
  }
}

void Gf256Product::multiply(std::span<const uint8_t* const> sources, std::span<uint8_t* const> outputs,
                            size_t bytes) const {
  multiply_by(gf256_kernels().back().run, sources, outputs, bytes);
}

void Gf256Product::multiply_by(Gf256Kernel kernel, std::span<const uint8_t* const> sources,
                               std::span<uint8_t* const> outputs, size_t bytes) const {
  assert(sources.size() == columns_ && outputs.size() == rows_);
  Gf256Work work;
  work.matrices = matrices_.data();
  work.halves = halves_.data();
  work.sources = sources.data();
  work.outputs = outputs.data();
  work.source_count = columns_;
  work.row_count = rows_;
  work.begin = 0;
  work.end = bytes / kGf256UnitBytes * kGf256UnitBytes;
  kernel(work);
  work.begin = work.end;
  work.end = bytes;
  gf256_reference(work);
}

}  // namespace pannier
