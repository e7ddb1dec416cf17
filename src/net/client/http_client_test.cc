#include "net/client/http_client.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/client/retry.h"
#include "net/client/scripted_server.h"

namespace pannier {
namespace {

using std::chrono::milliseconds;

const char* const kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

std::unique_ptr<HttpClient> make_client(HttpClientOptions options = {}) {
  Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
  EXPECT_TRUE(client.ok());
  return std::move(client).value();
}

HttpRequest get(const std::string& url) { return {"GET", *parse_url(url), {}, ""}; }

// The body, or the kind of the error.
std::string fetch(HttpClient& client, const std::string& url, uint64_t bytes_max = 1'000'000) {
  const Result<HttpAnswer> answer = send_small(client, get(url), bytes_max);
  return answer.ok() ? answer->body : error_kind_name(answer.error().kind);
}

TEST(HttpClient, SendsWhatAServerNeedsToKnow) {
  std::string head;
  ScriptedServer server({[&](ScriptedPeer& peer) {
    head = peer.read_head();
    peer.write(kHello);
  }});
  HttpClientOptions options;
  options.user_agent = "pannier/test";
  HttpRequest request = get(server.url("/a%20b?c"));
  request.headers = {{"Range", "bytes=0-"}, {"Authorization", "Bearer x"}};
  ASSERT_TRUE(send_small(*make_client(options), request, 10).ok());
  EXPECT_EQ(head, "GET /a%20b?c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nUser-Agent: pannier/test\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
                      "Range: bytes=0-\r\nAuthorization: Bearer x\r\n\r\n");
}

TEST(HttpClient, PostsABody) {
  std::string head;
  std::string body;
  ScriptedServer server({[&](ScriptedPeer& peer) {
    head = peer.read_head();
    body = peer.read(4);
    peer.write(kHello);
  }});
  HttpRequest request = get(server.url("/"));
  request.method = "POST";
  request.body = "{\"\"}";
  EXPECT_EQ(send_small(*make_client(), request, 10)->body, "hello");
  EXPECT_EQ(body, "{\"\"}");
  EXPECT_NE(head.find("\r\nContent-Length: 4\r\n"), std::string::npos);
}

TEST(HttpClient, KeepsConnectionsAlive) {
  ScriptedServer server({ScriptedServer::answering(kHello)});
  const auto client = make_client();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpClient, ThreadsTakeConnectionsOfTheirOwn) {
  ScriptedServer server({ScriptedServer::answering(kHello)});
  const auto client = make_client();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) good += fetch(*client, server.url("/")) == "hello" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
  EXPECT_LE(server.connections(), 8u);
}

TEST(HttpClient, AConnectionThatTheServerClosedIsReplacedUnseen) {
  const auto once = [](ScriptedPeer& peer) {
    peer.read_head();
    peer.write(kHello);
  };
  ScriptedServer server({once, once, once});
  const auto client = make_client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  EXPECT_EQ(server.connections(), 3u);
}

// The race that no look at the socket can exclude: the server closes while our request is under way.
TEST(HttpClient, AConnectionClosedAsWeAskIsTriedOnceMore) {
  for (const bool reset : {false, true}) {
    ScriptedServer server({[reset](ScriptedPeer& peer) {
                             peer.read_head();
                             peer.write(kHello);
                             peer.read_head();
                             if (reset) peer.reset();
                           },
                           ScriptedServer::answering(kHello)});
    const auto client = make_client();
    EXPECT_EQ(fetch(*client, server.url("/")), "hello");
    EXPECT_EQ(fetch(*client, server.url("/")), "hello");
    EXPECT_EQ(server.connections(), 2u);
  }
}

TEST(HttpClient, ANewConnectionClosedAsWeAskIsNotTriedAgain) {
  ScriptedServer server({[](ScriptedPeer& peer) { peer.read_head(); }});
  EXPECT_EQ(fetch(*make_client(), server.url("/")), "network");
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpClient, AnAnswerThatBeganIsNotAskedForAgain) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_head();
    peer.write(kHello);
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  }});
  const auto client = make_client();
  EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  EXPECT_EQ(fetch(*client, server.url("/")), "network");
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpClient, APostNeverRidesOnAnOldConnection) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_head();
    peer.write(kHello);
    peer.wait_for_close();
  }});
  const auto client = make_client();
  EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  HttpRequest request = get(server.url("/"));
  request.method = "POST";
  EXPECT_EQ(send_small(*client, request, 10)->body, "hello");
  EXPECT_EQ(server.connections(), 2u);
}

// An answer that was pushed while nobody asked would be taken for that of the next request.
TEST(HttpClient, AnUnaskedAnswerIsNotTakenForTheNext) {
  ScriptedServer server({ScriptedServer::answering(std::string(kHello) + kHello)});
  const auto client = make_client();
  EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  EXPECT_EQ(server.connections(), 2u);
}

TEST(HttpClient, NoMoreConnectionsAreKeptThanItIsTold) {
  std::atomic<int> asked = 0;
  std::atomic<int> dropped = 0;
  ScriptedServer server({[&](ScriptedPeer& peer) {
    peer.read_head();
    // Both requests are under way at once, so neither can use the other's connection.
    asked += 1;
    while (asked < 2) std::this_thread::yield();
    peer.write(kHello);
    while (!peer.read_head().empty()) peer.write(kHello);
    dropped += 1;
  }});
  HttpClientOptions options;
  options.connections_per_origin_max = 1;
  const auto client = make_client(options);
  std::thread other([&] { EXPECT_EQ(fetch(*client, server.url("/")), "hello"); });
  EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  other.join();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (dropped < 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(dropped, 1);
  EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  EXPECT_EQ(server.connections(), 2u);
}

TEST(HttpClient, AfterAnErrorOfTheSinkTheConnectionIsDropped) {
  ScriptedServer server({ScriptedServer::answering(kHello)});
  const auto client = make_client();
  EXPECT_EQ(fetch(*client, server.url("/"), 3), "limit");
  EXPECT_EQ(fetch(*client, server.url("/")), "hello");
  EXPECT_EQ(server.connections(), 2u);
}

TEST(HttpClient, AnEndlessBodyIsCutByTheSink) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.write(std::string(100'000, 'x'))) {
    }
  }});
  EXPECT_EQ(fetch(*make_client(), server.url("/")), "limit");
}

