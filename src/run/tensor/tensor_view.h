// TensorView: what a tensor's bytes mean (type and shape); it owns nothing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "base/bytes.h"
#include "base/limits.h"
#include "run/tensor/dtype.h"

namespace pannier {

// Dimensions, outermost first. Rank 0 is one element.
class Shape {
 public:
  Shape() = default;
  // REQUIRES: at most limits::kTensorRankMax dimensions.
  Shape(std::initializer_list<uint64_t> dimensions);

  void append(uint64_t dimension);
  uint32_t rank() const { return rank_; }
  uint64_t operator[](uint32_t i) const { return dimensions_[i]; }
  uint64_t element_count() const;
  // "[30522, 128]"
  std::string text() const;

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  uint64_t dimensions_[limits::kTensorRankMax] = {};
  uint32_t rank_ = 0;
};

// Row-major elements in little-endian bytes, not necessarily aligned to their size (a mapped file).
// Valid while the file it points into is.
struct TensorView {
  DType dtype = DType::kF32;
  Shape shape;
  ByteSpan bytes;  // element_count() * dtype_bytes(dtype) of them

  // The bytes of row i of a matrix [rows, columns]. REQUIRES: rank 2, i < rows.
  const uint8_t* row(uint64_t i) const { return bytes.data() + i * shape[1] * dtype_bytes(dtype); }
};

}  // namespace pannier
