#include "carry/connected/closure/repository_view.h"

#include <gtest/gtest.h>

#include "carry/connected/closure/closure_testing.h"

namespace pannier {
namespace {

TEST(RepositoryView, ReadsEachFileOnce) {
  TestRepository repository({{"a.json", R"({"x":1})"}, {"b.json", "{"}});
  RepositoryView view(repository.snapshot(), repository);
  EXPECT_EQ(view.json("a.json")["x"].as_integer(), 1);
  EXPECT_EQ(view.json("a.json")["x"].as_integer(), 1);
  EXPECT_EQ(*view.text("a.json"), R"({"x":1})");
  EXPECT_FALSE(view.json("b.json").exists());
  EXPECT_FALSE(view.json("b.json").exists());
  EXPECT_FALSE(view.json("none.json").exists());
  EXPECT_EQ(view.text("none.json"), nullptr);
  EXPECT_EQ(repository.reads(), (std::vector<std::string>{"a.json", "b.json"}));
  EXPECT_EQ(view.take().size(), 1U);  // b.json, once
}

TEST(RepositoryView, TellsEachThingOnceAndNotWithoutEnd) {
  TestRepository repository({{"a", ""}, {"b", ""}});
  repository.leave_out("b", "--exclude 'b'");
  RepositoryView view(repository.snapshot(), repository);
  EXPECT_TRUE(view.has("a"));
  EXPECT_FALSE(view.has("b"));
  EXPECT_TRUE(view.exists("b"));
  EXPECT_FALSE(view.exists("c"));
  view.missing("b", "x", "y");
  view.missing("b", "z", "w");
  for (int i = 0; i < 10'000; ++i) view.missing("f" + std::to_string(i), "x", "");
  const auto findings = view.take();
  EXPECT_EQ(findings.size(), 1'000U);
  EXPECT_EQ(findings[0].message, "b is left out (--exclude 'b'): y");
}

}  // namespace
}  // namespace pannier
