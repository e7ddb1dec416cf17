// Tests of encoders with absolute positions: hidden states within 1e-4 of transformers' whatever the
// checkpoint calls its tensors, and the same bits alone, in a batch, with threads, and by either way.
#include "run/model/absolute_position_encoder.h"

#include <algorithm>

#include "base/json.h"
#include "run/model/model_test_support.h"

namespace pannier {
namespace {

constexpr double kTolerance = 1e-4;

std::vector<int32_t> numbers(JsonValue array) {
  std::vector<int32_t> values;
  for (JsonValue value : array.elements()) values.push_back(static_cast<int32_t>(*value.as_unsigned()));
  return values;
}

// All sequences of a golden, one after the other.
TokenBatch whole_batch(JsonValue rows) {
  TokenBatch batch;
  batch.starts = {0};
  for (JsonValue row : rows.elements()) {
    const std::vector<int32_t> ids = numbers(row["ids"]);
    const std::vector<int32_t> types = numbers(row["types"]);
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.type_ids.insert(batch.type_ids.end(), types.begin(), types.end());
    batch.starts.push_back(static_cast<uint32_t>(batch.ids.size()));
  }
  return batch;
}

TokenBatch sequence_of(const TokenBatch& batch, size_t s) {
  TokenBatch alone;
  alone.ids.assign(batch.ids.begin() + batch.starts[s], batch.ids.begin() + batch.starts[s + 1]);
  if (!batch.type_ids.empty()) {
    alone.type_ids.assign(batch.type_ids.begin() + batch.starts[s],
                          batch.type_ids.begin() + batch.starts[s + 1]);
  }
  alone.starts = {0, static_cast<uint32_t>(alone.ids.size())};
  return alone;
}

bool same_bits(const float* a, const float* b, size_t count) {
  return std::memcmp(a, b, count * sizeof(float)) == 0;
}

class AbsolutePositionEncoderTest : public testing::TestWithParam<const Kernels*> {
 protected:
  void SetUp() override { use_kernels(GetParam()); }
  void TearDown() override { use_kernels(nullptr); }

  ModelState state_for(ThreadPool* pool) { return ModelState(OpContext(*GetParam(), pool)); }
};

INSTANTIATE_TEST_SUITE_P(Isa, AbsolutePositionEncoderTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

void expect_hidden_states(ConstMatrixView hidden, JsonValue rows) {
  size_t token = 0;
  for (JsonValue row : rows.elements()) {
    for (JsonValue expected : row["hidden"].elements()) {
      ASSERT_LT(token, hidden.rows);
      ASSERT_EQ(expected.size(), hidden.columns);
      size_t column = 0;
      for (JsonValue value : expected.elements()) {
        ASSERT_NEAR(hidden.row(token)[column++], *value.as_number(), kTolerance) << token;
      }
      ++token;
    }
  }
  EXPECT_EQ(token, hidden.rows);
}

TEST_P(AbsolutePositionEncoderTest, HiddenStatesAreThoseOfTransformersUnderAnyNames) {
  const std::string folder = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/logits/encoders";
  const auto models = real_file_system().list(folder);
  ASSERT_TRUE(models.ok());
  ASSERT_GE(models->size(), 6u);
  ThreadPool pool(2);
  for (const FolderEntry& entry : *models) {
    SCOPED_TRACE(entry.name);
    const ModelContents contents = golden_model("../encoders/" + entry.name);
    const auto encoder = load_encoder(contents);
    ASSERT_TRUE(encoder.ok()) << encoder.error().message;
    const auto golden = JsonDocument::parse(contents.at("golden.json"), "golden.json");
    ASSERT_TRUE(golden.ok());
    const JsonValue rows = golden->root()["rows"];
    ModelState state = state_for(&pool);
    expect_hidden_states((*encoder)->hidden_states(whole_batch(rows), state), rows);
  }
}

TEST_P(AbsolutePositionEncoderTest, ASequenceGivesTheSameBitsAloneWithThreadsAndByItsFirstToken) {
  const ModelContents contents = golden_model("../encoders/bert-f32");
  const auto loaded = load_encoder(contents);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const TextEncoder& encoder = **loaded;
  const auto golden = JsonDocument::parse(contents.at("golden.json"), "golden.json");
  const TokenBatch batch = whole_batch(golden->root()["rows"]);
  ThreadPool pool(2);
  ModelState together = state_for(&pool);
  ModelState firsts = state_for(&pool);
  ModelState alone = state_for(nullptr);
  const MatrixView all = encoder.hidden_states(batch, together);
  const MatrixView first = encoder.first_hidden_states(batch, firsts);
  ASSERT_EQ(first.rows + 1, batch.starts.size());
  for (size_t s = 0; s < first.rows; ++s) {
    EXPECT_TRUE(same_bits(first.row(s), all.row(batch.starts[s]), encoder.width())) << s;
    const MatrixView single = encoder.hidden_states(sequence_of(batch, s), alone);
    for (uint32_t i = 0; i < single.rows; ++i) {
      EXPECT_TRUE(same_bits(single.row(i), all.row(batch.starts[s] + i), encoder.width())) << s << " " << i;
    }
  }
}

TEST_P(AbsolutePositionEncoderTest, NoTypeIdsMeanTypeZero) {
  const auto loaded = load_encoder(golden_model("../encoders/bert-f32"));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  ModelState state = state_for(nullptr);
  ModelState other_state = state_for(nullptr);
  const MatrixView without = (*loaded)->hidden_states({{7, 8, 9}, {}, {0, 3}}, state);
  const MatrixView zero = (*loaded)->hidden_states({{7, 8, 9}, {0, 0, 0}, {0, 3}}, other_state);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_TRUE(same_bits(without.row(i), zero.row(i), without.columns));
  const MatrixView one = (*loaded)->hidden_states({{7, 8, 9}, {0, 0, 1}, {0, 3}}, other_state);
  EXPECT_FALSE(same_bits(without.row(0), one.row(0), without.columns));
}

// A model's state is used for a long batch, then for a short one: nothing of the first is left.
TEST_P(AbsolutePositionEncoderTest, AStateCanBeUsedAgainForAnotherShape) {
  const auto loaded = load_encoder(golden_model("../encoders/distilbert-no-prefix-f32"));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  ModelState fresh = state_for(nullptr);
  ModelState used = state_for(nullptr);
  TokenBatch longer;
  for (int32_t i = 0; i < 40; ++i) longer.ids.push_back(i);
  longer.starts = {0, 40};
  (*loaded)->hidden_states(longer, used);
  const TokenBatch shorter = {{4, 5}, {}, {0, 1, 2}};
  const MatrixView expected = (*loaded)->hidden_states(shorter, fresh);
  const MatrixView actual = (*loaded)->hidden_states(shorter, used);
  for (uint32_t i = 0; i < 2; ++i) EXPECT_TRUE(same_bits(expected.row(i), actual.row(i), expected.columns));
}

}  // namespace
}  // namespace pannier
