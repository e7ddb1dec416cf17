#include "carry/connected/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fs_memory.h"
#include "carry/connected/hub/hub_testing.h"

namespace pannier {
namespace {

const std::map<std::string, std::string> kBert = {
    {"README.md", "x"},
    {"config.json", R"({"model_type":"bert","architectures":["BertModel"]})"},
    {"model.safetensors", "weights"},
    {"pytorch_model.bin", "weights"},
    {"tokenizer.json", "{}"},
    {"tokenizer_config.json", "{}"}};

class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    client_.otherwise([](const HttpRequest&) { return std::optional(error_answer(404, "RepoNotFound")); });
    ResolveOptions options;
    options.hub = test_hub_options();
    options.hub_cache = "/cache";
    resolver_ = *SnapshotResolver::make(fs_, client_, options);
  }

  static PlanEntry entry(std::string_view text, FileSelection selection = {}) {
    return {*parse_model_ref(text, false), "", std::move(selection)};
  }
  Result<Plan> plan(const std::vector<PlanEntry>& entries, bool closure = true) {
    return make_plan(*resolver_, entries, {closure});
  }
  Plan good(const std::vector<PlanEntry>& entries, bool closure = true) {
    auto got = plan(entries, closure);
    EXPECT_TRUE(got.ok()) << (got.ok() ? "" : got.error().to_string());
    return got.ok() ? *got : Plan{};
  }
  static std::vector<std::string> names(const Plan& plan) {
    std::vector<std::string> out;
    for (const Snapshot& snapshot : plan.snapshots) out.push_back(snapshot.name);
    return out;
  }
  static std::vector<std::string> errors(const Plan& plan) {
    std::vector<std::string> out;
    for (const PlanFinding& finding : plan.findings) {
      if (finding.severity == PlanFinding::Severity::kError)
        out.push_back(finding.snapshot + ": " + finding.message);
    }
    return out;
  }

  MemoryFileSystem fs_;
  FakeHttpClient client_;
  std::unique_ptr<SnapshotResolver> resolver_;
};

using Names = std::vector<std::string>;

TEST_F(PlanTest, OneFormatAndWarnings) {
  serve_repo(client_, "org/name", kBert, R"("gated":"auto")");
  const Plan got = good({entry("org/name")});
  ASSERT_EQ(names(got), Names{"org/name"});
  EXPECT_TRUE(errors(got).empty());
  EXPECT_EQ(got.snapshots[0].find("pytorch_model.bin"), nullptr);
  EXPECT_EQ(got.snapshots[0].left_out.size(), 1U);
  ASSERT_EQ(got.snapshots[0].warnings.size(), 3U);
  EXPECT_NE(got.snapshots[0].warnings[0].find("--files all"), std::string::npos);
  EXPECT_NE(got.snapshots[0].warnings[1].find("access is restricted"), std::string::npos);
  EXPECT_NE(got.snapshots[0].warnings[2].find("no licence"), std::string::npos);
}

TEST_F(PlanTest, AnAdapterBringsItsBase) {
  serve_repo(client_, "org/adapter",
             {{"adapter_config.json", R"({"base_model_name_or_path":"old-base"})"},
              {"adapter_model.safetensors", "a"}});
  FakeAnswer moved;
  moved.status = 307;
  moved.headers.push_back({"Location", "/api/models/org/base/revision/main"});
  client_.on("GET", kTestHub + "/api/models/old-base/revision/main", moved);
  serve_repo(client_, "org/base", kBert);

  const Plan got = good({entry("org/adapter")});
  ASSERT_EQ(names(got), (Names{"org/adapter", "org/base"}));
  EXPECT_TRUE(errors(got).empty());
  EXPECT_TRUE(got.snapshots[0].needed_by.empty());
  EXPECT_EQ(got.snapshots[1].needed_by, Names{"org/adapter: adapter_config.json: base_model_name_or_path"});
  EXPECT_EQ(got.snapshots[1].aliases, Names{"old-base"});  // as the adapter asks for it
  ASSERT_EQ(got.findings.size(), 1U);
  EXPECT_TRUE(got.findings[0].taken_along);

  // Asked for itself, it is not taken twice.
  const Plan both = good({entry("org/base"), entry("org/adapter")});
  EXPECT_EQ(names(both).size(), 3U);  // the old name is only known once asked for
  const Plan without = good({entry("org/adapter")}, false);
  EXPECT_EQ(names(without), Names{"org/adapter"});
  ASSERT_EQ(without.findings.size(), 1U);
  EXPECT_EQ(without.findings[0].severity, PlanFinding::Severity::kWarning);
}

