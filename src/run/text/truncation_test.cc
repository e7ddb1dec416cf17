#include "run/text/truncation.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

Encoding text_of(std::vector<int32_t> ids) {
  Encoding text;
  for (uint32_t i = 0; i < ids.size(); ++i) text.offsets.push_back({i, i + 1});
  text.ids = std::move(ids);
  return text;
}

TEST(Truncation, CutsTheSideAskedForAndCounts) {
  Encoding right = text_of({1, 2, 3, 4, 5});
  Truncation(2, TruncationSide::kRight).finish(right);
  EXPECT_EQ(right.ids, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(right.dropped_token_count, 3u);
  Encoding left = text_of({1, 2, 3, 4, 5});
  Truncation(2, TruncationSide::kLeft).finish(left);
  EXPECT_EQ(left.ids, (std::vector<int32_t>{4, 5}));
  EXPECT_EQ(left.offsets[0], (Encoding::Offset{3, 4}));
  Encoding all = text_of({1, 2});
  Truncation(Truncation::kNoLimit, TruncationSide::kLeft).finish(all);
  EXPECT_EQ(all.ids.size(), 2u);
  EXPECT_EQ(all.dropped_token_count, 0u);
}

TEST(Truncation, TrimmingOnTheWayChangesNothing) {
  for (const TruncationSide side : {TruncationSide::kRight, TruncationSide::kLeft}) {
    Encoding text;
    Truncation truncation(3, side);
    for (int32_t i = 0; i < 200'000; ++i) {
      text.ids.push_back(i);
      truncation.trim(text);
      ASSERT_LT(text.ids.size(), 70'000u);
    }
    truncation.finish(text);
    EXPECT_EQ(text.ids[0], side == TruncationSide::kRight ? 0 : 199'997);
    EXPECT_EQ(text.dropped_token_count, 199'997u);
  }
}

}  // namespace
}  // namespace pannier
