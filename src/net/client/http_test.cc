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

}  // namespace
}  // namespace pannier