TEST_F(PlanTest, ADependencyThatCannotBeHadIsAnError) {
  serve_repo(client_, "org/adapter",
             {{"adapter_config.json", R"({"base_model_name_or_path":"org/gone"})"},
              {"adapter_model.safetensors", "a"}});
  const Plan got = good({entry("org/adapter")});
  ASSERT_EQ(errors(got).size(), 1U);
  EXPECT_NE(errors(got)[0].find("it cannot be taken along: there is no model org/gone"), std::string::npos);
  client_.on("GET", kTestHub + "/api/models/org/gone/revision/main", error_answer(503, ""));
  EXPECT_EQ(plan({entry("org/adapter")}).error().kind, ErrorKind::kNetwork);  // worth another try
}

TEST_F(PlanTest, CodeOfAnotherRepositoryIsTakenWithoutItsWeights) {
  serve_repo(client_, "org/name",
             {{"config.json",
               R"({"model_type":"own","architectures":["Own"],"auto_map":{"AutoModel":"org/code--m.X"}})"},
              {"model.safetensors", "w"}});
  serve_repo(client_, "org/code",
             {{"m.py", "from .gone import x"},
              {"config.json", "{}"},
              {"model.safetensors", "w"},
              {"vocab.txt", ""}});
  const Plan got = good({entry("org/name")});
  ASSERT_EQ(names(got), (Names{"org/name", "org/code"}));
  ASSERT_EQ(errors(got).size(), 1U);
  EXPECT_EQ(errors(got)[0], "org/code: gone.py is not there: the model's own code does not run without it");
  EXPECT_EQ(got.snapshots[1].files.size(), 2U);
  EXPECT_NE(got.snapshots[1].find("m.py"), nullptr);
  EXPECT_EQ(got.snapshots[1].find("model.safetensors"), nullptr);
}

TEST_F(PlanTest, ARepositoryNeededForItsCodeAndForItself) {
  serve_repo(client_, "org/name",
             {{"config.json",
               R"({"model_type":"own","architectures":["Own"],"auto_map":{"AutoModel":"org/base--m.X",)"
               R"("AutoConfig":"org/base--n.Y"},"text_model_id":"org/base"})"},
              {"model.safetensors", "w"}});
  auto base = kBert;
  base["m.py"] = base["n.py"] = "";
  serve_repo(client_, "org/base", base);
  const Plan got = good({entry("org/name")});
  ASSERT_EQ(names(got), (Names{"org/name", "org/base"}));
  EXPECT_TRUE(errors(got).empty());
  EXPECT_NE(got.snapshots[1].find("model.safetensors"), nullptr);
  EXPECT_EQ(got.snapshots[1].find("pytorch_model.bin"), nullptr);
  EXPECT_EQ(got.snapshots[1].needed_by.size(), 3U);
}

TEST_F(PlanTest, AFolderIsTakenWholeItsBaseIsNot) {
  ASSERT_TRUE(fs_.make_folders("/m/adapter").ok());
  ASSERT_TRUE(
      write_file_atomic(fs_, "/m/adapter/adapter_config.json", R"({"base_model_name_or_path":"org/base"})")
          .ok());
  ASSERT_TRUE(write_file_atomic(fs_, "/m/adapter/adapter_model.safetensors", "a").ok());
  serve_repo(client_, "org/base", kBert);
  FileSelection all;
  all.choice = FileChoice::kAll;
  const Plan folder = good({entry("dir:/m/adapter", all)});
  ASSERT_EQ(names(folder), (Names{"adapter", "org/base"}));
  EXPECT_EQ(folder.snapshots[1].find("pytorch_model.bin"), nullptr);
}

