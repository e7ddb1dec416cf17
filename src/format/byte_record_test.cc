// Each way of writing a record is chosen where it is short, comes back, and is refused where it lies.
#include "format/byte_record.h"

#include <gtest/gtest.h>

#include <random>

#include "format/part_test_sample.h"

namespace pannier {
namespace {

constexpr uint8_t kRaw = 0;
constexpr uint8_t kConstant = 1;
constexpr uint8_t kFrame = 2;
constexpr uint8_t kSparse = 3;

// Noise of which so many percent are zero.
Bytes sparse_noise(uint64_t bytes, uint32_t percent) {
  std::mt19937 random(percent);
  Bytes out = noise(bytes, 1);
  for (uint8_t& byte : out) byte = random() % 100 < percent ? 0 : byte;
  return out;
}

// Writes and reads; returns how it was written.
uint8_t method_of(const Bytes& plain, uint64_t* size = nullptr) {
  RecordWriter writer;
  Bytes out;
  EXPECT_TRUE(writer.append(plain, out).ok());
  EncodedReader reader(out, "part");
  Bytes scratch(plain.size());
  const Result<ByteSpan> back = read_record(reader, plain.size(), scratch);
  EXPECT_TRUE(back.ok());
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(Bytes(back->begin(), back->end()), plain);
  if (size != nullptr) *size = out.size();
  return out[0];
}

Bytes record(uint8_t method, const Bytes& payload, uint32_t length) {
  Bytes out = {method, 0, 0, 0, 0};
  for (int i = 0; i < 4; ++i) out[1 + i] = static_cast<uint8_t>(length >> (8 * i));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}
Bytes record(uint8_t method, const Bytes& payload) {
  return record(method, payload, static_cast<uint32_t>(payload.size()));
}
Bytes joined(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(ByteRecord, EachWayWhereItIsShort) {
  EXPECT_EQ(method_of(noise(131'072, 2)), kRaw);
  EXPECT_EQ(method_of(Bytes(131'072, 9)), kConstant);
  EXPECT_EQ(method_of(Bytes(1, 9)), kConstant);
  Bytes few = noise(131'072, 3);
  for (uint8_t& byte : few) byte &= 15;
  EXPECT_EQ(method_of(few), kFrame);
  uint64_t size = 0;
  EXPECT_EQ(method_of(sparse_noise(131'072, 95), &size), kSparse);
  // Entropy: 0.286 bits for where, 8 for each of 5 percent.
  EXPECT_LT(size, 131'072 * (0.286 / 8 + 0.05) * 1.05);
}

TEST(ByteRecord, AllSizesAndSharesOfZero) {
  for (uint64_t size = 1; size < 200; ++size) {
    for (const uint32_t percent : {0u, 50u, 90u, 99u}) method_of(sparse_noise(size, percent));
  }
}

// What was best for the first is kept for a while, and must hold for whatever comes.
TEST(ByteRecord, OneWriterForPlanesOfEveryKind) {
  RecordWriter writer;
  std::vector<Bytes> planes;
  for (uint32_t i = 0; i < 50; ++i) {
    planes.push_back(i % 3 == 0 ? sparse_noise(5000, 90) : i % 3 == 1 ? noise(5000, i) : Bytes(5000, 1));
  }
  Bytes out;
  for (const Bytes& plane : planes) ASSERT_TRUE(writer.append(plane, out).ok());
  EncodedReader reader(out, "part");
  Bytes scratch(5000);
  for (const Bytes& plane : planes) {
    const Result<ByteSpan> back = read_record(reader, plane.size(), scratch);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(Bytes(back->begin(), back->end()), plane);
  }
  EXPECT_TRUE(reader.at_end());
}

// A layer that was float16 once has zeroes at the bottom, behind another that had not.
TEST(ByteRecord, WhatBecomesSkewedIsNoticedAtOnce) {
  RecordWriter writer;
  Bytes out;
  ASSERT_TRUE(writer.append(noise(131'072, 1), out).ok());
  EXPECT_EQ(out[0], kRaw);
  Bytes few = noise(131'072, 2);
  for (uint8_t& byte : few) byte &= 0xf7;
  const size_t before = out.size();
  ASSERT_TRUE(writer.append(few, out).ok());
  EXPECT_EQ(out[before], kFrame);
}

TEST(ByteRecord, RecordsThatLieAreRefused) {
  const Bytes bitmap = record(kRaw, {0x03, 0x00});
  const Bytes values = record(kRaw, {7, 8});
  const struct {
    const char* name;
    Bytes bytes;
    uint64_t plain_bytes;
    const char* reason;
  } attacks[] = {
      {"ends in its head", {0, 1}, 1, "bytes are said to follow"},
      {"longer than the part", record(kRaw, {1, 2, 3}, 0xffffffff), 3, "4294967295 bytes are said to follow"},
      {"stores too few", record(kRaw, {1, 2}), 3, "stores 2"},
      {"stores too many", record(kRaw, {1, 2, 3, 4}), 3, "stores 4"},
      {"repeats two bytes", record(kConstant, {1, 2}), 3, "repeated"},
      {"an unknown way", record(4, {1, 2, 3}), 3, "way 4"},
      {"no frame", record(kFrame, {1, 2, 3}), 3, "damaged"},
      {"a bitmap in a bitmap", record(kSparse, joined(record(kSparse, bitmap), values)), 16, "way 3"},
      {"bits beyond the end", record(kSparse, joined(record(kRaw, {0x03, 0x08}), values)), 11, "beyond"},
      {"fewer values than bits", record(kSparse, joined(bitmap, record(kRaw, {7}))), 16, "stores 1"},
      {"more values than bits", record(kSparse, joined(bitmap, record(kRaw, {7, 8, 9}))), 16, "stores 3"},
      {"bytes behind the values", record(kSparse, joined(joined(bitmap, values), {0})), 16, "behind its end"},
  };
  for (const auto& attack : attacks) {
    EncodedReader reader(attack.bytes, "part");
    Bytes scratch(attack.plain_bytes);
    const Result<ByteSpan> plain = read_record(reader, attack.plain_bytes, scratch);
    ASSERT_FALSE(plain.ok()) << attack.name;
    EXPECT_EQ(plain.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(plain.error().message.find(attack.reason), std::string::npos)
        << attack.name << ": " << plain.error().message;
  }
  const Bytes good = record(kSparse, joined(bitmap, values));
  EncodedReader reader(good, "part");
  Bytes scratch(16);
  const Result<ByteSpan> plain = read_record(reader, 16, scratch);
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ((*plain)[0], 7);
  EXPECT_EQ((*plain)[1], 8);
  EXPECT_EQ((*plain)[2], 0);
}

TEST(ByteRecord, OfALiteralThatIsText) {
  Bytes text;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    text.insert(text.end(), line.begin(), line.end());
  }
  for (const Bytes& plain : {text, Bytes(), Bytes(50, 'x'), noise(100, 1)}) {
    Bytes out;
    ASSERT_TRUE(append_record(plain, out).ok());
    EXPECT_LE(out.size(), plain.size() + kRecordHeadBytes);
    EncodedReader reader(out, "part");
    Bytes scratch(plain.size());
    const Result<ByteSpan> back = read_record(reader, plain.size(), scratch);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(Bytes(back->begin(), back->end()), plain);
  }
}

}  // namespace
}  // namespace pannier
