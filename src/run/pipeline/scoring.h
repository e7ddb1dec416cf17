// Logits to labels with scores, as transformers' TextClassificationPipeline.postprocess does it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "run/model/config.h"
#include "run/pipeline/text_classification.h"

namespace pannier {

enum class ScoreFunction { kNone, kSigmoid, kSoftmax };

// What transformers 5.23 applies by default: nothing for regression, sigmoid for several labels at once
// or a single one, else softmax. (It would also read `function_to_apply` of config.json, but only for a
// model without labels, so never.)
ScoreFunction score_function_of(const LabelConfig& config);

// In place, in float32 as numpy computes there.
void apply_score_function(ScoreFunction function, std::span<float> logits);

// The top_k best (0: all), best first, equal ones in the order of their index.
// REQUIRES: one score for each label.
std::vector<LabelScore> best_labels(std::span<const float> scores, const std::vector<std::string>& labels,
                                    uint32_t top_k);

}  // namespace pannier
