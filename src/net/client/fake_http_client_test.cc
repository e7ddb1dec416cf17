#include "net/client/fake_http_client.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

HttpRequest get(const std::string& url) { return {"GET", *parse_url(url), {}, ""}; }

TEST(FakeHttpClient, AnswersInOrderAndKeepsTheLast) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 503}).on("GET", "http://a/", {.body = "two"});
  EXPECT_EQ(send_small(client, get("http://a/"), 10)->head.status, 503);
  EXPECT_EQ(send_small(client, get("http://a/"), 10)->body, "two");
  EXPECT_EQ(send_small(client, get("http://a/"), 10)->body, "two");
  EXPECT_EQ(client.count("GET", "http://a/"), 3u);
  EXPECT_EQ(send_small(client, get("http://other/"), 10).error().kind, ErrorKind::kInvalid);
}

TEST(FakeHttpClient, ServesRangesAsAFileServerDoes) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.body = "0123456789", .ranges = true});
  const auto ask = [&](const std::string& range) {
    HttpRequest request = get("http://a/");
    request.headers.push_back({"range", range});
    return *send_small(client, request, 100);
  };
  EXPECT_EQ(ask("bytes=2-4").body, "234");
  EXPECT_EQ(ask("bytes=2-4").head.header("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(ask("bytes=8-").body, "89");
  EXPECT_EQ(ask("bytes=8-99").head.status, 206);
  EXPECT_EQ(ask("bytes=10-").head.status, 416);
  EXPECT_EQ(ask("bytes=-3").head.status, 200);
  EXPECT_EQ(ask("lines=1-2").body, "0123456789");
}

TEST(FakeHttpClient, BreaksOffWhereItIsTold) {
  FakeHttpClient client;
  const Error reset{ErrorKind::kNetwork, "reset", ""};
  client.on("GET", "http://a/", {.body = "0123456789", .error = reset, .error_after_bytes = 4});
  client.on("GET", "http://b/", {.error = reset});
  EXPECT_EQ(send_small(client, get("http://a/"), 10).error().message, "reset");
  EXPECT_EQ(send_small(client, get("http://b/"), 10).error().message, "reset");
}

TEST(FakeHttpClient, AsksItsHandlerForTheRest) {
  FakeHttpClient client;
  client.otherwise([](const HttpRequest& request) { return FakeAnswer{.body = request.url.target}; });
  EXPECT_EQ(send_small(client, get("http://a/x?y"), 10)->body, "/x?y");
}

}  // namespace
}  // namespace pannier
