// What the tests of operations share: random tables, views of them, comparisons, and a fixture that runs
// on every instruction set, with and without threads.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "run/ops/dispatch.h"
#include "run/ops/op_context.h"
#include "run/ops/reference.h"
#include "run/tensor/matrix.h"
#include "run/tensor/tensor_view.h"

namespace pannier {

using reference::Table;

// Numbers in [-1, 1], the same for the same seed. A buffer of exactly that size: the sanitizer build
// sees a kernel that reads or writes one element too far.
inline std::vector<float> random_floats(size_t count, uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator() % 20001) / 10000.0f - 1.0f;
  return values;
}

inline Table random_table(size_t rows, size_t columns, uint32_t seed) {
  Table table(rows, columns);
  table.values = random_floats(rows * columns, seed);
  return table;
}

inline TensorView view_of(const Table& table, const Shape& shape) {
  return {
      DType::kF32, shape, {reinterpret_cast<const uint8_t*>(table.values.data()), table.values.size() * 4}};
}

inline ConstMatrixView matrix_of(const Table& table) {
  return {table.values.data(), static_cast<uint32_t>(table.rows), static_cast<uint32_t>(table.columns),
          table.columns};
}

inline MatrixView matrix_of(Table& table) {
  return {table.values.data(), static_cast<uint32_t>(table.rows), static_cast<uint32_t>(table.columns),
          table.columns};
}

inline void expect_near(const Table& actual, const Table& expected, double tolerance) {
  ASSERT_EQ(actual.values.size(), expected.values.size());
  for (size_t i = 0; i < actual.values.size(); ++i) {
    ASSERT_NEAR(actual.values[i], expected.values[i], tolerance) << i;
  }
}

class OpsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  FloatArena arena_;
  ThreadPool pool_{3};
  OpContext serial_{*GetParam(), nullptr};
  OpContext parallel_{*GetParam(), &pool_};
};

}  // namespace pannier
