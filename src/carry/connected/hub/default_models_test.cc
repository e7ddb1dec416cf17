#include "carry/connected/hub/default_models.h"

#include <gtest/gtest.h>

#include <set>

namespace pannier {
namespace {

TEST(DefaultModels, TheTableIsWellFormed) {
  EXPECT_TRUE(default_models_source().starts_with("transformers "));
  ASSERT_GE(default_models().size(), 20U);
  std::set<std::string_view> tasks;
  std::string_view last;
  for (const DefaultModel& row : default_models()) {
    EXPECT_LT(last, row.task);
    last = row.task;
    tasks.insert(row.task);
    EXPECT_TRUE(check_repo_id(row.repo).ok()) << row.repo;
    EXPECT_NE(row.repo.find('/'), std::string_view::npos) << row.repo;
    EXPECT_EQ(row.revision.size(), 7U) << row.task;
    EXPECT_EQ(row.revision.find_first_not_of("0123456789abcdef"), std::string_view::npos) << row.task;
    EXPECT_FALSE(row.kind.empty());
    const auto ref = parse_model_ref("task:" + std::string(row.task), false);
    ASSERT_TRUE(ref.ok()) << row.task;
    EXPECT_EQ(resolve_task(*ref)->repo, row.repo);
  }
  EXPECT_GE(task_aliases().size(), 3U);
  for (const TaskAlias& row : task_aliases()) {
    EXPECT_TRUE(tasks.count(row.task)) << row.alias;
    EXPECT_FALSE(tasks.count(row.alias)) << row.alias;
  }
}

TEST(DefaultModels, AnAliasMeansItsTask) {
  const auto ref = parse_model_ref("task:sentiment-analysis", false);
  ASSERT_TRUE(ref.ok());
  const auto hub = resolve_task(*ref);
  ASSERT_TRUE(hub.ok());
  EXPECT_EQ(hub->kind, RefKind::kHub);
  EXPECT_EQ(hub->repo, "distilbert/distilbert-base-uncased-finetuned-sst-2-english");
  EXPECT_EQ(hub->revision, "714eb0f");
  EXPECT_EQ(hub->text, "task:sentiment-analysis");
}

TEST(DefaultModels, UnknownAndRemovedTasks) {
  const auto near = default_model_of_task("sentiment-analisis");
  ASSERT_FALSE(near.ok());
  EXPECT_EQ(near.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(near.error().hint, "did you mean task:sentiment-analysis?");
  const auto far = default_model_of_task("world-peace");
  ASSERT_FALSE(far.ok());
  EXPECT_NE(far.error().hint.find("text-classification"), std::string::npos);
  for (const char* removed : {"summarization", "translation_en_to_fr", "translation"}) {
    const auto answer = default_model_of_task(removed);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind, ErrorKind::kUnsupported) << removed;
  }
}

}  // namespace
}  // namespace pannier
