#include "net/client/url.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

std::string text_of(std::string_view text) {
  const Result<Url> url = parse_url(text);
  return url.ok() ? url->text() : error_kind_name(url.error().kind);
}

std::string resolved(std::string_view base, std::string_view reference) {
  const Result<Url> url = resolve_url(*parse_url(base), reference);
  return url.ok() ? url->text() : error_kind_name(url.error().kind);
}

TEST(Url, IsTakenApart) {
  const Url url = *parse_url("HTTPS://Hub.Example:8443/a%20b?c=d#e");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "hub.example");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/a%20b?c=d");
  EXPECT_EQ(url.origin(), "https://hub.example:8443");
  EXPECT_EQ(url.text(), "https://hub.example:8443/a%20b?c=d");
}

TEST(Url, ASignatureInTheQueryIsNotForMessages) {
  EXPECT_EQ(parse_url("https://a/b?X-Amz-Signature=s")->text_without_query(), "https://a/b");
  EXPECT_EQ(parse_url("https://a/b")->text_without_query(), "https://a/b");
}

TEST(Url, TheSchemesOwnPortIsNotWritten) {
  EXPECT_EQ(text_of("http://a:80/"), "http://a/");
  EXPECT_EQ(text_of("https://a:443"), "https://a/");
  EXPECT_EQ(text_of("https://a:80"), "https://a:80/");
  EXPECT_EQ(text_of("http://a:"), "http://a/");
  EXPECT_EQ(parse_url("http://a")->port, 80);
  EXPECT_EQ(parse_url("https://a")->port, 443);
}

TEST(Url, ABareQueryGetsAPath) {
  EXPECT_EQ(text_of("http://a?x=/../y"), "http://a/?x=/../y");
  EXPECT_EQ(text_of("http://a#x"), "http://a/");
}

TEST(Url, Ipv6IsBracketedOnTheWireOnly) {
  const Url url = *parse_url("http://[2001:DB8::1]:8080/x");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.origin(), "http://[2001:db8::1]:8080");
}

TEST(Url, DotSegmentsAreRemoved) {
  EXPECT_EQ(text_of("http://a/b/../c/./d/.."), "http://a/c/");
  EXPECT_EQ(text_of("http://a/../../x"), "http://a/x");
  EXPECT_EQ(text_of("http://a/.."), "http://a/");
  EXPECT_EQ(text_of("http://a/b//c/..;/...x"), "http://a/b//c/..;/...x");
}

TEST(Url, WhatNoAddressMayHoldIsEncoded) {
  EXPECT_EQ(text_of("http://a/ü\"{}|\\^`<>"), "http://a/%C3%BC%22%7B%7D%7C%5C%5E%60%3C%3E");
  EXPECT_EQ(text_of("http://a/%zz%"), "http://a/%zz%");
}

TEST(Url, WhatIsNoAddressIsRefused) {
  for (const char* bad : {"",
                          "a",
                          "/a",
                          "//a/b",
                          "http:",
                          "http:/a",
                          "http://",
                          "http:///x",
                          "http://:80/",
                          "ftp://a/",
                          "file:///x",
                          "javascript:alert(1)",
                          "1http://a/",
                          "http://a b/",
                          "http://a/b c",
                          "http://a\r\nHost: b/",
                          "http://a/\x7f",
                          "http://a:0/",
                          "http://a:65536/",
                          "http://a:99999999999/",
                          "http://a:8x/",
                          "http://a:-1/",
                          "http://a:80:80/",
                          "http://a..b/",
                          "http://.a/",
                          "http://./",
                          "http://ä.example/",
                          "http://a%20b/",
                          "http://a\\b/",
                          "http://a,b/",
                          "http://[::1/",
                          "http://[::1]x/",
                          "http://[]/",
                          "http://[1.2.3.4]/",
                          "http://[fe80::1%25eth0]/",
                          "http://::1/"}) {
    EXPECT_EQ(text_of(bad), "invalid") << bad;
  }
  EXPECT_EQ(text_of(std::string_view("http://a/\0b", 11)), "invalid");
}

TEST(Url, UserInformationIsRefusedAndNotRepeated) {
  const Result<Url> url = parse_url("https://user:secret@host/");
  ASSERT_FALSE(url.ok());
  EXPECT_EQ(url.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(url.error().to_string().find("secret"), std::string::npos);
  // "host" is the user here, and "evil" the host.
  EXPECT_EQ(text_of("https://host@evil/"), "invalid");
  EXPECT_EQ(text_of("https://host/@x"), "https://host/@x");
}

TEST(Url, LengthIsBoundedAlsoOnceEncoded) {
  const std::string_view base = "http://a/";
  EXPECT_NE(text_of(std::string(base) + std::string(limits::kUrlBytesMax - base.size(), 'x')), "invalid");
  EXPECT_EQ(text_of(std::string(base) + std::string(limits::kUrlBytesMax - base.size() + 1, 'x')), "invalid");
  EXPECT_EQ(text_of(std::string(base) + std::string(limits::kUrlBytesMax / 2, '|')), "invalid");
  EXPECT_EQ(text_of("http://" + std::string(254, 'a') + "/"), "invalid");
}

// RFC 3986, 5.4, as far as http goes.
TEST(ResolveUrl, FollowsTheStandardsExamples) {
  const char* base = "http://a/b/c/d;p?q";
  const std::pair<const char*, const char*> examples[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"g..", "http://a/b/c/g.."},
      {"./g/.", "http://a/b/c/g/"},
      {"g/../h", "http://a/b/c/h"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"https://x/y", "https://x/y"},
      {"HTTP://X:8/y", "http://x:8/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
  };
  for (const auto& [reference, expected] : examples)
    EXPECT_EQ(resolved(base, reference), expected) << reference;
}

TEST(ResolveUrl, RefusesWhatIsNoHttp) {
  for (const char* bad : {"ftp://x/", "g:h", "//user@x/", "http:g", "/a b", "//[/", "/x\r\nSet-Cookie: y"}) {
    EXPECT_EQ(resolved("https://a/b", bad), "invalid") << bad;
  }
}

TEST(ResolveUrl, KeepsPortAndScheme) {
  EXPECT_EQ(resolved("https://a:8443/b", "/c"), "https://a:8443/c");
  EXPECT_EQ(resolved("https://a:8443/b", "//x/c"), "https://x/c");
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~", false), "aZ09-._~");
  EXPECT_EQ(percent_encode("a/b c%ü", false), "a%2Fb%20c%25%C3%BC");
  EXPECT_EQ(percent_encode("a/b?c#d", true), "a/b%3Fc%23d");
}

}  // namespace
}  // namespace pannier
