#include "run/text/post_processor.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

Encoding text_of(std::vector<int32_t> ids) {
  Encoding text;
  for (uint32_t i = 0; i < ids.size(); ++i) text.offsets.push_back({i, i + 1});
  text.ids = std::move(ids);
  return text;
}

TEST(PostProcessor, PutsSpecialTokensAndTypesAroundTheText) {
  const PostProcessor processor({{false, 101, 4}, {true, 0, 3}, {false, 102, 0}});
  EXPECT_EQ(processor.special_token_count(), 2u);
  Encoding out;
  processor.apply(text_of({7, 8}), true, true, out);
  EXPECT_EQ(out.ids, (std::vector<int32_t>{101, 7, 8, 102}));
  EXPECT_EQ(out.type_ids, (std::vector<int32_t>{4, 3, 3, 0}));
  EXPECT_EQ(out.offsets[0], (Encoding::Offset{0, 0}));
  EXPECT_EQ(out.offsets[2], (Encoding::Offset{1, 2}));
  out.clear();
  processor.apply(text_of({7, 8}), false, false, out);
  EXPECT_EQ(out.ids, (std::vector<int32_t>{7, 8}));
  EXPECT_TRUE(out.offsets.empty());
}

}  // namespace
}  // namespace pannier
