#include "format/html_tags.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

std::vector<HtmlTag> tags_of(const std::string& text) {
  std::vector<HtmlTag> out;
  HtmlTagReader reader(text);
  while (std::optional<HtmlTag> tag = reader.next()) out.push_back(*std::move(tag));
  return out;
}

TEST(HtmlTagsTest, AttributesInEveryForm) {
  const auto tags = tags_of("<A HREF=\"x\" b='y \"q\"' c=z d e = f g='' >text</a><br/><img src=/a/b>");
  ASSERT_EQ(tags.size(), 3u);
  EXPECT_EQ(tags[0].name, "a");
  EXPECT_EQ(*tags[0].attribute("href"), "x");
  EXPECT_EQ(*tags[0].attribute("b"), "y \"q\"");
  EXPECT_EQ(*tags[0].attribute("c"), "z");
  EXPECT_EQ(*tags[0].attribute("d"), "");
  EXPECT_EQ(*tags[0].attribute("e"), "f");
  EXPECT_EQ(*tags[0].attribute("g"), "");
  EXPECT_EQ(tags[0].attribute("h"), nullptr);
  EXPECT_EQ(tags[1].name, "br");
  EXPECT_EQ(*tags[2].attribute("src"), "/a/b");
}

TEST(HtmlTagsTest, WhatIsNoTagIsPassedOver) {
  const auto tags = tags_of(
      "<!DOCTYPE html><!-- <a href=1> --><?xml ?></p>1 < 2 <3<script>if (a<b) '<a href=2>'</SCRIPT>"
      "<style><a href=3></style ><a href=4>");
  ASSERT_EQ(tags.size(), 3u);
  EXPECT_EQ(tags[0].name, "script");
  EXPECT_EQ(tags[1].name, "style");
  EXPECT_EQ(*tags[2].attribute("href"), "4");
}

TEST(HtmlTagsTest, ReferencesAreDecoded) {
  EXPECT_EQ(decode_html("&gt;=3.8,&lt;4 &amp;amp; &quot;&apos;&#62;&#x3e;&#X3E;&nbsp;"),
            ">=3.8,<4 &amp; \"'>>>\xC2\xA0");
  EXPECT_EQ(decode_html("?a=1&b=2&lt &unknown; &#; &#x; &#xD800; &#1114112; &#0; &#99999999999; &"),
            "?a=1&b=2&lt &unknown; &#; &#x; &#xD800; &#1114112; &#0; &#99999999999; &");
  EXPECT_EQ(*tags_of("<a b='&gt;&#61;3'>")[0].attribute("b"), ">=3");
}

TEST(HtmlTagsTest, EveryCutEnds) {
  const std::string text = "<!-- c --><a href=\"x\" b='y' c=z d><script>x</script><a e";
  for (size_t length = 0; length <= text.size(); ++length) tags_of(text.substr(0, length));
  EXPECT_EQ(tags_of("<a href=\"x").size(), 1u);
  EXPECT_EQ(*tags_of("<a href=\"x")[0].attribute("href"), "x");
  EXPECT_EQ(tags_of("<!--").size(), 0u);
  EXPECT_EQ(tags_of("<a ='x' =y =>").size(), 1u);
}

// A million unclosed things, each of which could look to the end of the page again.
TEST(HtmlTagsTest, TimeIsLinear) {
  for (const char* piece : {"<", "</", "<!--", "<a ", "<a b='", "<script></", "&", "<a =", "<!"}) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += piece;
    EXPECT_LE(tags_of(text).size(), 1'000'000u);
  }
}

TEST(HtmlTagsTest, ATagKeepsSixtyFourAttributes) {
  std::string text = "<a";
  for (int i = 0; i < 100'000; ++i) text += " b";
  EXPECT_EQ(tags_of(text + ">")[0].attributes.size(), 64u);
}

}  // namespace
}  // namespace pannier
