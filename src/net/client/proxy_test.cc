#include "net/client/proxy.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "net/client/http_client.h"

namespace pannier {
namespace {

bool bypasses(const char* url, const char* list) { return bypasses_proxy(*parse_url(url), list); }

TEST(Proxy, IsParsedWithAndWithoutScheme) {
  EXPECT_EQ((*parse_proxy("http://Proxy.example:3128/"))->url.origin(), "http://proxy.example:3128");
  EXPECT_EQ((*parse_proxy("proxy:8080"))->url.origin(), "http://proxy:8080");
  EXPECT_EQ((*parse_proxy("HTTP://[::1]:8080"))->url.origin(), "http://[::1]:8080");
  EXPECT_EQ((*parse_proxy("proxy"))->url.port, 80);
  EXPECT_EQ((*parse_proxy("proxy"))->authorization, "");
  EXPECT_FALSE((*parse_proxy("")).has_value());
}

// RFC 4648, 10, and a password that is percent-encoded because it holds what an address cannot.
TEST(Proxy, UserAndPasswordBecomeBasicAuthorization) {
  EXPECT_EQ((*parse_proxy("http://Aladdin:open%20sesame@p"))->authorization,
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ((*parse_proxy("u:p%40ss@p:1"))->authorization, "Basic dTpwQHNz");
  EXPECT_EQ((*parse_proxy("u@p"))->authorization, "Basic dQ==");
  EXPECT_EQ((*parse_proxy("fo:ob@p"))->authorization, "Basic Zm86b2I=");
  EXPECT_EQ((*parse_proxy("a:100%@p"))->authorization, "Basic YToxMDAl");
}

TEST(Proxy, OtherKindsAreRefused) {
  EXPECT_EQ(parse_proxy("socks5://p:1080").error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(parse_proxy("https://p").error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(parse_proxy("http://").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parse_proxy("http://a b").error().kind, ErrorKind::kInvalid);
}

TEST(Proxy, APasswordIsNeverRepeated) {
  for (const char* bad : {"http://user:secret@", "http://user:secret@a b", "http://user:secret@h:x"}) {
    const auto proxy = parse_proxy(bad);
    ASSERT_FALSE(proxy.ok()) << bad;
    EXPECT_EQ(proxy.error().to_string().find("secret"), std::string::npos) << proxy.error().to_string();
  }
}

TEST(NoProxy, NamesCoverThemselvesAndWhatIsBelowThem) {
  EXPECT_TRUE(bypasses("http://example.com/", "example.com"));
  EXPECT_TRUE(bypasses("http://www.example.com/", "example.com"));
  EXPECT_TRUE(bypasses("http://www.example.com/", ".example.com"));
  EXPECT_TRUE(bypasses("http://example.com/", ".example.com"));
  EXPECT_TRUE(bypasses("http://www.example.com/", "*.example.com"));
  EXPECT_TRUE(bypasses("http://example.com./", "EXAMPLE.com."));
  EXPECT_FALSE(bypasses("http://badexample.com/", "example.com"));
  EXPECT_FALSE(bypasses("http://example.com.evil/", "example.com"));
  EXPECT_FALSE(bypasses("http://com/", "example.com"));
}

TEST(NoProxy, IsAListWithAStarForAll) {
  EXPECT_TRUE(bypasses("http://b/", "a, b"));
  EXPECT_TRUE(bypasses("http://b/", "a b"));
  EXPECT_TRUE(bypasses("http://b/", ",,b,"));
  EXPECT_TRUE(bypasses("http://b/", "*"));
  EXPECT_FALSE(bypasses("http://b/", ""));
  EXPECT_FALSE(bypasses("http://b/", "a,c"));
  EXPECT_FALSE(bypasses("http://b/", ".,*x"));
}

TEST(NoProxy, APortRestricts) {
  EXPECT_TRUE(bypasses("http://a:8080/", "a:8080"));
  EXPECT_FALSE(bypasses("http://a/", "a:8080"));
  EXPECT_TRUE(bypasses("https://a/", "a:443"));
  EXPECT_TRUE(bypasses("http://[::1]:81/", "[::1]:81"));
  EXPECT_FALSE(bypasses("http://[::1]/", "[::1]:81"));
}

TEST(NoProxy, AddressesMayBeRanges) {
  EXPECT_TRUE(bypasses("http://10.1.2.3/", "10.0.0.0/8"));
  EXPECT_FALSE(bypasses("http://11.1.2.3/", "10.0.0.0/8"));
  EXPECT_TRUE(bypasses("http://192.168.3.9/", "192.168.2.0/23"));
  EXPECT_FALSE(bypasses("http://192.168.4.1/", "192.168.2.0/23"));
  EXPECT_TRUE(bypasses("http://1.2.3.4/", "1.2.3.4"));
  EXPECT_FALSE(bypasses("http://1.2.3.4/", "2.3.4"));
  EXPECT_TRUE(bypasses("http://1.2.3.4/", "0.0.0.0/0"));
  EXPECT_FALSE(bypasses("http://1.2.3.4/", "0.0.0.0/33"));
  EXPECT_FALSE(bypasses("http://1.2.3.4/", "1.2.3.4/x"));
  EXPECT_TRUE(bypasses("http://[fe80::1]/", "fe80::/10"));
  EXPECT_TRUE(bypasses("http://[::1]/", "[::1]"));
  EXPECT_FALSE(bypasses("http://[::1]/", "0.0.0.0/0"));
}

class ProxyEnvironment : public testing::Test {
 protected:
  static constexpr const char* kNames[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                           "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                           "no_proxy",    "NO_PROXY",   "SSL_CERT_FILE"};
  void SetUp() override {
    for (const char* name : kNames) {
      if (const char* value = std::getenv(name)) saved_[name] = value;
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (const char* name : kNames) ::unsetenv(name);
    for (const auto& [name, value] : saved_) ::setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  std::map<std::string, std::string> saved_;
};

TEST_F(ProxyEnvironment, LowerCaseWins) {
  ::setenv("https_proxy", "lower", 1);
  ::setenv("HTTPS_PROXY", "upper", 1);
  ::setenv("NO_PROXY", "x", 1);
  ::setenv("SSL_CERT_FILE", "/ca.pem", 1);
  HttpClientOptions options;
  read_proxy_environment(options);
  EXPECT_EQ(options.https_proxy, "lower");
  EXPECT_EQ(options.http_proxy, "");
  EXPECT_EQ(options.no_proxy, "x");
  EXPECT_EQ(options.ca_bundle, "/ca.pem");
}

// httpoxy: in a CGI program HTTP_PROXY is a header of whoever visits it.
TEST_F(ProxyEnvironment, HttpProxyInUpperCaseIsNotRead) {
  ::setenv("HTTP_PROXY", "evil", 1);
  HttpClientOptions options;
  read_proxy_environment(options);
  EXPECT_EQ(options.http_proxy, "");
}

TEST_F(ProxyEnvironment, AllProxyFillsWhatIsLeft) {
  ::setenv("ALL_PROXY", "all", 1);
  ::setenv("http_proxy", "", 1);
  HttpClientOptions options;
  options.https_proxy = "given";
  read_proxy_environment(options);
  EXPECT_EQ(options.https_proxy, "given");
  EXPECT_EQ(options.http_proxy, "all");
}

}  // namespace
}  // namespace pannier
