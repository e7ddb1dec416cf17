// Tests of the way texts take through a model: order, rounds, lengths, and tokens a model does not take.
#include "run/pipeline/batch_runner.h"

#include <cmath>

#include "run/ops/dispatch.h"
#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

// Takes what it is told to take; what is computed is up to the test.
class FakeEncoder : public TextEncoder {
 public:
  MatrixView hidden_states(const TokenBatch&, ModelState&) const override { return {}; }
  MatrixView first_hidden_states(const TokenBatch&, ModelState&) const override { return {}; }
  uint32_t width() const override { return 1; }
  uint32_t vocabulary_size() const override { return vocabulary; }
  uint32_t position_count() const override { return positions; }
  uint32_t type_count() const override { return types; }
  const Kernels& kernels() const override { return active_kernels(); }
  const std::vector<DType>& stored_types() const override { return dtypes; }

  uint32_t vocabulary = 1000;
  uint32_t positions = 64;
  uint32_t types = 0;
  std::vector<DType> dtypes = {DType::kF32};
};

std::unique_ptr<Tokenizer> tokenizer() {
  // model_max_length 40
  auto loaded = Tokenizer::load(*model_files_from_memory("dir:m", golden_model("three-labels-f32")));
  EXPECT_TRUE(loaded.ok());
  return std::move(loaded).value();
}

// Every number of a row is the token it belongs to.
BatchWork ids_as_rows(uint32_t width) {
  BatchWork work;
  work.rows = BatchWork::Rows::kOnePerToken;
  work.width = width;
  work.compute = [width](const TokenBatch& batch, ModelState&, std::span<float> out) {
    ASSERT_EQ(out.size(), batch.ids.size() * width);
    ASSERT_EQ(batch.starts.back(), batch.ids.size());
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(batch.ids[i / width]);
  };
  return work;
}

// Results of 80,000 numbers a text: a hundred texts do not fit into one round.
TEST(BatchRunnerTest, RowsComeInOrderAcrossRoundsAndBelongToTheirText) {
  const FakeEncoder encoder;
  for (const uint32_t threads : {1u, 3u}) {
    ThreadPool pool(threads);
    BatchRunner runner(tokenizer(), encoder, std::nullopt, pool);
    std::vector<std::string> texts;
    for (size_t i = 0; i < 120; ++i) {
      texts.push_back("cat " + std::string(i % 30, '!'));
    }
    constexpr uint32_t kWidth = 4000;
    size_t next = 0;
    const Status status = runner.run(texts, ids_as_rows(kWidth), [&](const TextRows& rows) -> Status {
      EXPECT_EQ(rows.index, next);
      EXPECT_EQ(rows.token_count, 3 + next % 30);
      EXPECT_EQ(rows.values.size(), size_t{rows.token_count} * kWidth);
      // [CLS], cat, …, [SEP]
      const float cls = rows.values.front();
      const float sep = rows.values.back();
      EXPECT_NE(cls, sep);
      EXPECT_EQ(rows.values[kWidth - 1], cls);
      EXPECT_NE(rows.values[kWidth], cls);
      ++next;
      return {};
    });
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(next, texts.size());
  }
}

TEST(BatchRunnerTest, TheShortestOfThreeLengthsHolds) {
  ThreadPool pool(1);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "cat ";
  const auto length = [&](uint32_t positions, std::optional<uint32_t> length_max) {
    FakeEncoder encoder;
    encoder.positions = positions;
    BatchRunner runner(tokenizer(), encoder, length_max, pool);
    uint32_t found = 0;
    const Status status = runner.run(std::span<const std::string>(&text, 1), ids_as_rows(1),
                                     [&](const TextRows& rows) -> Status {
                                       EXPECT_EQ(rows.token_count + rows.dropped_token_count, 102u);
                                       found = rows.token_count;
                                       return {};
                                     });
    EXPECT_TRUE(status.ok());
    return found;
  };
  EXPECT_EQ(length(64, std::nullopt), 40u);
  EXPECT_EQ(length(30, std::nullopt), 30u);
  EXPECT_EQ(length(64, 50), 50u);
  EXPECT_EQ(length(64, 20), 20u);
  EXPECT_EQ(length(64, 100), 64u);
}

