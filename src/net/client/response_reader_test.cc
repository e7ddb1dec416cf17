#include "net/client/response_reader.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "net/client/memory_stream.h"

namespace pannier {
namespace {

constexpr size_t kBufferBytes = 128 * 1024;

struct CollectingSink : HttpSink {
  HttpHead answer;
  std::string body;
  int heads = 0;
  uint64_t body_bytes_max = UINT64_MAX;

  Status head(const HttpHead& head) override {
    answer = head;
    heads += 1;
    return {};
  }
  Status bytes(ByteSpan bytes) override {
    body += as_text(bytes);
    if (body.size() > body_bytes_max) return Error{ErrorKind::kLimit, "enough", ""};
    return {};
  }
};

struct Answer {
  Status status;
  CollectingSink sink;
  ResponseOutcome outcome;

  std::string kind() const { return status.ok() ? "ok" : error_kind_name(status.error().kind); }
};

Answer read(const std::string& incoming, size_t piece_bytes = 1'000'000, bool no_body = false,
            uint64_t body_bytes_max = UINT64_MAX) {
  MemoryStream stream(incoming, piece_bytes);
  Bytes buffer(kBufferBytes);
  Answer answer;
  answer.sink.body_bytes_max = body_bytes_max;
  answer.status = read_response(stream, {"http://a/", no_body, buffer}, answer.sink, answer.outcome);
  return answer;
}

TEST(ResponseReader, ReadsHeadAndBodyInPiecesOfAnySize) {
  const std::string incoming =
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nX-Two:  a \r\nx-two: b\r\n\r\nhello";
  for (size_t piece = 1; piece <= incoming.size(); ++piece) {
    const Answer answer = read(incoming, piece);
    ASSERT_EQ(answer.kind(), "ok") << piece;
    EXPECT_EQ(answer.sink.answer.status, 206);
    EXPECT_EQ(answer.sink.answer.header("X-TWO"), "a");
    EXPECT_EQ(answer.sink.answer.headers.size(), 3u);
    EXPECT_EQ(answer.sink.body, "hello");
    EXPECT_TRUE(answer.outcome.keep_alive);
  }
}

TEST(ResponseReader, ReadsChunksAndSkipsTrailers) {
  const std::string incoming =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;name=value\r\nhello\r\n1\r\n,\r\nA\r\n0123456789\r\n0\r\nETag: \"forged\"\r\n\r\n";
  for (size_t piece = 1; piece <= incoming.size(); ++piece) {
    const Answer answer = read(incoming, piece);
    ASSERT_EQ(answer.kind(), "ok") << piece;
    EXPECT_EQ(answer.sink.body, "hello,0123456789");
    EXPECT_FALSE(answer.sink.answer.has("ETag"));
    EXPECT_TRUE(answer.outcome.keep_alive);
    EXPECT_EQ(answer.sink.heads, 1);
  }
}

TEST(ResponseReader, WithoutALengthTheEndIsTheEnd) {
  const Answer answer = read("HTTP/1.1 200 OK\r\n\r\nhello", 3);
  EXPECT_EQ(answer.kind(), "ok");
  EXPECT_EQ(answer.sink.body, "hello");
  EXPECT_FALSE(answer.outcome.keep_alive);
}

TEST(ResponseReader, SomeAnswersHaveNoBody) {
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    const Answer answer = read("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 9\r\n\r\n");
    EXPECT_EQ(answer.kind(), "ok") << status;
    EXPECT_TRUE(answer.outcome.keep_alive);
  }
  const Answer head = read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Encoding: br\r\n\r\n", 10, true);
  EXPECT_EQ(head.kind(), "ok");
  EXPECT_EQ(head.sink.answer.header("content-length"), "9");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n").kind(), "ok");
}

TEST(ResponseReader, TheServerSaysWhetherTheConnectionStays) {
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").outcome.keep_alive);
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").outcome.keep_alive);
  EXPECT_TRUE(
      read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").outcome.keep_alive);
}

// A second answer nobody asked for would be taken for that of the next request.
TEST(ResponseReader, BytesBehindTheAnswerSpoilTheConnection) {
  const Answer answer = read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(answer.kind(), "ok");
  EXPECT_EQ(answer.sink.body, "x");
  EXPECT_TRUE(answer.outcome.left_over);
  EXPECT_FALSE(answer.outcome.keep_alive);
}

TEST(ResponseReader, InterimAnswersAreSkipped) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  const std::string incoming =
      "HTTP/1.1 100 Continue\r\n\r\n" + interim + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  for (const size_t piece : {1, 30, 1000}) {
    const Answer answer = read(incoming, piece);
    EXPECT_EQ(answer.kind(), "ok");
    EXPECT_EQ(answer.sink.answer.status, 200);
    EXPECT_FALSE(answer.sink.answer.has("Link"));
  }
  std::string endless;
  for (int i = 0; i < 1000; ++i) endless += interim;
  EXPECT_EQ(read(endless).kind(), "corrupt");
}

TEST(ResponseReader, AnAnswerThatEndsEarlyIsSaidToBe) {
  for (const char* incoming :
       {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"}) {
    for (const size_t piece : {1, 1000}) EXPECT_EQ(read(incoming, piece).kind(), "network") << incoming;
  }
  EXPECT_FALSE(read("").outcome.got_bytes);
  EXPECT_TRUE(read("H").outcome.got_bytes);
}

TEST(ResponseReader, WhatIsNotHttpIsCorrupt) {
  for (const char* incoming :
       {"SSH-2.0-OpenSSH_9.2\r\n", "<html>", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 xyz OK\r\n\r\n", "HTTP/1.1 000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nName : x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\xFC",
        "HTTP/1.1 200 OK\nA: b\n\n\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"}) {
    for (const size_t piece : {1, 1000}) EXPECT_EQ(read(incoming, piece).kind(), "corrupt") << incoming;
  }
}

// Two parties that disagree about where an answer ends is how answers are smuggled.
TEST(ResponseReader, TwoLengthsAreRefused) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy").kind(), "corrupt");
  EXPECT_EQ(
      read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").kind(),
      "corrupt");
  EXPECT_EQ(
      read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n").kind(),
      "corrupt");
}

TEST(ResponseReader, OtherTransferCodingsAreRefused) {
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, gzip", "identity"}) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + std::string(coding) + "\r\n\r\n").kind(),
              "unsupported")
        << coding;
  }
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                .kind(),
            "unsupported");
}

