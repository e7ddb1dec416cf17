// Shapes: see tensor_view.h.
#include "run/tensor/tensor_view.h"

#include <cassert>

namespace pannier {

Shape::Shape(std::initializer_list<uint64_t> dimensions) {
  for (const uint64_t dimension : dimensions) append(dimension);
}

void Shape::append(uint64_t dimension) {
  assert(rank_ < limits::kTensorRankMax);
  dimensions_[rank_++] = dimension;
}

uint64_t Shape::element_count() const {
  uint64_t count = 1;
  for (uint32_t i = 0; i < rank_; ++i) count *= dimensions_[i];
  return count;
}

std::string Shape::text() const {
  std::string text = "[";
  for (uint32_t i = 0; i < rank_; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dimensions_[i]);
  }
  return text + "]";
}

}  // namespace pannier
