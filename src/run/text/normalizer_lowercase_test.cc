// Tests of lowering case before another normalizer.
#include "run/text/normalizer_lowercase.h"

#include <gtest/gtest.h>

#include "run/text/normalizer_bert.h"

namespace pannier {
namespace {

NormalizedText run(std::unique_ptr<Normalizer> next, std::string_view text, uint32_t first = 0) {
  NormalizedText out;
  out.text = "kept";
  out.sources = {9, 9, 9, 9};
  LowercaseNormalizer(std::move(next)).normalize(text, first, true, out);
  EXPECT_EQ(out.text.size(), out.sources.size());
  return out;
}

TEST(LowercaseNormalizer, AloneItLowersAndAppends) {
  const NormalizedText out = run(nullptr, "AÉİz", 5);
  EXPECT_EQ(out.text, "keptaéi\u0307z");
  EXPECT_EQ(out.sources, (std::vector<uint32_t>{9, 9, 9, 9, 5, 6, 6, 7, 7, 7, 8}));
}

// What do_lower_case does to a cased BERT: the accents stay.
TEST(LowercaseNormalizer, BeforeACasedBertItKeepsAccentsAndSources) {
  const BertNormalizerSettings cased = {true, true, false, false};
  const NormalizedText out = run(std::make_unique<BertNormalizer>(cased), "İ\u0001É", 3);
  EXPECT_EQ(out.text, "kepti\u0307é");
  EXPECT_EQ(out.sources, (std::vector<uint32_t>{9, 9, 9, 9, 3, 3, 3, 5, 5}));
}

TEST(LowercaseNormalizer, NothingIsNothing) {
  EXPECT_EQ(run(nullptr, "").text, "kept");
  EXPECT_EQ(run(std::make_unique<BertNormalizer>(BertNormalizerSettings{}), "").text, "kept");
}

}  // namespace
}  // namespace pannier