// What a thread holds at a time grows with the tokens of its batch.
TEST(BatchRunnerTest, ABatchOfSeveralTextsIsBounded) {
  FakeEncoder encoder;
  encoder.positions = 1000;
  ThreadPool pool(1);
  BatchRunner runner(tokenizer(), encoder, 1000, pool);
  std::vector<std::string> texts;
  for (const size_t words : {200, 400, 20, 20, 20, 600, 7}) {
    texts.emplace_back();
    for (size_t i = 0; i < words; ++i) texts.back() += "cat ";
  }
  BatchWork work = ids_as_rows(1);
  std::vector<size_t> sizes;
  work.compute = [&, inner = work.compute](const TokenBatch& batch, ModelState& state, std::span<float> out) {
    sizes.push_back(batch.ids.size());
    inner(batch, state, out);
  };
  ASSERT_TRUE(runner.run(texts, work, [](const TextRows&) -> Status { return {}; }).ok());
  // Two special tokens a text. Short ones share a batch; a long one is not added to what is there.
  EXPECT_EQ(sizes, (std::vector<size_t>{202, 402, 66, 602, 9}));
}

TEST(BatchRunnerTest, TypesGoToModelsThatHaveThem) {
  ThreadPool pool(1);
  const std::vector<std::string> texts = {"cat", "dog cat"};
  for (const uint32_t types : {0u, 2u}) {
    FakeEncoder encoder;
    encoder.types = types;
    BatchRunner runner(tokenizer(), encoder, std::nullopt, pool);
    BatchWork work = ids_as_rows(1);
    work.compute = [types](const TokenBatch& batch, ModelState&, std::span<float> out) {
      EXPECT_EQ(batch.type_ids, std::vector<int32_t>(types == 0 ? 0 : batch.ids.size(), 0));
      std::fill(out.begin(), out.end(), 0.0f);
    };
    EXPECT_TRUE(runner.run(texts, work, [](const TextRows&) -> Status { return {}; }).ok());
  }
}

TEST(BatchRunnerTest, TheFirstBadTextIsNamed) {
  ThreadPool pool(2);
  FakeEncoder encoder;
  encoder.vocabulary = 80;  // letters, but not every word
  BatchRunner runner(tokenizer(), encoder, std::nullopt, pool);
  std::vector<std::string> texts(40, "a");
  texts[33] = texts[21] = "good";
  const Status status = runner.run(texts, ids_as_rows(1), [](const TextRows&) -> Status { return {}; });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(status.error().message.starts_with("text 22: the tokenizer gives token "))
      << status.error().message;
}

TEST(BatchRunnerTest, WhatIsNotANumberEndsIt) {
  ThreadPool pool(1);
  const FakeEncoder encoder;
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    BatchRunner runner(tokenizer(), encoder, std::nullopt, pool);
    BatchWork work = ids_as_rows(1);
    work.compute = [bad](const TokenBatch& batch, ModelState&, std::span<float> out) {
      std::fill(out.begin(), out.end(), 1.0f);
      out[batch.starts[1]] = bad;  // of the second text
    };
    size_t calls = 0;
    const Status status =
        runner.run(std::vector<std::string>{"cat", "dog"}, work, [&](const TextRows&) -> Status {
          ++calls;
          return {};
        });
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(status.error().message.starts_with("text 2: the model's result is not a number"));
    EXPECT_EQ(calls, 1u);
  }
}

TEST(BatchRunnerTest, TheNoteTellsStoredTypes) {
  ThreadPool pool(1);
  FakeEncoder encoder;
  EXPECT_EQ(BatchRunner(tokenizer(), encoder, std::nullopt, pool).note(), "");
  encoder.dtypes = {DType::kF16, DType::kF32, DType::kBF16};
  EXPECT_EQ(BatchRunner(tokenizer(), encoder, std::nullopt, pool).note(),
            "weights are F16 and BF16, computed in fp32");
}

}  // namespace
}  // namespace pannier
