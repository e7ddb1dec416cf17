#include "net/client/retry.h"

#include <gtest/gtest.h>

#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

using std::chrono::milliseconds;

HttpRequest get(const std::string& url) { return {"GET", *parse_url(url), {}, ""}; }

FakeAnswer redirect(int status, const std::string& location) {
  return {.status = status, .headers = {{"Location", location}}, .body = "moved"};
}

const Error kReset{ErrorKind::kNetwork, "reset", ""};

// A policy whose waits are only written down.
struct Waits {
  std::vector<milliseconds> waits;
  RetryPolicy policy;

  Waits() {
    policy.wait = [this](milliseconds time) -> Status {
      waits.push_back(time);
      return {};
    };
  }
};

TEST(RetryAfter, IsSecondsOrNothing) {
  const auto of = [](const std::string& value) { return retry_after({429, {{"retry-after", value}}}); };
  EXPECT_EQ(of("0"), milliseconds(0));
  EXPECT_EQ(of("120"), milliseconds(120'000));
  EXPECT_GT(of("99999999999999999999"), std::chrono::hours(1000));
  EXPECT_EQ(of("Fri, 31 Dec 1999 23:59:59 GMT"), std::nullopt);
  EXPECT_EQ(of("-1"), std::nullopt);
  EXPECT_EQ(of("1.5"), std::nullopt);
  EXPECT_EQ(of(""), std::nullopt);
  EXPECT_EQ(retry_after({429, {}}), std::nullopt);
}

TEST(SendWithRetries, TriesAgainUntilItSucceeds) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.error = kReset});
  client.on("GET", "http://a/", {.status = 503}).on("GET", "http://a/", {.body = "x"});
  Waits waits;
  const Result<HttpAnswer> answer = send_with_retries(client, get("http://a/"), 10, waits.policy);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "x");
  ASSERT_EQ(waits.waits.size(), 2u);
  EXPECT_GE(waits.waits[0], milliseconds(400));
  EXPECT_LE(waits.waits[0], milliseconds(600));
  EXPECT_GE(waits.waits[1], milliseconds(800));
  EXPECT_LE(waits.waits[1], milliseconds(1200));
}

TEST(SendWithRetries, GivesUpAndSaysHowOftenItTried) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.error = kReset});
  Waits waits;
  waits.policy.tries_max = 4;
  const Result<HttpAnswer> answer = send_with_retries(client, get("http://a/"), 10, waits.policy);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "reset (tried 4 times)");
  EXPECT_EQ(client.count("GET", "http://a/"), 4u);
}

TEST(SendWithRetries, WaitsNeverGrowBeyondTheLongest) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 500});
  Waits waits;
  waits.policy.tries_max = 60;
  const Result<HttpAnswer> answer = send_with_retries(client, get("http://a/"), 10, waits.policy);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->head.status, 500);
  ASSERT_EQ(waits.waits.size(), 59u);
  for (const milliseconds time : waits.waits) EXPECT_LE(time, milliseconds(36'000));
  EXPECT_GE(waits.waits.back(), milliseconds(24'000));
}

TEST(SendWithRetries, FinalAnswersAndErrorsAreNotRepeated) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 404});
  client.on("GET", "http://b/", {.error = Error{ErrorKind::kUntrusted, "expired", ""}});
  client.on("GET", "http://c/", {.status = 501});
  Waits waits;
  EXPECT_EQ(send_with_retries(client, get("http://a/"), 10, waits.policy)->head.status, 404);
  EXPECT_EQ(send_with_retries(client, get("http://b/"), 10, waits.policy).error().message, "expired");
  EXPECT_EQ(send_with_retries(client, get("http://c/"), 10, waits.policy)->head.status, 501);
  EXPECT_TRUE(waits.waits.empty());
}

TEST(SendWithRetries, RetryAfterIsHonoured) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 429, .headers = {{"Retry-After", "7"}}});
  client.on("GET", "http://a/", {.body = "x"});
  Waits waits;
  EXPECT_TRUE(send_with_retries(client, get("http://a/"), 10, waits.policy).ok());
  EXPECT_EQ(waits.waits, std::vector<milliseconds>{milliseconds(7000)});
}

TEST(SendWithRetries, ARetryAfterOfAYearIsNotWaitedFor) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 429, .headers = {{"Retry-After", "31536000"}}});
  Waits waits;
  EXPECT_EQ(send_with_retries(client, get("http://a/"), 10, waits.policy)->head.status, 429);
  EXPECT_TRUE(waits.waits.empty());
}

TEST(SendWithRetries, AnInterruptEndsTheWait) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 503});
  const std::atomic<bool> cancel = true;
  RetryPolicy policy;
  policy.first_wait = policy.longest_wait = std::chrono::hours(1);
  policy.cancel = &cancel;
  EXPECT_EQ(send_with_retries(client, get("http://a/"), 10, policy).error().kind, ErrorKind::kInterrupted);
}

TEST(GetSmall, FollowsRedirectsAndTellsTheWay) {
  FakeHttpClient client;
  client.on("GET", "http://a/old", redirect(301, "/new")).on("GET", "http://a/new", redirect(307, "//b/x"));
  client.on("GET", "http://b/x", {.body = "here"});
  std::vector<RedirectStep> chain;
  Waits waits;
  const Result<HttpAnswer> answer = get_small(client, get("http://a/old"), 10, waits.policy, &chain);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "here");
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[0].head.status, 301);
  EXPECT_EQ(chain[1].url.text(), "http://a/new");
  EXPECT_EQ(chain[2].url.text(), "http://b/x");
  EXPECT_EQ(chain[2].head.status, 200);
}

