// Float memory: see matrix.h.
#include "run/tensor/matrix.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace pannier {
namespace {

constexpr size_t kCacheLineBytes = 64;
constexpr size_t kHugePageBytes = size_t{2} << 20;
constexpr size_t kFloatsPerLine = kCacheLineBytes / sizeof(float);

size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

}  // namespace

void FloatBuffer::Free::operator()(float* pointer) const { std::free(pointer); }

void FloatBuffer::reserve(size_t count) {
  if (count <= capacity_) return;
  const size_t wanted = count * sizeof(float);
  const size_t alignment = wanted >= kHugePageBytes ? kHugePageBytes : kCacheLineBytes;
  const size_t bytes = round_up(wanted, alignment);
  data_.reset();  // first: the old contents are not kept, so both need not fit
  capacity_ = 0;
  data_.reset(static_cast<float*>(std::aligned_alloc(alignment, bytes)));
  // Like any failed `new`: sizes were checked against base/limits.h and the file's length before.
  if (!data_) throw std::bad_alloc();
  if (alignment == kHugePageBytes) ::madvise(data_.get(), bytes, MADV_HUGEPAGE);  // a wish; refusal is fine
  capacity_ = bytes / sizeof(float);
}

float* FloatArena::take(size_t count) {
  // Pieces double in size, so a small model gets one huge page and a large one wastes little.
  constexpr size_t kPieceFloatsMin = kHugePageBytes / sizeof(float);
  constexpr size_t kPieceFloatsMax = 16 * kPieceFloatsMin;
  count = round_up(count, kFloatsPerLine);
  if (pieces_.empty() || pieces_.back().capacity() - used_ < count) {
    const size_t grown = pieces_.empty() ? kPieceFloatsMin : 2 * pieces_.back().capacity();
    pieces_.emplace_back(std::max(count, std::min(grown, kPieceFloatsMax)));
    used_ = 0;
  }
  float* const taken = pieces_.back().data() + used_;
  used_ += count;
  return taken;
}

MatrixView Matrix::resize(uint32_t rows, uint32_t columns) {
  const size_t stride = round_up(columns, kFloatsPerLine) + kFloatsPerLine;
  buffer_.reserve(stride * rows);
  view_ = {buffer_.data(), rows, columns, stride};
  return view_;
}

}  // namespace pannier
