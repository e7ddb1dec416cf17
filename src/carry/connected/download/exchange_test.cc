// Servers that do not do what they should: each fault, and what becomes of the download.
#include "carry/connected/download/exchange.h"

#include "carry/connected/download/download_test_kit.h"

namespace pannier {
namespace {

using namespace download_test;

const std::string kUrl = "http://hub.test/org/m/resolve/main/model.bin";
const std::string kStorage = "http://storage.test/x?signature=secret1";

class BadServer : public DownloadBench {
 protected:
  const std::string contents_ = noise(19'000, 1);
  HandMadeClient hand_made_;

  Error run_hand_made_badly() {
    const auto totals = run(fs_, hand_made_);
    EXPECT_FALSE(totals.ok());
    EXPECT_TRUE(done_.empty());
    return totals.ok() ? Error{} : totals.error();
  }
  // The answer to every request, whatever it asks for.
  Error answer_badly(int status, std::vector<HttpHeader> headers, const std::string& body) {
    hand_made_.answer = [=](const HttpRequest&, HttpSink& sink) -> Status {
      PANNIER_TRY(sink.head({status, headers}));
      return sink.bytes(as_bytes(body));
    };
    return run_hand_made_badly();
  }
  bool is_empty_handed() { return names().find(".whole") == std::string::npos; }
  static FakeAnswer redirect_to(const std::string& url, std::vector<HttpHeader> headers = {}) {
    FakeAnswer answer;
    answer.status = 302;
    answer.headers = std::move(headers);
    answer.headers.push_back({"Location", url});
    return answer;
  }
  static FakeAnswer status_answer(int status) {
    FakeAnswer answer;
    answer.status = status;
    return answer;
  }
};

// ---- Links that drop, and statuses ----

TEST_F(BadServer, ADroppedLinkGoesOnAtTheSameByte) {
  FakeAnswer dropped = file_answer(contents_);
  dropped.error = Error{ErrorKind::kNetwork, "reset", ""};
  dropped.error_after_bytes = 3100;
  client_.on("GET", kUrl, dropped);
  serve(kUrl, contents_);
  const DownloadTotals totals = run_well();
  expect_done(0, contents_);
  EXPECT_EQ(asked(), "0-7499 3100-7499 7500-14999 15000-18999 ");
  EXPECT_EQ(totals.bytes_fetched, contents_.size());
  EXPECT_EQ(totals.retries, 1u);
  EXPECT_TRUE(was_noted("trying again in"));
}

TEST_F(BadServer, ALinkThatDropsForEverButGetsOnIsSlowNotBroken) {
  FakeAnswer dropped = file_answer(contents_);
  dropped.error = Error{ErrorKind::kNetwork, "reset", ""};
  dropped.error_after_bytes = 2600;
  client_.on("GET", kUrl, dropped);
  add(kUrl, contents_);
  options_.retry.tries_max = 2;
  EXPECT_EQ(run_well().bytes_fetched, contents_.size());
  expect_done(0, contents_);
}

TEST_F(BadServer, ALinkThatGetsNowhereIsGivenUp) {
  FakeAnswer dropped = file_answer(contents_);
  dropped.error = Error{ErrorKind::kNetwork, "reset", ""};
  client_.on("GET", kUrl, dropped);
  add(kUrl, contents_);
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kNetwork);
  EXPECT_NE(error.message.find("tried 6 times"), std::string::npos) << error.message;
  EXPECT_EQ(waits_.size(), 5u);
  for (size_t i = 1; i < waits_.size(); ++i) EXPECT_GT(waits_[i], waits_[i - 1]);
}

TEST_F(BadServer, RetryAfterIsHonoured) {
  FakeAnswer busy = status_answer(429);
  busy.headers = {{"Retry-After", "7"}};
  client_.on("GET", kUrl, busy);
  serve(kUrl, contents_);
  run_well();
  ASSERT_EQ(waits_.size(), 1u);
  EXPECT_EQ(waits_[0], std::chrono::seconds(7));
}

TEST_F(BadServer, ARetryAfterOfADayIsNotWaitedFor) {
  FakeAnswer busy = status_answer(503);
  busy.headers = {{"Retry-After", "86400"}};
  client_.on("GET", kUrl, busy);
  add(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kNetwork);
  EXPECT_TRUE(waits_.empty());
}

TEST_F(BadServer, ErrorsOfTheServerAreTriedAgain) {
  for (const int status : {500, 502, 503, 504, 408}) client_.on("GET", kUrl, status_answer(status));
  serve(kUrl, contents_);
  EXPECT_EQ(run_well().retries, 5u);
  expect_done(0, contents_);
}

TEST_F(BadServer, WhatTryingAgainCannotMendFailsAtOnce) {
  const std::map<int, ErrorKind> kinds = {{401, ErrorKind::kDenied},   {403, ErrorKind::kDenied},
                                          {404, ErrorKind::kNotFound}, {410, ErrorKind::kNotFound},
                                          {416, ErrorKind::kStale},    {501, ErrorKind::kNetwork}};
  for (const auto& [status, kind] : kinds) {
    items_.clear();
    const std::string url = "http://hub.test/" + std::to_string(status);
    client_.on("GET", url, status_answer(status));
    add(url, contents_);
    EXPECT_EQ(run_badly().kind, kind) << status;
    EXPECT_EQ(client_.count("GET", url), 1u) << status;
  }
}

// ---- Storage hosts ----

TEST_F(BadServer, TheTokenGoesToTheHubAloneAndTheStorageHostIsAskedDirectly) {
  client_.on("GET", kUrl, redirect_to(kStorage, {{"X-Repo-Commit", "c1"}}));
  client_.on("GET", kStorage, file_answer(contents_));
  DownloadItem& item = add(kUrl, contents_);
  item.headers = {{"Authorization", "Bearer secret"}, {"X-Other", "kept"}};
  item.commit = "c1";
  run_well();
  expect_done(0, contents_);
  EXPECT_EQ(client_.count("GET", kUrl), 1u) << "later ranges do not go through the Hub";
  for (const HttpRequest& request : client_.requests()) {
    EXPECT_EQ(FakeHttpClient::header(request, "Authorization"),
              request.url.host == "hub.test" ? "Bearer secret" : "")
        << request.url.text();
    EXPECT_EQ(FakeHttpClient::header(request, "X-Other"), "kept");
    EXPECT_EQ(FakeHttpClient::header(request, "Accept-Encoding"), "identity");
  }
}

TEST_F(BadServer, ASignedAddressThatExpiresIsAskedForAgain) {
  const std::string renewed = "http://storage.test/x?signature=secret2";
  client_.on("GET", kUrl, redirect_to(kStorage));
  client_.on("GET", kUrl, redirect_to(renewed));
  client_.on("GET", kStorage, file_answer(contents_));
  client_.on("GET", kStorage, status_answer(403));
  client_.on("GET", renewed, file_answer(contents_));
  add(kUrl, contents_);
  run_well();
  expect_done(0, contents_);
  EXPECT_EQ(client_.count("GET", kUrl), 2u);
  EXPECT_TRUE(waits_.empty()) << "at once";
  EXPECT_TRUE(was_noted("expired"));
}

TEST_F(BadServer, AStorageHostThatRefusesAFreshAddressIsBelieved) {
  client_.on("GET", kUrl, redirect_to(kStorage));
  client_.on("GET", kStorage, status_answer(403));
  add(kUrl, contents_);
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kDenied);
  EXPECT_EQ(error.to_string().find("secret"), std::string::npos) << "a signature is shown to nobody";
}

TEST_F(BadServer, ALoopOfRedirectsEnds) {
  client_.on("GET", kUrl, redirect_to(kUrl));
  add(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kLimit);
}

// ---- Something else than the listing said ----

TEST_F(BadServer, AnotherDigestInTheHubsRedirectIsStaleBeforeAByteIsWritten) {
  client_.on("GET", kUrl, redirect_to(kStorage, {{"X-Linked-ETag", "\"" + sha256("new").hex() + "\""}}));
  client_.on("GET", kStorage, file_answer(contents_));
  add(kUrl, contents_);
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kStale);
  EXPECT_NE(error.message.find("changed upstream"), std::string::npos);
  EXPECT_EQ(client_.count("GET", kStorage), 1u) << "asked, but not a byte of it taken";
  EXPECT_EQ(fs_.stat(std::string(kFolder) + "/sha256-" + sha256(contents_).hex() + "-19000.part")->bytes, 0u);
}

