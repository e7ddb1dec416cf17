// text-classification held to transformers: logits within 1e-4 and scores within 1e-5 of the goldens on
// every instruction set, labels and their order equal, SST-2 dev accuracy exact, and the same bits for
// any threads and any batch. See tests/goldens/logits/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "run/ops/dispatch.h"
#include "run/pipeline/text_classification.h"

namespace pannier {
namespace {

constexpr double kLogitTolerance = 1e-4;
constexpr double kScoreTolerance = 1e-5;

std::string source_path(const std::string& path) { return std::string(PANNIER_SOURCE_DIR) + "/" + path; }

std::string read_source_file(const std::string& path) {
  auto contents = read_small_file(real_file_system(), source_path(path), 16 * limits::kMiB);
  EXPECT_TRUE(contents.ok()) << path;
  return contents.ok() ? *contents : "";
}

JsonDocument read_golden(const std::string& path) {
  auto document = JsonDocument::parse(read_source_file(path), path);
  EXPECT_TRUE(document.ok()) << path;
  return std::move(document).value();
}

// The sentences of SST-2 dev, and which of the two labels is right.
struct DevSet {
  std::vector<std::string> texts;
  std::vector<int> labels;
};

DevSet read_dev_set() {
  DevSet dev;
  const std::string contents = read_source_file("examples/offline-sentiment/dev.tsv");
  for (size_t begin = 0; begin < contents.size();) {
    const size_t end = std::min(contents.find('\n', begin), contents.size());
    const size_t tab = contents.find('\t', begin);
    dev.texts.push_back(contents.substr(begin, tab - begin));
    dev.labels.push_back(contents.at(tab + 1) - '0');
    begin = end + 1;
  }
  return dev;
}

std::unique_ptr<TextClassification> load_folder(const std::string& path, ThreadPool& pool) {
  const auto files = model_files_from_folder(source_path(path));
  EXPECT_TRUE(files.ok()) << path;
  auto pipeline = TextClassification::load(**files, pool);
  EXPECT_TRUE(pipeline.ok()) << pipeline.error().message;
  return std::move(pipeline).value();
}

void expect_answer(const LabelScore& actual, JsonValue expected, const std::string& text) {
  EXPECT_EQ(actual.label, *expected["label"].as_string()) << text;
  EXPECT_NEAR(actual.score, *expected["score"].as_number(), kScoreTolerance) << text;
}

// Labels in their order. Where two scores are within the tolerance, either may come first.
void expect_all_answers(const std::vector<LabelScore>& actual, JsonValue expected, const std::string& text) {
  ASSERT_EQ(actual.size(), expected.size()) << text;
  size_t i = 0;
  for (JsonValue answer : expected.elements()) {
    EXPECT_NEAR(actual[i].score, *answer["score"].as_number(), kScoreTolerance) << text;
    const auto same = std::find_if(actual.begin(), actual.end(), [&](const LabelScore& s) {
      return s.label == *answer["label"].as_string();
    });
    ASSERT_NE(same, actual.end()) << text;
    EXPECT_NEAR(same->score, *answer["score"].as_number(), kScoreTolerance) << text;
    ++i;
  }
}

// All rows of a golden against what the pipeline says about `texts`.
void expect_golden(TextClassification& pipeline, JsonValue rows, const std::vector<std::string>& texts) {
  ASSERT_EQ(rows.size(), texts.size());
  const auto logits = pipeline.logits(texts);
  ASSERT_TRUE(logits.ok()) << logits.error().message;
  const auto results = pipeline.run(texts, 0);
  ASSERT_TRUE(results.ok());
  size_t i = 0;
  for (JsonValue row : rows.elements()) {
    size_t label = 0;
    ASSERT_EQ(row["logits"].size(), pipeline.label_count());
    for (JsonValue logit : row["logits"].elements()) {
      EXPECT_NEAR((*logits)[i * pipeline.label_count() + label++], *logit.as_number(), kLogitTolerance)
          << texts[i];
    }
    const Classification& result = (*results)[i];
    EXPECT_EQ(result.token_count, *row["tokens"].as_unsigned()) << texts[i];
    EXPECT_EQ(result.dropped_token_count, *row["dropped"].as_unsigned()) << texts[i];
    if (row["best"]) {
      expect_answer(result.scores[0], row["best"], texts[i]);
      expect_all_answers(result.scores, row["all"], texts[i]);
    }
    ++i;
  }
}

std::vector<std::string> texts_of(JsonValue rows) {
  std::vector<std::string> texts;
  for (JsonValue row : rows.elements()) texts.emplace_back(*row["text"].as_string());
  return texts;
}

class TextClassificationGoldenTest : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override { use_kernels(GetParam()); }
  void TearDown() override { use_kernels(nullptr); }
};

INSTANTIATE_TEST_SUITE_P(Isa, TextClassificationGoldenTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(TextClassificationGoldenTest, ExampleModelOnOddTexts) {
  ThreadPool pool(2);
  const auto pipeline = load_folder("examples/offline-sentiment/sst2-tiny", pool);
  const JsonDocument golden = read_golden("tests/goldens/logits/sst2-tiny.json");
  const JsonValue rows = golden.root()["odd"];
  ASSERT_GE(rows.size(), 18u);
  expect_golden(*pipeline, rows, texts_of(rows));
}

TEST_P(TextClassificationGoldenTest, ExampleModelOnAllOfSst2Dev) {
  ThreadPool pool(2);
  const auto pipeline = load_folder("examples/offline-sentiment/sst2-tiny", pool);
  const JsonDocument golden = read_golden("tests/goldens/logits/sst2-tiny.json");
  const DevSet dev = read_dev_set();
  ASSERT_EQ(dev.texts.size(), 872u);
  expect_golden(*pipeline, golden.root()["dev"], dev.texts);

  const JsonDocument training = read_golden("examples/offline-sentiment/sst2-tiny/training.json");
  const auto results = pipeline->run(dev.texts, 1);
  size_t right = 0;
  for (size_t i = 0; i < dev.texts.size(); ++i) {
    right += (*results)[i].scores[0].label == (dev.labels[i] == 1 ? "POSITIVE" : "NEGATIVE") ? 1 : 0;
  }
  EXPECT_EQ(static_cast<double>(right) / static_cast<double>(dev.texts.size()),
            *training.root()["dev_accuracy"].as_number());
}

TEST_P(TextClassificationGoldenTest, SmallModelsOfEveryKind) {
  const auto models = real_file_system().list(source_path("tests/goldens/logits/models"));
  ASSERT_TRUE(models.ok());
  ASSERT_GE(models->size(), 8u);
  ThreadPool pool(2);
  for (const FolderEntry& model : *models) {
    SCOPED_TRACE(model.name);
    const std::string folder = "tests/goldens/logits/models/" + model.name;
    const auto pipeline = load_folder(folder, pool);
    const JsonDocument golden = read_golden(folder + "/golden.json");
    const JsonValue rows = golden.root()["rows"];
    expect_golden(*pipeline, rows, texts_of(rows));
  }
}

TEST_P(TextClassificationGoldenTest, TheSameBitsForAnyThreadsAndAnyBatch) {
  const DevSet dev = read_dev_set();
  ThreadPool one(1);
  ThreadPool two(2);
  const auto serial = load_folder("examples/offline-sentiment/sst2-tiny", one);
  const auto parallel = load_folder("examples/offline-sentiment/sst2-tiny", two);
  const std::vector<std::string> some(dev.texts.begin(), dev.texts.begin() + 200);
  const std::vector<float> together = *serial->logits(some);
  EXPECT_EQ(together, *parallel->logits(some));
  // One at a time; then in the opposite order, which mixes all batches anew.
  std::vector<float> alone;
  for (const std::string& text : some) {
    const std::vector<float> logits = *parallel->logits(std::span<const std::string>(&text, 1));
    alone.insert(alone.end(), logits.begin(), logits.end());
  }
  EXPECT_EQ(together, alone);
  const std::vector<std::string> backwards(some.rbegin(), some.rend());
  const std::vector<float> mixed = *parallel->logits(backwards);
  for (size_t i = 0; i < some.size(); ++i) {
    ASSERT_EQ(mixed[2 * i], together[2 * (some.size() - 1 - i)]);
    ASSERT_EQ(mixed[2 * i + 1], together[2 * (some.size() - 1 - i) + 1]);
  }
}

}  // namespace
}  // namespace pannier
