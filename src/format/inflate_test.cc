#include "format/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/limits.h"

namespace pannier {
namespace {

std::string deflate_raw(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string some_text(size_t bytes) {
  std::string text;
  uint32_t seed = 1;
  while (text.size() < bytes) {
    seed = seed * 1664525 + 1013904223;
    text += std::to_string(seed);
  }
  text.resize(bytes);
  return text;
}

struct Unpacked {
  Status status;
  std::string text;
  size_t pieces = 0;
};

Unpacked unpack(const std::string& packed, uint64_t bytes) {
  Unpacked out;
  out.status = inflate_exactly(as_bytes(packed), bytes, [&](ByteSpan piece) -> Status {
    EXPECT_LE(piece.size(), 64 * limits::kKiB);
    out.text += as_text(piece);
    ++out.pieces;
    return {};
  });
  return out;
}

TEST(InflateTest, GivesBackWhatWasPacked) {
  for (const size_t bytes :
       {size_t{0}, size_t{1}, size_t{65'535}, size_t{65'536}, size_t{65'537}, size_t{1'000'000}}) {
    const std::string plain = some_text(bytes);
    const Unpacked out = unpack(deflate_raw(plain), bytes);
    ASSERT_TRUE(out.status.ok()) << out.status.error().message;
    EXPECT_EQ(out.text, plain);
  }
}

// A bomb: 10 MB of zeros in 10 KB, said to be 1,000 bytes. No more is unpacked than was promised, and a
// piece.
TEST(InflateTest, ABombStopsAtItsPromise) {
  const std::string packed = deflate_raw(std::string(10'000'000, '\0'));
  ASSERT_LT(packed.size(), 20'000u);
  const Unpacked out = unpack(packed, 1'000);
  ASSERT_FALSE(out.status.ok());
  EXPECT_EQ(out.status.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(out.status.error().message.find("more than the 1000 bytes"), std::string::npos);
  EXPECT_TRUE(out.text.empty());
}

TEST(InflateTest, TooLittleIsRefused) {
  const Unpacked out = unpack(deflate_raw("abc"), 4);
  ASSERT_FALSE(out.status.ok());
  EXPECT_NE(out.status.error().message.find("to 3 bytes, not the 4"), std::string::npos);
}

TEST(InflateTest, BytesBehindTheEndAreRefused) {
  const Unpacked out = unpack(deflate_raw("abc") + "x", 3);
  ASSERT_FALSE(out.status.ok());
  EXPECT_NE(out.status.error().message.find("1 bytes lie behind"), std::string::npos);
}

TEST(InflateTest, EveryCutIsRefused) {
  const std::string plain = some_text(300);
  const std::string packed = deflate_raw(plain);
  for (size_t length = 0; length < packed.size(); ++length) {
    EXPECT_FALSE(unpack(packed.substr(0, length), plain.size()).status.ok()) << length;
  }
}

TEST(InflateTest, DamageIsRefused) {
  EXPECT_FALSE(unpack(std::string("\xff\xff\xff\xff", 4), 10).status.ok());
}

TEST(InflateTest, TheSinksErrorEndsIt) {
  const std::string packed = deflate_raw(some_text(1'000'000));
  size_t calls = 0;
  const Status status = inflate_exactly(as_bytes(packed), 1'000'000, [&](ByteSpan) -> Status {
    ++calls;
    return Error{ErrorKind::kInterrupted, "stop", ""};
  });
  EXPECT_EQ(status.error().kind, ErrorKind::kInterrupted);
  EXPECT_EQ(calls, 1u);
}

TEST(InflateTest, TheChecksumRunsOverPieces) {
  EXPECT_EQ(running_crc32(0, {}), 0u);
  EXPECT_EQ(running_crc32(7, {}), 7u);
  EXPECT_EQ(running_crc32(running_crc32(0, as_bytes("1234")), as_bytes("56789")), 0xCBF43926u);
}

TEST(InflateTest, ProgressIsReportedAndCanStopIt) {
  const std::string packed = deflate_raw(some_text(4'000'000));
  ASSERT_GT(packed.size(), 1'000'000u);
  uint64_t last = 0;
  const auto sink = [](ByteSpan) -> Status { return {}; };
  ASSERT_TRUE(inflate_exactly(as_bytes(packed), 4'000'000, sink, [&](uint64_t taken) -> Status {
                EXPECT_GT(taken, last);
                EXPECT_LE(taken - last, 512 * limits::kKiB);
                last = taken;
                return {};
              }).ok());
  EXPECT_GT(last, packed.size() - 512 * limits::kKiB);
  const Status stopped = inflate_exactly(as_bytes(packed), 4'000'000, sink, [](uint64_t) -> Status {
    return Error{ErrorKind::kInterrupted, "stop", ""};
  });
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace pannier
