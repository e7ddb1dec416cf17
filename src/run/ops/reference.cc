// Operations by definition: see reference.h.
#include "run/ops/reference.h"

#include <algorithm>
#include <cmath>

namespace pannier::reference {
namespace {

double activate(double x, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return x < 0 ? 0 : x;  // NaN stays NaN
    case Activation::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
    case Activation::kTanh:
      return std::tanh(x);
  }
  return x;
}

}  // namespace

Table linear(const Table& x, const Table& weight, const std::vector<float>& bias, Activation activation) {
  Table y(x.rows, weight.rows);
  for (size_t row = 0; row < x.rows; ++row) {
    for (size_t output = 0; output < weight.rows; ++output) {
      double sum = bias.empty() ? 0 : bias[output];
      for (size_t k = 0; k < x.columns; ++k) sum += static_cast<double>(x.at(row, k)) * weight.at(output, k);
      y.at(row, output) = static_cast<float>(activate(sum, activation));
    }
  }
  return y;
}

std::vector<float> layer_norm(const std::vector<float>& x, const std::vector<float>& gain,
                              const std::vector<float>& bias, float epsilon) {
  const auto n = static_cast<double>(x.size());
  double mean = 0;
  for (const float value : x) mean += value / n;
  double variance = 0;
  for (const float value : x) variance += (value - mean) * (value - mean) / n;
  std::vector<float> y(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    y[i] = static_cast<float>((x[i] - mean) / std::sqrt(variance + epsilon) * gain[i] + bias[i]);
  }
  return y;
}

std::vector<float> softmax(const std::vector<float>& x, float scale) {
  double most = -INFINITY;
  for (const float value : x) most = std::max(most, static_cast<double>(value) * scale);
  double total = 0;
  for (const float value : x) total += std::exp(static_cast<double>(value) * scale - most);
  std::vector<float> y(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    y[i] = static_cast<float>(std::exp(static_cast<double>(x[i]) * scale - most) / total);
  }
  return y;
}

Table attention(const Table& queries, const Table& keys, const Table& values) {
  Table scores = linear(queries, keys, {}, Activation::kNone);
  const float scale = 1.0f / std::sqrt(static_cast<float>(queries.columns));
  Table out(queries.rows, values.columns);
  for (size_t row = 0; row < scores.rows; ++row) {
    const auto begin = scores.values.begin() + static_cast<ptrdiff_t>(row * scores.columns);
    const std::vector<float> weights =
        softmax({begin, begin + static_cast<ptrdiff_t>(scores.columns)}, scale);
    for (size_t column = 0; column < values.columns; ++column) {
      double sum = 0;
      for (size_t token = 0; token < values.rows; ++token) {
        sum += static_cast<double>(weights[token]) * values.at(token, column);
      }
      out.at(row, column) = static_cast<float>(sum);
    }
  }
  return out;
}

}  // namespace pannier::reference