TEST(HttpClient, ASilentServerTimesOut) {
  ScriptedServer server({[](ScriptedPeer& peer) { peer.wait_for_close(); },
                         [](ScriptedPeer& peer) {
                           peer.read_head();
                           peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
                           peer.wait_for_close();
                         }});
  HttpClientOptions options;
  options.idle_timeout = milliseconds(50);
  const auto client = make_client(options);
  for (int i = 0; i < 2; ++i) {
    const Result<HttpAnswer> answer = send_small(*client, get(server.url("/x?secret")), 10);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind, ErrorKind::kNetwork);
    EXPECT_NE(answer.error().message.find("timed out"), std::string::npos);
    EXPECT_EQ(answer.error().message.find("secret"), std::string::npos);
  }
}

// A byte now and then resets the idle timeout: the head has a deadline of its own.
TEST(HttpClient, AHeadThatTricklesInTimesOut) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_head();
    std::string next = "HTTP/1.1 200 OK\r\nX: ";
    while (peer.write(next)) {
      next = "x";
      std::this_thread::yield();
    }
  }});
  HttpClientOptions options;
  options.idle_timeout = milliseconds(25);
  // Whichever is met first.
  const std::string kind = fetch(*make_client(options), server.url("/"));
  EXPECT_TRUE(kind == "network" || kind == "limit") << kind;
}

TEST(HttpClient, AnInterruptEndsTheWait) {
  std::atomic<bool> cancel = false;
  ScriptedServer server({[&](ScriptedPeer& peer) {
    peer.read_head();
    cancel = true;
    peer.wait_for_close();
  }});
  HttpClientOptions options;
  options.cancel = &cancel;
  EXPECT_EQ(fetch(*make_client(options), server.url("/")), "interrupted");
  EXPECT_EQ(fetch(*make_client(options), server.url("/")), "interrupted");
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpClient, NobodyListening) {
  std::string url;
  {
    const ScriptedServer server({[](ScriptedPeer&) {}});
    url = server.url("/");
  }
  const Result<HttpAnswer> answer = send_small(*make_client(), get(url), 10);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kNetwork);
  EXPECT_NE(answer.error().message.find("refused"), std::string::npos) << answer.error().message;
}

TEST(HttpClient, AServerOfAnotherProtocol) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.write("220 mail.example ESMTP\r\n");
    peer.wait_for_close();
  }});
  EXPECT_EQ(fetch(*make_client(), server.url("/")), "corrupt");
}

TEST(HttpClient, AHeadOfEndlessLength) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\n");
    while (peer.write("X: " + std::string(1000, 'x') + "\r\n")) {
    }
  }});
  EXPECT_EQ(fetch(*make_client(), server.url("/")), "limit");
}

TEST(HttpClient, ARefusalBeforeTheWholeRequestWasReadIsHeard) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }});
  HttpRequest request = get(server.url("/"));
  request.method = "POST";
  request.body.assign(100, 'x');
  const Result<HttpAnswer> answer = send_small(*make_client(), request, 10);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->head.status, 413);
}

// An ETag that a server sent comes back to it in If-Range: it must stay one header.
TEST(HttpClient, AHeaderCannotBeSplit) {
  ScriptedServer server({ScriptedServer::answering(kHello)});
  const auto client = make_client();
  for (const HttpHeader& bad :
       {HttpHeader{"If-Range", "x\r\nEvil: y"}, HttpHeader{"If-Range", std::string(1, '\0')},
        HttpHeader{"If Range", "x"}, HttpHeader{"", "x"}, HttpHeader{"A:", "x"}}) {
    HttpRequest request = get(server.url("/"));
    request.headers = {bad};
    EXPECT_EQ(send_small(*client, request, 10).error().kind, ErrorKind::kInvalid);
  }
  HttpRequest request = get(server.url("/"));
  request.method = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(send_small(*client, request, 10).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(server.connections(), 0u);
}

TEST(HttpClient, FollowsRedirectsBetweenServers) {
  ScriptedServer storage({ScriptedServer::answering(kHello)});
  ScriptedServer hub({ScriptedServer::answering(
      "HTTP/1.1 302 Found\r\nContent-Length: 2\r\nLocation: " + storage.url("/blob") + "\r\n\r\nno")});
  const auto client = make_client();
  RetryPolicy policy;
  std::vector<RedirectStep> chain;
  EXPECT_EQ(get_small(*client, get(hub.url("/file")), 10, policy, &chain)->body, "hello");
  EXPECT_EQ(get_small(*client, get(hub.url("/file")), 10, policy, &chain)->body, "hello");
  EXPECT_EQ(chain.size(), 2u);
  EXPECT_EQ(hub.connections(), 1u);
  EXPECT_EQ(storage.connections(), 1u);
}

TEST(HttpClient, ALongBodyArrivesWhole) {
  std::string body(20'000'000, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2'654'435'761u >> 13);
  ScriptedServer server({[&](ScriptedPeer& peer) {
    while (!peer.read_head().empty()) {
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
      peer.write(body);
    }
  }});
  const auto client = make_client();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(fetch(*client, server.url("/"), body.size()) == body);
}

}  // namespace
}  // namespace pannier
