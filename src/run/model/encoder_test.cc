// Tests of the encoder: sequences do not see each other, and the shortened last block changes no bit.
#include "run/model/encoder.h"

#include <cstring>

#include "run/ops/ops_test_support.h"

namespace pannier {
namespace {

constexpr uint32_t kWidth = 12;
constexpr uint32_t kFeedForwardWidth = 20;

// One layer with random numbers, packed into the arena.
PackedLinear random_linear(OpContext& context, FloatArena& arena, uint32_t outputs, uint32_t inputs,
                           uint32_t seed) {
  const Table weight = random_table(outputs, inputs, seed);
  const Table bias = random_table(1, outputs, seed + 1);
  const LinearTensors layer = {view_of(weight, {outputs, inputs}), view_of(bias, {outputs})};
  return pack_linear(context, arena, std::span<const LinearTensors>(&layer, 1));
}

LayerNormWeights random_norm(const Kernels& kernels, uint32_t seed) {
  const Table gain = random_table(1, kWidth, seed);
  const Table bias = random_table(1, kWidth, seed + 1);
  return load_layer_norm(kernels, view_of(gain, {kWidth}), view_of(bias, {kWidth}), 1e-12f);
}

class EncoderTest : public OpsTest {
 protected:
  EncoderTest() {
    weights_.width = kWidth;
    weights_.head_count = 3;
    weights_.feed_forward_width = kFeedForwardWidth;
    for (uint32_t i = 0; i < 2; ++i) {
      EncoderBlockWeights block;
      block.query = random_linear(serial_, weights_.arena, kWidth, kWidth, 100 * i + 1);
      block.key_value = random_linear(serial_, weights_.arena, 2 * kWidth, kWidth, 100 * i + 11);
      block.attention_out = random_linear(serial_, weights_.arena, kWidth, kWidth, 100 * i + 21);
      block.attention_norm = random_norm(*GetParam(), 100 * i + 31);
      block.feed_forward_in = random_linear(serial_, weights_.arena, kFeedForwardWidth, kWidth, 100 * i + 41);
      block.feed_forward_out =
          random_linear(serial_, weights_.arena, kWidth, kFeedForwardWidth, 100 * i + 51);
      block.feed_forward_norm = random_norm(*GetParam(), 100 * i + 61);
      weights_.blocks.push_back(std::move(block));
    }
  }

  using Encode = decltype(&encode_first_tokens);

  // What encode_tokens gives for sequences cut from one table of embedded tokens.
  Table encode(OpContext& context, const Table& tokens, const std::vector<uint32_t>& starts,
               Encode encode_tokens = encode_first_tokens) {
    const uint32_t begin = starts.front();
    std::vector<uint32_t> from_zero;
    for (const uint32_t start : starts) from_zero.push_back(start - begin);
    EncoderState state;
    const MatrixView hidden = state.hidden.resize(from_zero.back(), kWidth);
    for (uint32_t row = 0; row < hidden.rows; ++row) {
      std::memcpy(hidden.row(row), &tokens.values[(begin + row) * kWidth], kWidth * sizeof(float));
    }
    const MatrixView rows = encode_tokens(context, weights_, from_zero, state);
    Table out(rows.rows, kWidth);
    for (uint32_t row = 0; row < rows.rows; ++row) {
      std::memcpy(&out.values[row * kWidth], rows.row(row), kWidth * sizeof(float));
    }
    return out;
  }

  EncoderWeights weights_;
};

INSTANTIATE_TEST_SUITE_P(Isa, EncoderTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(EncoderTest, ASequenceGivesTheSameBitsAloneInABatchAndWithThreads) {
  const std::vector<uint32_t> starts = {0, 5, 6, 25, 90};
  const Table tokens = random_table(starts.back(), kWidth, 7);
  const Table together = encode(serial_, tokens, starts);
  EXPECT_EQ(together.values, encode(parallel_, tokens, starts).values);
  for (size_t s = 0; s + 1 < starts.size(); ++s) {
    const Table alone = encode(serial_, tokens, {starts[s], starts[s + 1]});
    EXPECT_EQ(std::memcmp(&together.values[s * kWidth], alone.values.data(), kWidth * sizeof(float)), 0) << s;
  }
}

TEST_P(EncoderTest, TheFirstTokenSeesEveryTokenOfItsSequence) {
  Table tokens = random_table(9, kWidth, 7);
  const Table before = encode(serial_, tokens, {0, 4, 9});
  tokens.at(3, 2) += 0.5f;  // the last token of the first sequence
  const Table after = encode(serial_, tokens, {0, 4, 9});
  EXPECT_NE(std::memcmp(&before.values[0], &after.values[0], kWidth * sizeof(float)), 0);
  EXPECT_EQ(std::memcmp(&before.values[kWidth], &after.values[kWidth], kWidth * sizeof(float)), 0);
}

// More rows than go through the feed-forward network together, with a sequence that lies across.
TEST_P(EncoderTest, AllTokensAreTheSameBitsAloneInABatchWithThreadsAndForFirstTokens) {
  const std::vector<uint32_t> starts = {0, 5, 6, 25, 90, 330, 460};
  const Table tokens = random_table(starts.back(), kWidth, 7);
  const Table together = encode(serial_, tokens, starts, encode_all_tokens);
  ASSERT_EQ(together.rows, 460u);
  EXPECT_EQ(together.values, encode(parallel_, tokens, starts, encode_all_tokens).values);
  const Table first = encode(serial_, tokens, starts);
  for (size_t s = 0; s + 1 < starts.size(); ++s) {
    const float* const rows = &together.values[starts[s] * kWidth];
    EXPECT_EQ(std::memcmp(rows, &first.values[s * kWidth], kWidth * sizeof(float)), 0) << s;
    const Table alone = encode(serial_, tokens, {starts[s], starts[s + 1]}, encode_all_tokens);
    EXPECT_EQ(std::memcmp(rows, alone.values.data(), alone.values.size() * sizeof(float)), 0) << s;
  }
}

}  // namespace
}  // namespace pannier
