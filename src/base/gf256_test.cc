#include "base/gf256.h"

#include <gtest/gtest.h>

#include <string>

namespace pannier {
namespace {

std::vector<uint8_t> noise(size_t bytes, uint64_t seed) {
  std::vector<uint8_t> out(bytes);
  uint64_t state = seed * 0x9E3779B97F4A7C15ull + 1;
  for (uint8_t& byte : out) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return out;
}

// As it is done on paper: shift and add, and take the polynomial away.
uint8_t multiply_by_hand(unsigned a, unsigned b) {
  unsigned product = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if (((b >> bit) & 1u) != 0) product ^= a << bit;
  }
  for (unsigned bit = 15; bit >= 8; --bit) {
    if (((product >> bit) & 1u) != 0) product ^= 0x11du << (bit - 8);
  }
  return static_cast<uint8_t>(product);
}

TEST(Gf256, ProductsAreThoseOfPolynomials) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      ASSERT_EQ(gf256_multiply(static_cast<uint8_t>(a), static_cast<uint8_t>(b)), multiply_by_hand(a, b))
          << a << " * " << b;
    }
  }
}

TEST(Gf256, EveryNumberButZeroHasAnInverse) {
  for (unsigned a = 1; a < 256; ++a) {
    EXPECT_EQ(gf256_multiply(static_cast<uint8_t>(a), gf256_inverse(static_cast<uint8_t>(a))), 1) << a;
  }
}

// Every factor times every byte, in one matrix of one column each.
TEST(Gf256, EveryKernelKnowsEveryProduct) {
  for (const NamedGf256Kernel& kernel : gf256_kernels()) {
    std::vector<uint8_t> all(256);
    for (size_t i = 0; i < 256; ++i) all[i] = static_cast<uint8_t>(i);
    for (unsigned factor = 0; factor < 256; ++factor) {
      Gf256Matrix matrix(1, 1);
      matrix.at(0, 0) = static_cast<uint8_t>(factor);
      std::vector<uint8_t> out(256);
      const uint8_t* const sources[] = {all.data()};
      uint8_t* const outputs[] = {out.data()};
      Gf256Product(matrix).multiply_by(kernel.run, sources, outputs, 256);
      for (unsigned i = 0; i < 256; ++i) {
        ASSERT_EQ(out[i], multiply_by_hand(factor, i)) << kernel.name << ": " << factor << " * " << i;
      }
    }
  }
}

struct Shape {
  size_t rows, columns, bytes;
};

// Row counts around every unrolling, lengths around every vector, and addresses that are not aligned.
TEST(Gf256, KernelsAgreeWithTheReference) {
  std::vector<Shape> shapes;
  for (size_t rows = 1; rows <= 25; ++rows) shapes.push_back({rows, 7, 333});
  for (size_t bytes = 0; bytes <= 300; bytes += 7) shapes.push_back({3, 5, bytes});
  shapes.push_back({40, 215, 1024});
  shapes.push_back({1, 254, 4096});
  uint64_t seed = 1;
  for (const Shape& shape : shapes) {
    Gf256Matrix matrix(shape.rows, shape.columns);
    const auto factors = noise(shape.rows * shape.columns, ++seed);
    for (size_t i = 0; i < factors.size(); ++i) {
      matrix.at(i / shape.columns, i % shape.columns) = factors[i];
    }
    std::vector<std::vector<uint8_t>> data;
    std::vector<const uint8_t*> sources;
    for (size_t c = 0; c < shape.columns; ++c) {
      data.push_back(noise(shape.bytes + 1, ++seed));
      sources.push_back(data.back().data() + 1);
    }
    std::vector<std::vector<uint8_t>> expected;
    for (const NamedGf256Kernel& kernel : gf256_kernels()) {
      std::vector<std::vector<uint8_t>> out(shape.rows, std::vector<uint8_t>(shape.bytes + 2, 0xa5));
      std::vector<uint8_t*> outputs;
      outputs.reserve(out.size());
      for (auto& row : out) outputs.push_back(row.data() + 1);
      Gf256Product(matrix).multiply_by(kernel.run, sources, outputs, shape.bytes);
      for (const auto& row : out) {
        ASSERT_EQ(row.front(), 0xa5) << kernel.name;
        ASSERT_EQ(row.back(), 0xa5) << kernel.name << " writes beyond the end";
      }
      if (expected.empty()) expected = out;
      ASSERT_EQ(out, expected) << kernel.name << ", " << shape.rows << " rows, " << shape.bytes << " bytes";
    }
  }
}

TEST(Gf256, AnInverseGivesTheUnitMatrix) {
  constexpr size_t kSize = 20;
  Gf256Matrix matrix(kSize, kSize);
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j < kSize; ++j) matrix.at(i, j) = gf256_inverse(static_cast<uint8_t>((100 + i) ^ j));
  }
  const Gf256Matrix product = matrix.times(matrix.inverse());
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j < kSize; ++j) EXPECT_EQ(product.at(i, j), i == j ? 1 : 0);
  }
}

// A pivot of zero: rows must change places.
TEST(Gf256, AnInverseIsFoundWhereRowsMustBeSwapped) {
  Gf256Matrix matrix(2, 2);
  matrix.at(0, 1) = 3;
  matrix.at(1, 0) = 7;
  const Gf256Matrix inverse = matrix.inverse();
  EXPECT_EQ(inverse.at(0, 1), gf256_inverse(7));
  EXPECT_EQ(inverse.at(1, 0), gf256_inverse(3));
}

}  // namespace
}  // namespace pannier
