#include "base/der.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(Der, ReadsWhatItWrites) {
  for (const size_t length : {0u, 1u, 127u, 128u, 255u, 256u, 65'535u, 65'536u, 70'000u}) {
    const Bytes contents(length, 7);
    const Bytes element = der_element(kDerOctetString, {contents});
    DerReader reader(element, "file");
    const auto read = reader.read(kDerOctetString, "contents");
    ASSERT_TRUE(read.ok()) << length << read.error().message;
    EXPECT_EQ(Bytes(read->begin(), read->end()), contents);
    EXPECT_TRUE(reader.at_end());
  }
  for (const uint64_t number : {0ull, 1ull, 127ull, 128ull, 255ull, 256ull, 600'000ull, ~0ull}) {
    const Bytes element = der_unsigned(number);
    DerReader reader(element, "file");
    const auto read = reader.unsigned_integer("number", ~0ull);
    ASSERT_TRUE(read.ok()) << number << read.error().message;
    EXPECT_EQ(*read, number);
  }
  EXPECT_EQ(der_unsigned(128), (Bytes{2, 2, 0, 128}));
  EXPECT_EQ(der_unsigned(0), (Bytes{2, 1, 0}));
}

TEST(Der, NestsAndTellsWhereItFailed) {
  const Bytes inner = der_unsigned(5);
  const Bytes outer = der_element(kDerSequence, {inner, inner});
  DerReader reader(outer, "alice.key");
  auto sequence = reader.enter(kDerSequence, "outer");
  ASSERT_TRUE(sequence.ok());
  EXPECT_TRUE(reader.end("outer").ok());
  EXPECT_TRUE(sequence->next_is(kDerInteger));
  EXPECT_EQ(*sequence->unsigned_integer("first", 10), 5u);
  EXPECT_EQ(sequence->end("outer").error().message, "alice.key: byte 5: outer: 3 bytes follow its end");
  EXPECT_EQ(sequence->unsigned_integer("second", 4).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(sequence->read(kDerNull, "third").error().message, "alice.key: byte 8: third: ended early");
}

TEST(Der, NumbersBeyond64BitsAreRefused) {
  const Bytes wide = der_unsigned(ByteSpan(Bytes{1, 0, 0, 0, 0, 0, 0, 0, 0}));
  DerReader reader(wide, "file");
  EXPECT_EQ(reader.unsigned_integer("number", ~0ull).error().kind, ErrorKind::kLimit);
}

// A length that the file cannot hold asks for no memory: it is compared with what is left.
TEST(Der, LengthsBeyondTheEndAreRefused) {
  for (const Bytes& bytes : {Bytes{4, 5, 1, 2, 3, 4}, Bytes{4, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1},
                             Bytes{4, 0x82, 1}, Bytes{4}, Bytes{4, 0x81, 0x7F}, Bytes{4, 0x80, 0, 0},
                             Bytes{4, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 9}, Bytes{4, 0x82, 0, 0x90}}) {
    DerReader reader(bytes, "file");
    const auto read = reader.read(kDerOctetString, "contents");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
  }
}

}  // namespace
}  // namespace pannier
