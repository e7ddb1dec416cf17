#include "carry/connected/hub/link_header.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(LinkHeader, FindsTheNextPage) {
  EXPECT_EQ(next_link("<https://h/x?cursor=a>; rel=\"next\""), "https://h/x?cursor=a");
  EXPECT_EQ(next_link("<https://h/x>;rel=next"), "https://h/x");
  EXPECT_EQ(next_link("<a>; rel=\"prev\", <b,c;d>; title=\"x, y; z\"; REL=\"first Next\""), "b,c;d");
  EXPECT_EQ(next_link("<a>; rel=\"xet-auth\""), "");
  EXPECT_EQ(next_link("<a>; rel=\"nextish\""), "");
  EXPECT_EQ(next_link("<a>"), "");
}

TEST(LinkHeader, BrokenHeadersSayNothing) {
  for (const char* header : {"", "<", "<a", ">", "<a>;", "<a>;;;", "<a>; rel", "<a>; rel=", "<a>; rel=\"next",
                             "rel=\"next\"", ",,,,", "<a>; x=\"\\", "<a>; rel=\"prev\","}) {
    EXPECT_EQ(next_link(header), "") << header;
  }
}

}  // namespace
}  // namespace pannier
