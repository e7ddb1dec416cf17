// Tests of buffers, the arena and matrices.
#include "run/tensor/matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace pannier {
namespace {

TEST(FloatBufferTest, IsAlignedAndGrows) {
  FloatBuffer buffer;
  for (const size_t count : {1u, 17u, 1000u, 3u << 20}) {
    buffer.reserve(count);
    EXPECT_GE(buffer.capacity(), count);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u);
    buffer.data()[count - 1] = 1;  // the sanitizer build proves that it is there
  }
  const float* before = buffer.data();
  buffer.reserve(5);
  EXPECT_EQ(buffer.data(), before);
}

TEST(FloatArenaTest, PiecesDoNotOverlapAndSurviveAMove) {
  FloatArena arena;
  std::vector<std::pair<float*, size_t>> taken;
  for (const size_t count : {1u, 15u, 16u, 100'000u, 524'288u, 3u << 20, 7u}) {
    taken.emplace_back(arena.take(count), count);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(taken.back().first) % 64, 0u);
    std::fill_n(taken.back().first, count, static_cast<float>(taken.size()));
  }
  const FloatArena moved = std::move(arena);
  for (size_t i = 0; i < taken.size(); ++i) {
    EXPECT_EQ(taken[i].first[0], static_cast<float>(i + 1));
    EXPECT_EQ(taken[i].first[taken[i].second - 1], static_cast<float>(i + 1));
  }
}

TEST(MatrixTest, RowsAreAlignedAndNeverPagesApart) {
  Matrix matrix;
  for (const uint32_t columns : {1u, 16u, 24u, 1024u, 3072u}) {
    const MatrixView view = matrix.resize(3, columns);
    EXPECT_EQ(view.columns, columns);
    EXPECT_GE(view.stride, columns);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(view.row(1)) % 64, 0u);
    EXPECT_NE(view.stride * sizeof(float) % 4096, 0u);
    view.row(2)[columns - 1] = 1;
  }
}

}  // namespace
}  // namespace pannier
