// feature-extraction and sentence embeddings held to transformers and sentence-transformers: within 1e-4 on
// every instruction set, and the same bits for any threads and any batch. See tests/goldens/embeddings.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "run/ops/dispatch.h"
#include "run/pipeline/feature_extraction.h"
#include "run/pipeline/pooling.h"
#include "run/pipeline/sentence_embedding.h"

namespace pannier {
namespace {

constexpr double kTolerance = 1e-4;
constexpr size_t kSourceRow = 2;  // the text that the goldens' similarities compare with

std::string golden_path(const std::string& path) {
  return std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/embeddings/" + path;
}

struct GoldenModel {
  std::string name;
  JsonDocument golden;
  std::unique_ptr<ModelFiles> files;
  std::vector<std::string> texts;

  JsonValue rows() const { return golden.root()["rows"]; }
};

GoldenModel read_model(const std::string& name) {
  auto text = read_small_file(real_file_system(), golden_path(name) + "/golden.json", limits::kMiB);
  EXPECT_TRUE(text.ok()) << name;
  auto document = JsonDocument::parse(*text, name);
  EXPECT_TRUE(document.ok()) << name;
  GoldenModel model{name, std::move(document).value(), *model_files_from_folder(golden_path(name)), {}};
  for (const JsonValue row : model.rows().elements()) {
    model.texts.emplace_back(*row["text"].as_string());
  }
  return model;
}

std::vector<GoldenModel> all_models() {
  std::vector<GoldenModel> models;
  const auto entries = real_file_system().list(golden_path(""));
  EXPECT_TRUE(entries.ok());
  for (const FolderEntry& entry : *entries) {
    if (entry.name != "README.md") models.push_back(read_model(entry.name));
  }
  EXPECT_GE(models.size(), 7u);
  return models;
}

void expect_values(std::span<const float> actual, JsonValue expected, const std::string& text) {
  ASSERT_EQ(actual.size(), expected.size()) << text;
  size_t i = 0;
  for (const JsonValue value : expected.elements()) {
    EXPECT_NEAR(actual[i], *value.as_number(), kTolerance) << text << " [" << i << "]";
    ++i;
  }
}

std::vector<Embedding> embeddings_of(const ModelFiles& files, ThreadPool& pool,
                                     std::span<const std::string> texts) {
  const auto pipeline = SentenceEmbedding::load(files, pool);
  EXPECT_TRUE(pipeline.ok()) << pipeline.error().to_string();
  if (!pipeline.ok()) return {};
  auto embeddings = (*pipeline)->run(texts);
  EXPECT_TRUE(embeddings.ok()) << embeddings.error().to_string();
  return embeddings.ok() ? *embeddings : std::vector<Embedding>();
}

class EmbeddingGoldenTest : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override { use_kernels(GetParam()); }
  void TearDown() override { use_kernels(nullptr); }
};

INSTANTIATE_TEST_SUITE_P(Isa, EmbeddingGoldenTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(EmbeddingGoldenTest, EmbeddingsOfEveryPoolingAreThoseOfSentenceTransformers) {
  ThreadPool pool(2);
  for (const GoldenModel& model : all_models()) {
    SCOPED_TRACE(model.name);
    const std::vector<Embedding> embeddings = embeddings_of(*model.files, pool, model.texts);
    ASSERT_EQ(embeddings.size(), model.rows().size());
    size_t i = 0;
    for (const JsonValue row : model.rows().elements()) {
      const Embedding& embedding = embeddings[i];
      const JsonValue expected = row["embedding"];
      expect_values(embedding.values, expected["values"], model.texts[i]);
      EXPECT_EQ(embedding.token_count, *expected["tokens"].as_unsigned()) << model.texts[i];
      EXPECT_EQ(embedding.dropped_token_count, *expected["dropped"].as_unsigned()) << model.texts[i];
      EXPECT_NEAR(cosine_similarity(embeddings[kSourceRow].values, embedding.values),
                  *expected["similarity"].as_number(), kTolerance);
      ++i;
    }
  }
}

TEST_P(EmbeddingGoldenTest, FeaturesAreThoseOfThePipeline) {
  ThreadPool pool(2);
  for (const GoldenModel& model : all_models()) {
    if (!model.files->has("config.json")) continue;  // the encoder lies in a folder of its own
    SCOPED_TRACE(model.name);
    const auto pipeline = FeatureExtraction::load(*model.files, pool);
    ASSERT_TRUE(pipeline.ok()) << pipeline.error().to_string();
    const uint32_t width = (*pipeline)->width();
    std::vector<JsonValue> rows;
    for (const JsonValue row : model.rows().elements()) rows.push_back(row["feature"]);
    size_t seen = 0;
    const Status status = (*pipeline)->run(model.texts, [&](const Features& features) -> Status {
      EXPECT_EQ(features.index, seen++);
      const JsonValue row = rows[features.index];
      EXPECT_EQ(features.token_count, *row["tokens"].as_unsigned());
      EXPECT_EQ(features.dropped_token_count, *row["dropped"].as_unsigned());
      EXPECT_EQ(features.values.size(), size_t{features.token_count} * width);
      size_t token = 0;
      for (const JsonValue values : row["features"].elements()) {
        expect_values(features.values.subspan(token++ * width, width), values, model.texts[features.index]);
      }
      return {};
    });
    ASSERT_TRUE(status.ok()) << status.error().to_string();
    EXPECT_EQ(seen, model.texts.size());
  }
}

TEST_P(EmbeddingGoldenTest, TheSameBitsForAnyThreadsAndAnyBatch) {
  const GoldenModel model = read_model("new-weightedmean-lasttoken");
  ThreadPool one(1);
  ThreadPool three(3);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(model.texts[static_cast<size_t>(i) % 9] + std::to_string(i));
  const std::vector<Embedding> together = embeddings_of(*model.files, one, texts);
  const std::vector<Embedding> parallel = embeddings_of(*model.files, three, texts);
  std::vector<std::string> backwards(texts.rbegin(), texts.rend());
  const std::vector<Embedding> mixed = embeddings_of(*model.files, three, backwards);
  ASSERT_EQ(together.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(together[i].values, parallel[i].values) << i;
    ASSERT_EQ(together[i].values, mixed[texts.size() - 1 - i].values) << i;
  }
  for (const size_t i : {0u, 150u, 299u}) {
    const auto alone = embeddings_of(*model.files, three, std::span<const std::string>(&texts[i], 1));
    ASSERT_EQ(alone[0].values, together[i].values) << i;
  }
}

}  // namespace
}  // namespace pannier
