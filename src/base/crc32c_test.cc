// The published values, and the instruction against the table.
#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <random>

namespace pannier {
namespace crc32c_parts {
uint32_t by_table(uint32_t crc, ByteSpan bytes);
}
namespace {

// RFC 3720, B.4: the bytes there are the value in little-endian order.
TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(0, {}), 0u);
  EXPECT_EQ(crc32c(0, Bytes(32, 0)), 0x8a9136aau);
  EXPECT_EQ(crc32c(0, Bytes(32, 0xff)), 0x62a8ab43u);
  Bytes rising(32);
  for (size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(crc32c(0, rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(0, as_bytes("123456789")), 0xe3069283u);
}

TEST(Crc32c, TheTableSaysTheSameAtEveryLengthAndSplit) {
  std::mt19937 random(7);
  Bytes bytes(200);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const ByteSpan all = ByteSpan(bytes).first(size);
    const uint32_t whole = crc32c_parts::by_table(0, all);
    ASSERT_EQ(crc32c(0, all), whole) << size;
    const size_t half = size / 3;
    ASSERT_EQ(crc32c(crc32c(0, all.first(half)), all.subspan(half)), whole) << size;
  }
}

}  // namespace
}  // namespace pannier