TEST_F(PlanTest, CircleOfRepositoriesEnds) {
  const auto config = [](const std::string& other) {
    return std::map<std::string, std::string>{
        {"config.json", R"({"model_type":"own","architectures":["Own"],"text_model_id":")" + other + "\"}"},
        {"model.safetensors", "w"}};
  };
  serve_repo(client_, "org/a", config("org/b"));
  serve_repo(client_, "org/b", config("org/a"));
  EXPECT_EQ(names(good({entry("org/a")})), (Names{"org/a", "org/b"}));
  // And a chain without end.
  for (int i = 0; i < 20; ++i) {
    serve_repo(client_, "chain/m" + std::to_string(i), config("chain/m" + std::to_string(i + 1)));
  }
  const Plan chain = good({entry("chain/m0")});
  EXPECT_EQ(chain.snapshots.size(), 5U);
  ASSERT_EQ(errors(chain).size(), 1U);
  EXPECT_NE(errors(chain)[0].find("too many repositories"), std::string::npos);
}

TEST_F(PlanTest, WhatIncludeForgotIsTakenAfterAll) {
  serve_repo(client_, "org/name", kBert);
  FileSelection weights;
  weights.include = {"*.safetensors"};
  const Plan got = good({entry("org/name", weights)});
  EXPECT_TRUE(errors(got).empty());
  for (const char* path : {"config.json", "tokenizer.json", "tokenizer_config.json"}) {
    EXPECT_NE(got.snapshots[0].find(path), nullptr) << path;
  }
  EXPECT_EQ(got.snapshots[0].find("README.md"), nullptr);
  EXPECT_TRUE(std::is_sorted(got.snapshots[0].files.begin(), got.snapshots[0].files.end(),
                             [](const auto& a, const auto& b) { return a.path < b.path; }));

  // What was excluded by name stays out, and is told.
  FileSelection no_tokenizer;
  no_tokenizer.exclude = {"tokenizer.json"};
  const Plan excluded = good({entry("org/name", no_tokenizer)});
  ASSERT_EQ(errors(excluded).size(), 1U);
  EXPECT_NE(errors(excluded)[0].find("tokenizer.json is left out (--exclude 'tokenizer.json')"),
            std::string::npos);
  // So it is without closure, as far as it can be told without config.json.
  EXPECT_EQ(errors(good({entry("org/name", weights)}, false)).size(), 2U);
}

TEST_F(PlanTest, NamesAreGivenOnce) {
  serve_repo(client_, "org/name", kBert);
  serve_repo(client_, "org/other", kBert);
  PlanEntry renamed = entry("org/other");
  renamed.name = "org/name";
  EXPECT_EQ(plan({entry("org/name"), renamed}).error().kind, ErrorKind::kInvalid);
  renamed.name = "../x";
  EXPECT_EQ(plan({renamed}).error().kind, ErrorKind::kInvalid);
  renamed.name = "mine";
  EXPECT_EQ(names(good({renamed})), Names{"mine"});
  // The same thing twice is once.
  EXPECT_EQ(names(good({entry("org/name"), entry("hf://org/name")})), Names{"org/name"});
}

TEST_F(PlanTest, AFolderThatNoModelCanBeCalled) {
  ASSERT_TRUE(fs_.make_folders("/m/my model").ok());
  ASSERT_TRUE(write_file_atomic(fs_, "/m/my model/notes.txt", "x").ok());
  EXPECT_EQ(plan({entry("dir:/m/my model")}).error().kind, ErrorKind::kInvalid);
  PlanEntry named = entry("dir:/m/my model");
  named.name = "mine";
  EXPECT_EQ(names(good({named})), Names{"mine"});
}

}  // namespace
}  // namespace pannier
