// The operations as their definitions say, one sum after the other in double: what every kernel of
// every instruction set is compared with. For tests; nothing in the product calls it.
#pragma once

#include <cstddef>
#include <vector>

#include "run/ops/kernels.h"

namespace pannier::reference {

// Row-major, without padding.
struct Table {
  size_t rows = 0;
  size_t columns = 0;
  std::vector<float> values;

  Table() = default;
  Table(size_t row_count, size_t column_count)
      : rows(row_count), columns(column_count), values(rows * columns) {}
  float& at(size_t row, size_t column) { return values[row * columns + column]; }
  float at(size_t row, size_t column) const { return values[row * columns + column]; }
};

// activation(x W^T + b); x [rows, depth], weight [outputs, depth], bias [outputs] or empty.
Table linear(const Table& x, const Table& weight, const std::vector<float>& bias, Activation activation);

std::vector<float> layer_norm(const std::vector<float>& x, const std::vector<float>& gain,
                              const std::vector<float>& bias, float epsilon);

std::vector<float> softmax(const std::vector<float>& x, float scale);

// One head: softmax(Q K^T / sqrt(columns)) V.
Table attention(const Table& queries, const Table& keys, const Table& values);

}  // namespace pannier::reference
