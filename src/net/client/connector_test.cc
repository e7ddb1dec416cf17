#include "net/client/connector.h"

#include <gtest/gtest.h>

#include "base/fs.h"
#include "net/client/scripted_server.h"

namespace pannier {
namespace {

const char* const kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const char* const kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

std::unique_ptr<HttpClient> make_client(const HttpClientOptions& options) {
  Result<std::unique_ptr<HttpClient>> client = make_http_client(options);
  EXPECT_TRUE(client.ok());
  return std::move(client).value();
}

Result<HttpAnswer> fetch(HttpClient& client, const std::string& url) {
  return send_small(client, {"GET", *parse_url(url), {{"Authorization", "Bearer token"}}, ""}, 1000);
}

TEST(Connector, RoutesByProxyAndException) {
  HttpClientOptions options;
  options.http_proxy = "p1:1";
  options.https_proxy = "p2:2";
  options.no_proxy = "inside.example";
  const std::unique_ptr<Connector> connector = *Connector::make(options);
  const Route plain = connector->route(*parse_url("http://a/"));
  EXPECT_TRUE(plain.forwarded);
  EXPECT_EQ(plain.proxy->url.port, 1);
  // One proxy connection serves all plain origins, a tunnel only its own.
  EXPECT_EQ(plain.key, connector->route(*parse_url("http://b/")).key);
  const Route tunnel = connector->route(*parse_url("https://a/"));
  EXPECT_FALSE(tunnel.forwarded);
  EXPECT_EQ(tunnel.proxy->url.port, 2);
  EXPECT_NE(tunnel.key, connector->route(*parse_url("https://b/")).key);
  EXPECT_EQ(connector->route(*parse_url("https://inside.example/")).proxy, nullptr);
  EXPECT_NE(connector->route(*parse_url("https://inside.example/")).key,
            connector->route(*parse_url("http://inside.example/")).key);
}

TEST(Connector, ABadProxyIsRefusedAtTheStart) {
  HttpClientOptions options;
  options.https_proxy = "socks5h://x:1080";
  EXPECT_EQ(Connector::make(options).error().kind, ErrorKind::kUnsupported);
}

TEST(Connector, APlainProxyGetsTheWholeAddress) {
  std::string head;
  ScriptedServer proxy({[&](ScriptedPeer& peer) {
    head = peer.read_head();
    peer.write(kHello);
  }});
  HttpClientOptions options;
  options.http_proxy = "http://user:pass@127.0.0.1:" + std::to_string(proxy.port());
  const Result<HttpAnswer> answer = fetch(*make_client(options), "http://no.such.host.example:81/a?b");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_TRUE(head.starts_with(
      "GET http://no.such.host.example:81/a?b HTTP/1.1\r\nHost: no.such.host.example:81\r\n"))
      << head;
  EXPECT_NE(head.find("\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n"), std::string::npos);
}

class Tunnel : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + unique_name("pannier-tunnel");
    ASSERT_TRUE(real_file_system().make_folders(folder_).ok());
    const std::string bundle = folder_ + "/ca.pem";
    ASSERT_TRUE(write_file_atomic(real_file_system(), bundle, identity_.authority).ok());
    options_.ca_bundle = bundle;
  }
  void TearDown() override { ASSERT_TRUE(real_file_system().remove_tree(folder_).ok()); }

  Result<HttpAnswer> fetch_through(const ScriptedServer& proxy, const std::string& user = "",
                                   const std::string& url = "https://inside.example/") {
    options_.https_proxy = user + "127.0.0.1:" + std::to_string(proxy.port());
    return fetch(*make_client(options_), url);
  }

  TestIdentity identity_ = make_test_identity({.names = "DNS:inside.example"});
  HttpClientOptions options_;
  std::string folder_;
};

TEST_F(Tunnel, CarriesTlsToTheOriginAndNoSecretToTheProxy) {
  std::string asked_of_proxy;
  std::string asked_of_origin;
  ScriptedServer proxy({[&](ScriptedPeer& peer) {
    asked_of_proxy = peer.read_head();
    peer.write(kEstablished);
    if (!peer.start_tls(identity_)) return;
    asked_of_origin = peer.read_head();
    peer.write(kHello);
  }});
  const Result<HttpAnswer> answer = fetch_through(proxy, "user:pass@");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(asked_of_proxy,
            "CONNECT inside.example:443 HTTP/1.1\r\nHost: inside.example:443\r\n"
            "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
  EXPECT_TRUE(asked_of_origin.starts_with("GET / HTTP/1.1\r\nHost: inside.example\r\n"));
  EXPECT_EQ(asked_of_origin.find("Proxy-Authorization"), std::string::npos);
}

TEST_F(Tunnel, TheRootsDotAtTheEndOfANameIsPartOfNoCertificate) {
  ScriptedServer proxy({[&](ScriptedPeer& peer) {
    peer.read_head();
    peer.write(kEstablished);
    if (!peer.start_tls(identity_)) return;
    peer.read_head();
    peer.write(kHello);
  }});
  EXPECT_TRUE(fetch_through(proxy, "", "https://inside.example./").ok());
}

// A proxy that answers in the origin's place has no certificate for its name.
TEST_F(Tunnel, TheCertificateIsTheOriginsNotTheProxys) {
  const TestIdentity proxys = make_test_identity({.names = "IP:127.0.0.1"});
  ScriptedServer proxy({[&](ScriptedPeer& peer) {
    peer.read_head();
    peer.write(kEstablished);
    peer.start_tls(proxys);
  }});
  EXPECT_EQ(fetch_through(proxy).error().kind, ErrorKind::kUntrusted);
}

TEST_F(Tunnel, RefusalsAreToldApart) {
  const std::pair<const char*, ErrorKind> cases[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno\n", ErrorKind::kDenied},
      {"HTTP/1.1 403 Forbidden\r\n\r\n", ErrorKind::kDenied},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\n", ErrorKind::kNetwork},
      {"SOCKS?", ErrorKind::kCorrupt},
      {"", ErrorKind::kNetwork},
      {"HTTP/1.1 200 OK\r\n\r\nTLS does not begin here", ErrorKind::kCorrupt},
  };
  for (const auto& [answer, kind] : cases) {
    ScriptedServer proxy({[&](ScriptedPeer& peer) {
      peer.read_head();
      peer.write(answer);
    }});
    const Result<HttpAnswer> result = fetch_through(proxy, "user:pass@");
    ASSERT_FALSE(result.ok()) << answer;
    EXPECT_EQ(result.error().kind, kind) << result.error().message;
    EXPECT_EQ(result.error().to_string().find("pass@127"), std::string::npos);
  }
}

}  // namespace
}  // namespace pannier
