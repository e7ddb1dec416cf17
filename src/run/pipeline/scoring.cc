// Scores: see scoring.h.
#include "run/pipeline/scoring.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace pannier {

ScoreFunction score_function_of(const LabelConfig& config) {
  if (config.problem_type == ProblemType::kRegression) return ScoreFunction::kNone;
  if (config.problem_type == ProblemType::kMultiLabel || config.labels.size() == 1)
    return ScoreFunction::kSigmoid;
  return ScoreFunction::kSoftmax;
}

void apply_score_function(ScoreFunction function, std::span<float> logits) {
  switch (function) {
    case ScoreFunction::kNone:
      return;
    case ScoreFunction::kSigmoid:
      for (float& x : logits) x = 1.0f / (1.0f + std::exp(-x));
      return;
    case ScoreFunction::kSoftmax: {
      const float most = *std::max_element(logits.begin(), logits.end());
      float total = 0;
      for (float& x : logits) {
        x = std::exp(x - most);
        total += x;
      }
      for (float& x : logits) x /= total;
      return;
    }
  }
}

std::vector<LabelScore> best_labels(std::span<const float> scores, const std::vector<std::string>& labels,
                                    uint32_t top_k) {
  assert(scores.size() == labels.size());
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  if (top_k != 0 && top_k < order.size()) order.resize(top_k);
  std::vector<LabelScore> best;
  best.reserve(order.size());
  for (const uint32_t i : order) best.push_back({labels[i], static_cast<double>(scores[i])});
  return best;
}

}  // namespace pannier