TEST(ResponseReader, AGiantHeadIsRefused) {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  const std::string value(limits::kHttpHeadBytesMax, 'x');
  std::string many = start;
  for (int i = 0; i < 100'000; ++i) many += "a: b\r\n";
  for (const size_t piece : {100, 1'000'000}) {
    EXPECT_EQ(read(start + "X: " + value + "\r\n\r\n", piece).kind(), "limit") << piece;
    EXPECT_EQ(read(many, piece).kind(), "limit") << piece;
    EXPECT_EQ(read("HTTP/1.1 200 " + value, piece).kind(), "limit") << piece;
  }
  EXPECT_EQ(read(start + "X: " + value.substr(100) + "\r\nContent-Length: 0\r\n\r\n").kind(), "ok");
}

TEST(ResponseReader, AChunkHeaderOrTrailerWithoutEndIsRefused) {
  const std::string start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string endless(kBufferBytes + 1, 'x');
  for (const size_t piece : {1000, 1'000'000}) {
    EXPECT_EQ(read(start + "1;a=" + endless, piece).kind(), "limit") << piece;
    EXPECT_EQ(read(start + "0\r\nA: " + endless, piece).kind(), "limit") << piece;
  }
}

TEST(ResponseReader, TheSinkEndsAnEndlessBodyWithItsOwnError) {
  const std::string body(1'000'000, 'x');
  const std::string chunk = "F4240\r\n" + body + "\r\n";
  for (const std::string& incoming :
       {"HTTP/1.1 200 OK\r\n\r\n" + body, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + body,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk}) {
    const Answer answer = read(incoming, 1'000'000, false, 10);
    ASSERT_EQ(answer.kind(), "limit");
    EXPECT_EQ(answer.status.error().message, "enough");
    EXPECT_LE(answer.sink.body.size(), kBufferBytes);
    EXPECT_FALSE(answer.outcome.keep_alive);
  }
}

TEST(ResponseReader, CompressedBodiesAreDecodedAndTheHeadSaysNothingOfIt) {
  // printf hello | gzip -n
  const std::string gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
      25);
  const Answer answer =
      read("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" + gzip, 1);
  ASSERT_EQ(answer.kind(), "ok");
  EXPECT_EQ(answer.sink.body, "hello");
  EXPECT_FALSE(answer.sink.answer.has("Content-Length"));
  EXPECT_FALSE(answer.sink.answer.has("Content-Encoding"));
  EXPECT_TRUE(answer.outcome.keep_alive);
  // The body is as long as was said, and yet there is not all of it.
  EXPECT_EQ(
      read("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + gzip.substr(0, 20))
          .kind(),
      "network");
  EXPECT_EQ(read("HTTP/1.1 206 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" + gzip).kind(),
            "unsupported");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx").kind(),
            "unsupported");
}

TEST(ResponseReader, ErrorsNameTheAddress) {
  EXPECT_EQ(read("").status.error().message, "http://a/: the server closed the connection without an answer");
}

}  // namespace
}  // namespace pannier
