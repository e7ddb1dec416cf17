// Float memory that kernels like: 64-byte aligned, rows padded; buffers, an arena, and matrices.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pannier {

// Floats aligned to a cache line. Move-only; grows, never shrinks, and does not keep its contents when
// it grows. Large buffers ask the system for huge pages.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(size_t count) { reserve(count); }

  // At least `count` floats, with undefined contents where it had fewer.
  void reserve(size_t count);
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  size_t capacity() const { return capacity_; }

 private:
  struct Free {
    void operator()(float* pointer) const;
  };
  std::unique_ptr<float[], Free> data_;
  size_t capacity_ = 0;
};

// Memory for a model's weights, which are many, live as long as the model and are freed together: cut
// from a few large pieces, so that huge pages can hold them. Page faults on fresh memory would else be
// most of the time that loading takes. Move-only; what it gave stays valid when it moves.
class FloatArena {
 public:
  // `count` floats on a cache line, undefined contents, valid while the arena lives.
  float* take(size_t count);

 private:
  std::vector<FloatBuffer> pieces_;
  size_t used_ = 0;  // floats of the last piece
};

// Row-major floats somewhere else, `stride` floats from row to row.
struct ConstMatrixView {
  const float* data = nullptr;
  uint32_t rows = 0;
  uint32_t columns = 0;
  size_t stride = 0;

  const float* row(size_t i) const { return data + i * stride; }
};

struct MatrixView {
  float* data = nullptr;
  uint32_t rows = 0;
  uint32_t columns = 0;
  size_t stride = 0;

  float* row(size_t i) const { return data + i * stride; }
  operator ConstMatrixView() const { return {data, rows, columns, stride}; }  // NOLINT: as T* to const T*
};

// A matrix that owns its memory and can be given a new size again and again.
class Matrix {
 public:
  // Undefined contents. Row i begins on a cache line, and rows are never a multiple of 4 KiB apart:
  // a GEMM walks down 14 rows at once, and equal low address bits would put them all in one cache set.
  MatrixView resize(uint32_t rows, uint32_t columns);
  MatrixView view() { return view_; }

 private:
  FloatBuffer buffer_;
  MatrixView view_;
};

}  // namespace pannier
