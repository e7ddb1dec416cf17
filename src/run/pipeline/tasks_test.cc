// Tests of the task table.
#include "run/pipeline/tasks.h"

#include <gtest/gtest.h>

#include <string>

namespace pannier {
namespace {

TEST(TasksTest, NamesAndAliasesAreFound) {
  for (const char* name : {"text-classification", "sentiment-analysis"}) {
    const auto task = find_task(name);
    ASSERT_TRUE(task.ok()) << name;
    EXPECT_EQ((*task)->kind, TaskKind::kTextClassification);
    EXPECT_EQ((*task)->name, "text-classification");
  }
  EXPECT_EQ((*find_task("feature-extraction"))->kind, TaskKind::kFeatureExtraction);
  EXPECT_EQ((*find_task("sentence-similarity"))->kind, TaskKind::kSentenceSimilarity);
  EXPECT_EQ(all_tasks().size(), 3u);
}

TEST(TasksTest, ATaskWeDoNotHaveIsToldWhatIsSupported) {
  for (const char* name : {"fill-mask", "ner", "text-generation"}) {
    const auto task = find_task(name);
    ASSERT_FALSE(task.ok()) << name;
    EXPECT_EQ(task.error().kind, ErrorKind::kUnsupported) << name;
    EXPECT_NE(task.error().hint.find(
                  "text-classification, sentiment-analysis, feature-extraction, sentence-similarity"),
              std::string::npos);
  }
}

TEST(TasksTest, ASlipOfTheFingerGetsTheNearestName) {
  EXPECT_EQ(find_task("sentiment-analisys").error().hint, "did you mean 'sentiment-analysis'?");
  EXPECT_EQ(find_task("sentence_similarty").error().hint, "did you mean 'sentence-similarity'?");
  EXPECT_EQ(find_task("text_clasification").error().hint, "did you mean 'text-classification'?");
  EXPECT_EQ(find_task("sentiment-analisys").error().kind, ErrorKind::kInvalid);
}

TEST(TasksTest, NonsenseGetsTheList) {
  for (const std::string& name : {std::string(), std::string("x"), std::string(1'000'000, 'a')}) {
    const auto task = find_task(name);
    ASSERT_FALSE(task.ok());
    EXPECT_EQ(task.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(task.error().hint.find("supported: "), std::string::npos);
  }
}

}  // namespace
}  // namespace pannier