TEST_F(BadServer, AnotherCommitIsStale) {
  FakeAnswer answer = file_answer(contents_);
  answer.headers.push_back({"X-Repo-Commit", "c2"});
  client_.on("GET", kUrl, answer);
  add(kUrl, contents_).commit = "c1";
  EXPECT_EQ(run_badly().kind, ErrorKind::kStale);
}

TEST_F(BadServer, AFileThatChangesMidwayIsStaleAndNeverAMixture) {
  const std::string changed = noise(19'000, 2);
  FakeAnswer second = file_answer(changed);
  second.headers = {{"ETag", "\"v2\""}};
  client_.on("GET", kUrl, file_answer(contents_));
  client_.on("GET", kUrl, second);
  add(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kStale);
  EXPECT_TRUE(is_empty_handed());
}

// A server without tags: only the digest can tell, and it does.
TEST_F(BadServer, AFileThatChangesUnnoticedIsCorruptAndNeverAMixture) {
  FakeAnswer first = file_answer(contents_);
  first.headers.clear();
  FakeAnswer second = file_answer(noise(19'000, 2));
  second.headers.clear();
  client_.on("GET", kUrl, first);
  client_.on("GET", kUrl, second);
  add(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(names(), "locks ") << "nothing of it is kept";
}

TEST_F(BadServer, AnotherSizeIsStale) {
  client_.on("GET", kUrl, file_answer(contents_ + "x"));
  add(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kStale);
  items_.clear();
  client_.on("GET", "http://hub.test/small", file_answer(noise(1500, 1)));
  add("http://hub.test/small", noise(1400, 1));
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kStale);
  EXPECT_NE(error.message.find("has 1500 bytes, the listing said 1400"), std::string::npos) << error.message;
}

TEST_F(BadServer, ALfsPointerInTheFilesPlaceHasItsOwnMessage) {
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256("x").hex() + "\nsize 19000\n";
  for (const bool ranges : {true, false}) {
    items_.clear();
    const std::string url = std::string("http://hub.test/") + (ranges ? "ranges" : "plain");
    FakeAnswer answer = file_answer(pointer);
    answer.ranges = ranges;
    client_.on("GET", url, answer);
    add(url, contents_);
    const Error error = run_badly();
    EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
    EXPECT_NE(error.message.find("Git LFS pointer"), std::string::npos) << error.message;
  }
}

TEST_F(BadServer, ALfsPointerThatTheListingBelievesInIsRefusedToo) {
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256("x").hex() + "\nsize 19000\n";
  serve(kUrl, pointer).id = {std::nullopt, git_blob_of(pointer)};
  EXPECT_NE(run_badly().message.find("Git LFS pointer"), std::string::npos);
  EXPECT_TRUE(is_empty_handed());
}

// ---- Servers without ranges ----

TEST_F(BadServer, WithoutRangesAFileComesInOneStream) {
  FakeAnswer answer = file_answer(contents_);
  answer.ranges = false;
  client_.on("GET", kUrl, answer);
  add(kUrl, contents_);
  EXPECT_EQ(run_well().bytes_fetched, contents_.size()) << "the answer to the range is taken as it is";
  expect_done(0, contents_);
  EXPECT_EQ(client_.count("GET", kUrl), 1u);
}

TEST_F(BadServer, TheOriginIsRemembered) {
  for (const std::string url : {"http://hub.test/1", "http://hub.test/2"}) {
    FakeAnswer answer = file_answer(noise(9000, static_cast<uint32_t>(url.back())));
    answer.ranges = false;
    client_.on("GET", url, answer);
    add(url, answer.body);
  }
  run_well();
  EXPECT_EQ(asked(), "0-7499 all ");
}

TEST_F(BadServer, WithoutRangesADroppedLinkBeginsAgainAndKeepsWhatItHas) {
  FakeAnswer answer = file_answer(contents_);
  answer.ranges = false;
  FakeAnswer dropped = answer;
  dropped.error = Error{ErrorKind::kNetwork, "reset", ""};
  dropped.error_after_bytes = 11'000;
  client_.on("GET", kUrl, dropped);
  client_.on("GET", kUrl, answer);
  add(kUrl, contents_);
  EXPECT_EQ(run_well().bytes_fetched, 11'000 + contents_.size());
  expect_done(0, contents_);
}

TEST_F(BadServer, WithoutRangesOneConnectionTakesAFile) {
  options_.connections_max = 8;
  for (int i = 0; i < 5; ++i) {
    const std::string url = "http://hub.test/" + std::to_string(i);
    FakeAnswer answer = file_answer(noise(30'000, static_cast<uint32_t>(i)));
    answer.ranges = false;
    client_.on("GET", url, answer);
    add(url, answer.body);
  }
  EXPECT_EQ(run_well().bytes_fetched, 150'000u);
  EXPECT_EQ(client_.requests().size(), 5u);
}

// A proxy that codes although `identity` was asked for; the client decodes and takes the length away.
TEST_F(BadServer, ADecodedAnswerToARangeIsTakenAsTheWhole) {
  add(kUrl, contents_);
  add("http://hub.test/next", noise(5000, 3));
  std::vector<std::string> ranges;
  std::mutex mutex;
  hand_made_.answer = [&](const HttpRequest& request, HttpSink& sink) -> Status {
    {
      const std::lock_guard<std::mutex> guard(mutex);
      ranges.push_back(FakeHttpClient::header(request, "Range"));
    }
    PANNIER_TRY(sink.head({200, {}}));
    return sink.bytes(as_bytes(request.url == items_[0].url ? contents_ : noise(5000, 3)));
  };
  const auto totals = run(fs_, hand_made_);
  ASSERT_TRUE(totals.ok()) << totals.error().to_string();
  expect_done(0, contents_);
  EXPECT_EQ(ranges, (std::vector<std::string>{"bytes=0-7499", "bytes=0-4999"}))
      << "that one file is coded says nothing of the origin's others";
}

TEST_F(BadServer, ACodedPartIsAskedForAsAWhole) {
  add(kUrl, contents_);
  hand_made_.answer = [&](const HttpRequest& request, HttpSink& sink) -> Status {
    if (!FakeHttpClient::header(request, "Range").empty()) {
      return sink.head({206, {{"Content-Range", "bytes 0-7499/9000"}}});
    }
    PANNIER_TRY(sink.head({200, {{"Content-Length", "19000"}}}));
    return sink.bytes(as_bytes(contents_));
  };
  const auto totals = run(fs_, hand_made_);
  ASSERT_TRUE(totals.ok()) << totals.error().to_string();
  expect_done(0, contents_);
}

// ---- Answers that do not fit ----

TEST_F(BadServer, AnotherRangeThanAskedIsRefused) {
  add(kUrl, contents_);
  const std::string body = contents_.substr(0, 7500);
  for (const char* range : {"bytes 1-7500/19000", "bytes 0-7498/19000", "bytes 0-18999/19000", "bytes 0-7499",
                            "", "bytes 0-7499/19000, bytes 0-7499/19000", "kilobytes 0-7499/19000"}) {
    const Error error = answer_badly(206, {{"Content-Range", range}, {"Content-Length", "7500"}}, body);
    EXPECT_EQ(error.kind, ErrorKind::kCorrupt) << range;
  }
  const Error error =
      answer_badly(206, {{"Content-Range", "bytes 0-7499/19000"}, {"Content-Length", "7501"}}, body + "x");
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
}

TEST_F(BadServer, APartWhereTheWholeWasAskedIsRefused) {
  add(kUrl, noise(100, 1));
  const Error error = answer_badly(206, {{"Content-Range", "bytes 0-99/100"}}, noise(100, 1));
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
}

// A server that never stops: not a byte more is written than was asked for, and not many are read.
TEST_F(BadServer, AnEndlessBodyIsCutOff) {
  add(kUrl, contents_);
  uint64_t sent = 0;
  for (const int status : {200, 206}) {
    hand_made_.answer = [&, status](const HttpRequest&, HttpSink& sink) -> Status {
      PANNIER_TRY(sink.head({status, {{"Content-Range", "bytes 0-7499/19000"}}}));
      for (sent = 0;; sent += 1000) PANNIER_TRY(sink.bytes(as_bytes(contents_.substr(0, 1000))));
    };
    const Error error = run_hand_made_badly();
    EXPECT_EQ(error.kind, ErrorKind::kCorrupt) << error.message;
    EXPECT_LE(sent, 20'000u);
  }
  for (const FolderEntry& entry : *fs_.list(kFolder)) {
    EXPECT_LE(fs_.stat(std::string(kFolder) + "/" + entry.name)->bytes, contents_.size());
  }
}

TEST_F(BadServer, AShortBodyIsADroppedLink) {
  add(kUrl, contents_);
  hand_made_.answer = [&](const HttpRequest& request, HttpSink& sink) -> Status {
    // Half of what was asked, then a clean end.
    const std::string range = FakeHttpClient::header(request, "Range").substr(6);
    const size_t first = std::stoul(range);
    const size_t last = std::stoul(range.substr(range.find('-') + 1));
    PANNIER_TRY(sink.head({206, {{"Content-Range", "bytes " + range + "/19000"}}}));
    return sink.bytes(as_bytes(contents_.substr(first, (last - first) / 2 + 1)));
  };
  options_.retry.tries_max = 20;
  const auto totals = run(fs_, hand_made_);
  ASSERT_TRUE(totals.ok()) << totals.error().to_string();
  EXPECT_EQ(totals->bytes_fetched, contents_.size());
  expect_done(0, contents_);
}

TEST_F(BadServer, AShortWholeBodyIsGivenUpInTheEnd) {
  add(kUrl, contents_);
  const Error error = answer_badly(200, {}, contents_.substr(0, 9000));
  EXPECT_EQ(error.kind, ErrorKind::kNetwork);
  EXPECT_NE(error.message.find("ended after 9000 of 19000 bytes"), std::string::npos) << error.message;
}

}  // namespace
}  // namespace pannier
