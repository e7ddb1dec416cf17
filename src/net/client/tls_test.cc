#include "net/client/tls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fs.h"
#include "net/client/http_client.h"
#include "net/client/scripted_server.h"

namespace pannier {
namespace {

const char* const kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Files that go away with the test.
class Tls : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + unique_name("pannier-tls");
    ASSERT_TRUE(real_file_system().make_folders(folder_).ok());
  }
  void TearDown() override { ASSERT_TRUE(real_file_system().remove_tree(folder_).ok()); }

  std::string file(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(write_file_atomic(real_file_system(), path, text).ok());
    return path;
  }

  // A client that trusts the authority of `identity`.
  std::unique_ptr<HttpClient> trusting(const TestIdentity& identity) {
    HttpClientOptions options;
    options.ca_bundle = file("ca.pem", identity.authority);
    auto client = make_http_client(options);
    EXPECT_TRUE(client.ok());
    return std::move(client).value();
  }

  std::string folder_;
};

ScriptedServer::Script encrypted(const TestIdentity& identity, ScriptedServer::Script script) {
  return [identity, script = std::move(script)](ScriptedPeer& peer) {
    if (peer.start_tls(identity)) script(peer);
  };
}

Result<HttpAnswer> fetch(HttpClient& client, const std::string& url) {
  return send_small(client, {"GET", *parse_url(url), {}, ""}, 100'000'000);
}

TEST_F(Tls, AnswersOverAVerifiedConnectionThatIsKept) {
  const TestIdentity identity = make_test_identity();
  ScriptedServer server({encrypted(identity, ScriptedServer::answering(kHello))});
  const auto client = trusting(identity);
  for (const char* host : {"127.0.0.1", "localhost", "127.0.0.1"}) {
    const Result<HttpAnswer> answer = fetch(*client, server.url("/", "https", host));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->body, "hello");
  }
  EXPECT_EQ(server.connections(), 2u);
}

TEST_F(Tls, ALongBodyArrivesWhole) {
  const TestIdentity identity = make_test_identity();
  const std::string body(5'000'000, 'x');
  ScriptedServer server({encrypted(identity, [&](ScriptedPeer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  })});
  const Result<HttpAnswer> answer = fetch(*trusting(identity), server.url("/", "https"));
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->body == body);
}

struct Untrusted {
  TestIdentityOptions options;
  std::string message;
};

TEST_F(Tls, ACertificateThatDoesNotVerifyIsUntrustedAndSaysWhy) {
  const std::vector<Untrusted> cases = {
      {{.names = "DNS:other.example"}, "is for another host"},
      {{.names = "IP:127.0.0.2"}, "is for another host"},
      {{.names = "DNS:127.0.0.1"}, "is for another host"},
      {{.valid_from_days = -3, .valid_to_days = -1}, "has expired"},
      {{.valid_from_days = 1, .valid_to_days = 2}, "is not valid yet"},
  };
  for (const Untrusted& one : cases) {
    const TestIdentity identity = make_test_identity(one.options);
    ScriptedServer server({encrypted(identity, ScriptedServer::answering(kHello))});
    const Result<HttpAnswer> answer = fetch(*trusting(identity), server.url("/", "https"));
    ASSERT_FALSE(answer.ok()) << one.message;
    EXPECT_EQ(answer.error().kind, ErrorKind::kUntrusted);
    EXPECT_EQ(answer.error().message, "the certificate of 127.0.0.1 " + one.message);
  }
}

TEST_F(Tls, AWildcardCoversOneLabelOnly) {
  const TestIdentity identity = make_test_identity({.names = "DNS:*.localhost"});
  ScriptedServer server({encrypted(identity, ScriptedServer::answering(kHello))});
  EXPECT_EQ(fetch(*trusting(identity), server.url("/", "https", "localhost")).error().kind,
            ErrorKind::kUntrusted);
}

TEST_F(Tls, AnUnknownAuthorityIsUntrustedAndTheHintNamesTheOption) {
  const TestIdentity identity = make_test_identity();
  const TestIdentity self_signed = make_test_identity({.self_signed = true});
  for (const TestIdentity& one : {identity, self_signed}) {
    ScriptedServer server({encrypted(one, ScriptedServer::answering(kHello))});
    const Result<HttpAnswer> answer = fetch(*trusting(make_test_identity()), server.url("/", "https"));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind, ErrorKind::kUntrusted);
    EXPECT_NE(answer.error().hint.find("--ca-bundle"), std::string::npos);
  }
}

TEST_F(Tls, ASelfSignedCertificateMayBeTrustedByItself) {
  const TestIdentity identity = make_test_identity({.self_signed = true});
  ScriptedServer server({encrypted(identity, ScriptedServer::answering(kHello))});
  EXPECT_TRUE(fetch(*trusting(identity), server.url("/", "https")).ok());
}

// Without its length the body ends where the connection does; whoever cuts the connection must not be able
// to end it.
TEST_F(Tls, ACutConnectionIsNotTheEndOfABody) {
  const TestIdentity identity = make_test_identity();
  ScriptedServer server({encrypted(identity, [](ScriptedPeer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\n\r\nhello");
  })});
  const Result<HttpAnswer> answer = fetch(*trusting(identity), server.url("/", "https"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kNetwork);
  EXPECT_NE(answer.error().message.find("cut"), std::string::npos) << answer.error().message;
}

TEST_F(Tls, AConnectionClosedAsWeAskIsTriedOnceMore) {
  const TestIdentity identity = make_test_identity();
  ScriptedServer server({encrypted(identity, [](ScriptedPeer& peer) {
    peer.read_head();
    peer.write(kHello);
    peer.read_head();
  })});
  const auto client = trusting(identity);
  EXPECT_TRUE(fetch(*client, server.url("/", "https")).ok());
  EXPECT_TRUE(fetch(*client, server.url("/", "https")).ok());
  EXPECT_EQ(server.connections(), 2u);
}

TEST_F(Tls, AServerWithoutTls) {
  ScriptedServer server({[](ScriptedPeer& peer) {
                           peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
                           peer.wait_for_close();
                         },
                         [](ScriptedPeer& peer) { peer.read(1); }});
  const auto client = trusting(make_test_identity());
  for (const char* message : {"does not speak TLS", "https://127.0.0.1"}) {
    const Result<HttpAnswer> answer = fetch(*client, server.url("/", "https"));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind, ErrorKind::kNetwork);
    EXPECT_NE(answer.error().message.find(message), std::string::npos) << answer.error().message;
  }
}

TEST_F(Tls, AHandshakeThatNeverEndsTimesOut) {
  const TestIdentity identity = make_test_identity();
  ScriptedServer server({[](ScriptedPeer& peer) { peer.wait_for_close(); }});
  HttpClientOptions options;
  options.ca_bundle = file("ca.pem", identity.authority);
  options.connect_timeout = std::chrono::milliseconds(50);
  const auto client = make_http_client(options);
  EXPECT_EQ(fetch(**client, server.url("/", "https")).error().kind, ErrorKind::kNetwork);
}

TEST_F(Tls, BundlesThatAreNone) {
  HttpClientOptions options;
  options.ca_bundle = folder_ + "/missing.pem";
  EXPECT_EQ(make_http_client(options).error().kind, ErrorKind::kNotFound);
  options.ca_bundle = file("junk.pem", "no certificate");
  EXPECT_EQ(make_http_client(options).error().kind, ErrorKind::kCorrupt);
}

// As on Red Hat, where the usual place is a link.
TEST_F(Tls, ABundleMayBeALink) {
  file("ca.pem", make_test_identity().authority);
  ASSERT_EQ(::symlink("ca.pem", (folder_ + "/link.pem").c_str()), 0);
  EXPECT_TRUE(make_tls_context(folder_ + "/link.pem").ok());
}

}  // namespace
}  // namespace pannier
