#include "net/client/http.h"

#include <gtest/gtest.h>

#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

HttpRequest get(const std::string& url) { return {"GET", *parse_url(url), {}, ""}; }

TEST(HttpHead, NamesCompareWithoutCase) {
  const HttpHead head{200, {{"ETag", "\"1\""}, {"etag", "\"2\""}, {"X-Empty", ""}}};
  EXPECT_EQ(head.header("etag"), "\"1\"");
  EXPECT_EQ(head.header("ETA"), "");
  EXPECT_TRUE(head.has("x-EMPTY"));
  EXPECT_FALSE(head.has("X"));
}

TEST(SendSmall, KeepsHeadAndBody) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 404, .headers = {{"X", "y"}}, .body = std::string(2500, 'b')});
  const Result<HttpAnswer> answer = send_small(client, get("http://a/"), 2500);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->head.status, 404);
  EXPECT_EQ(answer->head.header("x"), "y");
  EXPECT_EQ(answer->body, std::string(2500, 'b'));
}

TEST(SendSmall, ABodyBeyondTheBoundIsRefused) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.body = std::string(2501, 'b')});
  // A server that announces less than it sends.
  client.on("GET", "http://b/", {.headers = {{"Content-Length", "1"}}, .body = std::string(2501, 'b')});
  EXPECT_EQ(send_small(client, get("http://a/"), 2500).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(send_small(client, get("http://b/"), 2500).error().kind, ErrorKind::kLimit);
}

TEST(SendSmall, AnAbsurdContentLengthIsRefusedBeforeTheBody) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.headers = {{"Content-Length", "18446744073709551615"}}, .body = "x"});
  EXPECT_EQ(send_small(client, get("http://a/"), 1000).error().kind, ErrorKind::kLimit);
}

TEST(SendSmall, ALongFileMayBeAskedAboutWithHead) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.body = std::string(2501, 'b')});
  const Result<HttpAnswer> answer = send_small(client, {"HEAD", *parse_url("http://a/"), {}, ""}, 0);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->head.header("content-length"), "2501");
  EXPECT_EQ(answer->body, "");
}

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
