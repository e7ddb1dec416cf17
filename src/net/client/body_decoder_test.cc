#include "net/client/body_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace pannier {
namespace {

// windowBits of zlib: 31 is gzip, 15 is zlib, -15 the bare stream.
std::string compressed(std::string_view text, int window) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<uint8_t*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

class TextSink : public HttpSink {
 public:
  explicit TextSink(uint64_t bytes_max = UINT64_MAX) : bytes_max_(bytes_max) {}
  Status head(const HttpHead& /*head*/) override { return {}; }
  Status bytes(ByteSpan bytes) override {
    largest = std::max(largest, bytes.size());
    total += bytes.size();
    if (total > bytes_max_) return Error{ErrorKind::kLimit, "enough", ""};
    text += as_text(bytes);
    return {};
  }

  std::string text;
  uint64_t total = 0;
  size_t largest = 0;

 private:
  uint64_t bytes_max_;
};

// What `body` decodes to, given in pieces; the error's message where it does not.
std::string decoded(std::string_view coding, std::string_view body, size_t piece_bytes) {
  const Result<std::unique_ptr<BodyDecoder>> decoder = make_body_decoder(coding);
  if (!decoder.ok()) return error_kind_name(decoder.error().kind);
  TextSink sink;
  for (size_t at = 0; at < body.size(); at += piece_bytes) {
    const Status status = (*decoder)->decode(as_bytes(body.substr(at, piece_bytes)), sink);
    if (!status.ok()) return error_kind_name(status.error().kind);
  }
  const Status status = (*decoder)->finish();
  return status.ok() ? sink.text : error_kind_name(status.error().kind);
}

TEST(BodyDecoder, UndoesGzipAndBothKindsOfDeflate) {
  std::string text = "the same, the same, the same";
  for (int i = 0; i < 1000; ++i) text += std::to_string(i);
  for (const size_t piece : {1, 7, 1000, 1'000'000}) {
    EXPECT_EQ(decoded("gzip", compressed(text, 31), piece), text);
    EXPECT_EQ(decoded("X-GZip", compressed(text, 31), piece), text);
    EXPECT_EQ(decoded("deflate", compressed(text, 15), piece), text);
    EXPECT_EQ(decoded("Deflate", compressed(text, -15), piece), text);
  }
}

TEST(BodyDecoder, SeveralGzipMembersAreOneBody) {
  for (const size_t piece : {1, 1000}) {
    EXPECT_EQ(decoded("gzip", compressed("one ", 31) + compressed("two", 31), piece), "one two");
  }
}

TEST(BodyDecoder, AnEmptyBodyIsEmpty) {
  EXPECT_EQ(decoded("gzip", "", 1), "");
  EXPECT_EQ(decoded("gzip", compressed("", 31), 1), "");
}

TEST(BodyDecoder, ACutBodyEndedEarly) {
  const std::string whole = compressed("hello, hello, hello", 31);
  for (size_t bytes = 1; bytes < whole.size(); ++bytes) {
    EXPECT_EQ(decoded("gzip", whole.substr(0, bytes), 1000), "network") << bytes;
  }
}

TEST(BodyDecoder, DamageIsCorrupt) {
  std::string damaged = compressed("hello, hello, hello", 31);
  damaged[damaged.size() - 5] ^= 1;  // its CRC-32
  EXPECT_EQ(decoded("gzip", damaged, 1000), "corrupt");
  EXPECT_EQ(decoded("gzip", "no gzip at all", 1000), "corrupt");
  EXPECT_EQ(decoded("deflate", "\xFF\xFF\xFF", 1000), "corrupt");
}

TEST(BodyDecoder, NothingMayFollowTheEnd) {
  EXPECT_EQ(decoded("gzip", compressed("x", 31) + "junk", 1000), "corrupt");
  EXPECT_EQ(decoded("deflate", compressed("x", 15) + compressed("y", 15), 1000), "corrupt");
}

TEST(BodyDecoder, OtherCodingsAreRefusedByName) {
  for (const char* coding : {"br", "zstd", "compress", "gzip, gzip", "identity, gzip"}) {
    EXPECT_EQ(decoded(coding, "x", 1), "unsupported") << coding;
  }
  EXPECT_EQ(*make_body_decoder("identity"), nullptr);
  EXPECT_EQ(*make_body_decoder(""), nullptr);
}

// A megabyte that decodes to a gigabyte: the sink sees it in pieces and can stop it.
TEST(BodyDecoder, ABombIsStoppedByTheSink) {
  const std::string bomb = compressed(std::string(100'000'000, '\0'), 31);
  ASSERT_LT(bomb.size(), 200'000u);
  TextSink sink(1'000'000);
  const Status status = (*make_body_decoder("gzip"))->decode(as_bytes(bomb), sink);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "enough");
  EXPECT_LE(sink.total, 1'000'000u + 256 * 1024);
  EXPECT_LE(sink.largest, 256u * 1024);
}

}  // namespace
}  // namespace pannier
