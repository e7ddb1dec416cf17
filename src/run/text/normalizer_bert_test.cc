#include "run/text/normalizer_bert.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

NormalizedText run(const BertNormalizerSettings& settings, std::string_view text, uint32_t first = 0) {
  NormalizedText out;
  BertNormalizer(settings).normalize(text, first, true, out);
  EXPECT_EQ(out.text.size(), out.sources.size());
  return out;
}

TEST(BertNormalizer, EachStepAloneAndAllTogether) {
  const std::string text = "\u0001Été\t中";
  EXPECT_EQ(run({false, false, false, false}, text).text, text);
  EXPECT_EQ(run({true, false, false, false}, text).text, "Été 中");
  EXPECT_EQ(run({false, true, false, false}, text).text, "\u0001Été\t 中 ");
  EXPECT_EQ(run({false, false, true, false}, text).text, "\u0001Ete\t中");
  EXPECT_EQ(run({false, false, false, true}, text).text, "\u0001été\t中");
  EXPECT_EQ(run({true, true, true, true}, text).text, "ete  中 ");
}

TEST(BertNormalizer, SourcesCountCodePointsFromTheGivenOne) {
  const NormalizedText out = run({true, true, true, true}, "a\u200dÉ中", 10);
  EXPECT_EQ(out.text, "ae 中 ");
  EXPECT_EQ(out.sources, (std::vector<uint32_t>{10, 12, 13, 13, 13, 13, 13}));
}

TEST(BertNormalizer, LowerCaseMayGrow) {
  EXPECT_EQ(run({true, true, false, true}, "İ").text, "i\u0307");
  EXPECT_EQ(run({true, true, true, true}, "İ").text, "i");
}

// U+302E (class 224) is kept and moves before U+0301 (class 230), but takes the place's source.
TEST(BertNormalizer, SortedMarksKeepThePlacesSource) {
  const NormalizedText out = run({true, true, true, true}, "a\u0301\u302e");
  EXPECT_EQ(out.text, "a\u302e");
  EXPECT_EQ(out.sources, (std::vector<uint32_t>{0, 1, 1, 1}));
}

TEST(BertNormalizer, RemovedControlsDoNotPartMarks) {
  EXPECT_EQ(run({true, false, true, false}, "a\u0345\u0001\u200d\u302e\u0001").text, "a\u302e");
  const NormalizedText out = run({true, false, true, false}, "a\u0345\u0001\u302e");
  EXPECT_EQ(out.sources, (std::vector<uint32_t>{0, 1, 1, 1}));
}

TEST(BertNormalizer, WithoutSourcesTheTextIsTheSame) {
  NormalizedText out;
  BertNormalizer({}).normalize("É\u0345\u302e 한x", 0, false, out);
  EXPECT_EQ(out.text, run({}, "É\u0345\u302e 한x").text);
  EXPECT_TRUE(out.sources.empty());
}

}  // namespace
}  // namespace pannier