TEST(GetSmall, AfterATryThatFailedTheChainStartsAfresh) {
  FakeHttpClient client;
  client.on("GET", "http://a/", redirect(302, "http://b/"));
  client.on("GET", "http://b/", {.status = 503}).on("GET", "http://b/", {.body = "x"});
  std::vector<RedirectStep> chain;
  Waits waits;
  EXPECT_EQ(get_small(client, get("http://a/"), 10, waits.policy, &chain)->body, "x");
  EXPECT_EQ(chain.size(), 2u);
  EXPECT_EQ(client.requests().size(), 4u);
}

// A storage host, or whoever can make the Hub redirect, must not learn the token.
TEST(SendFollowing, ATokenNeverReachesAnotherOrigin) {
  for (const char* elsewhere : {"http://b.example/x", "http://a.example:81/x", "https://a.example/x"}) {
    FakeHttpClient client;
    client.on("GET", "http://a.example/", redirect(302, "/stays"));
    client.on("GET", "http://a.example/stays", redirect(302, elsewhere));
    client.on("GET", elsewhere, {.body = "x"});
    HttpRequest request = get("http://a.example/");
    request.headers = {{"authorization", "Bearer hf_x"}, {"COOKIE", "c"}, {"Range", "bytes=0-"}};
    Waits waits;
    ASSERT_TRUE(get_small(client, request, 10, waits.policy, nullptr).ok());
    const std::vector<HttpRequest> sent = client.requests();
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_EQ(FakeHttpClient::header(sent[1], "Authorization"), "Bearer hf_x");
    EXPECT_EQ(FakeHttpClient::header(sent[2], "Authorization"), "");
    EXPECT_EQ(FakeHttpClient::header(sent[2], "Cookie"), "");
    EXPECT_EQ(FakeHttpClient::header(sent[2], "Range"), "bytes=0-");
  }
}

TEST(SendFollowing, EncryptionIsNotGivenUpOnTheWay) {
  FakeHttpClient client;
  client.on("GET", "https://a/", redirect(302, "http://a/plain"));
  Waits waits;
  const Result<HttpAnswer> answer = get_small(client, get("https://a/"), 10, waits.policy, nullptr);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kUntrusted);
  EXPECT_EQ(client.requests().size(), 1u);
}

TEST(SendFollowing, ALoopOfRedirectsEnds) {
  FakeHttpClient client;
  client.on("GET", "http://a/", redirect(302, "http://a/"));
  Waits waits;
  EXPECT_EQ(get_small(client, get("http://a/"), 10, waits.policy, nullptr).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(client.requests().size(), 11u);
}

TEST(SendFollowing, ARedirectToNoAddressIsCorrupt) {
  for (const char* bad : {"ftp://a/", "http://u:p@a/", "/x y", "http://[/"}) {
    FakeHttpClient client;
    client.on("GET", "http://a/", redirect(302, bad));
    Waits waits;
    EXPECT_EQ(get_small(client, get("http://a/"), 10, waits.policy, nullptr).error().kind,
              ErrorKind::kCorrupt);
  }
}

TEST(SendFollowing, AnEndlessBodyOfARedirectIsNotRead) {
  FakeHttpClient client;
  FakeAnswer long_redirect = redirect(302, "/x");
  long_redirect.body.assign(10'000'000, 'r');
  // Read to its end, this would be an error.
  long_redirect.error = kReset;
  long_redirect.error_after_bytes = 1'000'000;
  client.on("GET", "http://a/", long_redirect).on("GET", "http://a/x", {.body = "x"});
  Waits waits;
  EXPECT_EQ(get_small(client, get("http://a/"), 10, waits.policy, nullptr)->body, "x");
}

TEST(SendFollowing, ARedirectWithoutAnAddressIsAnAnswer) {
  FakeHttpClient client;
  client.on("GET", "http://a/", {.status = 302, .body = "x"}).on("GET", "http://b/", redirect(304, "/y"));
  Waits waits;
  EXPECT_EQ(get_small(client, get("http://a/"), 10, waits.policy, nullptr)->head.status, 302);
  EXPECT_EQ(get_small(client, get("http://b/"), 10, waits.policy, nullptr)->head.status, 304);
}

TEST(SendFollowing, WhatIsPostedIsNotSentElsewhere) {
  FakeHttpClient client;
  client.on("POST", "http://a/", redirect(307, "/y"));
  Waits waits;
  HttpRequest request = get("http://a/");
  request.method = "POST";
  std::vector<RedirectStep> chain;
  EXPECT_EQ(get_small(client, request, 10, waits.policy, &chain)->head.status, 307);
  EXPECT_EQ(client.requests().size(), 1u);
  EXPECT_EQ(chain.size(), 1u);
}

TEST(SendFollowing, AnErrorOfTheFinalSinkComesThrough) {
  FakeHttpClient client;
  client.on("GET", "http://a/", redirect(302, "/x")).on("GET", "http://a/x", {.body = "too long"});
  Waits waits;
  EXPECT_EQ(get_small(client, get("http://a/"), 2, waits.policy, nullptr).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier
