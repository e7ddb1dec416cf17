// Pooling modes, one function each: see pooling.h. The reference is Pooling._forward_padded of
// sentence-transformers, without the padding.
#include "run/pipeline/pooling.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace pannier {
namespace {

// As torch: norms below it count as this, so that nothing is divided by zero.
constexpr double kNormMin = 1e-12;

void copy_row(ConstMatrixView tokens, uint32_t row, std::span<float> out) {
  std::memcpy(out.data(), tokens.row(row), out.size_bytes());
}

void max_rows(ConstMatrixView tokens, std::span<float> out) {
  copy_row(tokens, 0, out);
  for (uint32_t i = 1; i < tokens.rows; ++i) {
    const float* row = tokens.row(i);
    for (size_t j = 0; j < out.size(); ++j) {
      // The second question keeps a NaN that arrives, the first one a NaN that is there.
      if (row[j] > out[j] || std::isnan(row[j])) out[j] = row[j];
    }
  }
}

// The sum of rows, the i-th (from 1) times i where `weighted`, over `divisor`.
void mean_rows(ConstMatrixView tokens, bool weighted, float divisor, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  for (uint32_t i = 0; i < tokens.rows; ++i) {
    const float* row = tokens.row(i);
    const float weight = weighted ? static_cast<float>(i + 1) : 1.0f;
    for (size_t j = 0; j < out.size(); ++j) out[j] += weight * row[j];
  }
  for (float& value : out) value /= divisor;
}

void pool_one(ConstMatrixView tokens, PoolingMode mode, std::span<float> out) {
  const auto count = static_cast<float>(tokens.rows);
  switch (mode) {
    case PoolingMode::kCls:
      return copy_row(tokens, 0, out);
    case PoolingMode::kMax:
      return max_rows(tokens, out);
    case PoolingMode::kMean:
      return mean_rows(tokens, false, count, out);
    case PoolingMode::kMeanSqrtLength:
      return mean_rows(tokens, false, std::sqrt(count), out);
    case PoolingMode::kWeightedMean:
      return mean_rows(tokens, true, count * (count + 1) / 2, out);
    case PoolingMode::kLastToken:
      return copy_row(tokens, tokens.rows - 1, out);
  }
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

void pool(ConstMatrixView tokens, std::span<const PoolingMode> modes, std::span<float> out) {
  assert(tokens.rows > 0 && out.size() == modes.size() * tokens.columns);
  for (size_t i = 0; i < modes.size(); ++i) {
    pool_one(tokens, modes[i], out.subspan(i * tokens.columns, tokens.columns));
  }
}

void normalize(std::span<float> vector) {
  const double norm = std::max(std::sqrt(dot(vector, vector)), kNormMin);
  for (float& value : vector) value = static_cast<float>(static_cast<double>(value) / norm);
}

double cosine_similarity(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  const double norm_a = std::max(std::sqrt(dot(a, a)), kNormMin);
  const double norm_b = std::max(std::sqrt(dot(b, b)), kNormMin);
  return dot(a, b) / (norm_a * norm_b);
}

}  // namespace pannier
