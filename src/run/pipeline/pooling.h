// Pooling: the vectors of a text's tokens to one vector for the text.
#pragma once

#include <cstdint>
#include <span>

#include "run/tensor/matrix.h"

namespace pannier {

enum class PoolingMode {
  kCls,             // the first token's vector
  kMax,             // the largest of each component
  kMean,            // the sum over the number of tokens
  kMeanSqrtLength,  // the sum over its square root
  kWeightedMean,    // the i-th token weighs i
  kLastToken,       // the last token's vector
};

// `tokens` [T, D] of one text, special tokens included, to `out` [modes x D], a mode behind the other. A NaN
// among the numbers it reads comes out as a NaN. REQUIRES: T >= 1, out.size() == modes x D.
void pool(ConstMatrixView tokens, std::span<const PoolingMode> modes, std::span<float> out);

// To unit length, in place; a vector of zeros stays.
void normalize(std::span<float> vector);

// The cosine of the angle between two vectors; 0 where one is all zeros. REQUIRES: equal sizes.
double cosine_similarity(std::span<const float> a, std::span<const float> b);

}  // namespace pannier
