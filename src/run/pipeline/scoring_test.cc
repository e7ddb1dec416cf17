// Tests of scores: which function, its values, and the order of labels.
#include "run/pipeline/scoring.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pannier {
namespace {

LabelConfig config_of(size_t label_count, ProblemType problem_type) {
  LabelConfig config;
  config.labels.assign(label_count, "x");
  config.problem_type = problem_type;
  return config;
}

TEST(ScoringTest, TheFunctionIsTheOneTransformersChooses) {
  EXPECT_EQ(score_function_of(config_of(2, ProblemType::kNone)), ScoreFunction::kSoftmax);
  EXPECT_EQ(score_function_of(config_of(1, ProblemType::kNone)), ScoreFunction::kSigmoid);
  EXPECT_EQ(score_function_of(config_of(3, ProblemType::kMultiLabel)), ScoreFunction::kSigmoid);
  EXPECT_EQ(score_function_of(config_of(3, ProblemType::kSingleLabel)), ScoreFunction::kSoftmax);
  // num_labels may turn two stated labels into one; the pipeline then goes by the count.
  EXPECT_EQ(score_function_of(config_of(1, ProblemType::kSingleLabel)), ScoreFunction::kSigmoid);
  EXPECT_EQ(score_function_of(config_of(1, ProblemType::kRegression)), ScoreFunction::kNone);
  EXPECT_EQ(score_function_of(config_of(4, ProblemType::kRegression)), ScoreFunction::kNone);
}

TEST(ScoringTest, SoftmaxSigmoidAndNothing) {
  std::vector<float> logits = {0, std::log(3.0f)};
  apply_score_function(ScoreFunction::kSoftmax, logits);
  EXPECT_NEAR(logits[0], 0.25, 1e-6);
  EXPECT_NEAR(logits[1], 0.75, 1e-6);
  logits = {1000, -1000, 0};
  apply_score_function(ScoreFunction::kSoftmax, logits);
  EXPECT_EQ(logits, (std::vector<float>{1, 0, 0}));
  logits = {0, std::log(3.0f), -1000, 1000};
  apply_score_function(ScoreFunction::kSigmoid, logits);
  EXPECT_NEAR(logits[1], 0.75, 1e-6);
  EXPECT_EQ(logits[2], 0);
  EXPECT_EQ(logits[3], 1);
  logits = {-7.5f, 3};
  apply_score_function(ScoreFunction::kNone, logits);
  EXPECT_EQ(logits, (std::vector<float>{-7.5f, 3}));
}

TEST(ScoringTest, BestFirstAndEqualOnesByIndex) {
  const std::vector<float> scores = {0.2f, 0.4f, 0.2f, 0.4f};
  const std::vector<std::string> labels = {"a", "b", "c", "d"};
  std::string order;
  for (const LabelScore& score : best_labels(scores, labels, 0)) order += score.label;
  EXPECT_EQ(order, "bdac");
  EXPECT_EQ(best_labels(scores, labels, 1).size(), 1u);
  EXPECT_EQ(best_labels(scores, labels, 1)[0].label, "b");
  EXPECT_EQ(best_labels(scores, labels, 3).size(), 3u);
  EXPECT_EQ(best_labels(scores, labels, 99).size(), 4u);
}

TEST(ScoringTest, AScoreIsAFloatWidened) {
  const std::vector<float> scores = {0.9998657f};
  EXPECT_EQ(best_labels(scores, {"a"}, 1)[0].score, static_cast<double>(0.9998657f));
}

}  // namespace
}  // namespace pannier
