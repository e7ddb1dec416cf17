// Frames there and back, on every thread alike; and frames that lie.
#include "format/entropy_coder.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace pannier {
namespace {

// Like the exponents of weights: a few values, none of them in a row for long.
Bytes skewed(uint64_t bytes) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(120, 2);
  Bytes out(bytes);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(normal(random));
  return out;
}

Bytes frame_of(const Bytes& plain, Effort effort) {
  Bytes frame;
  const Result<bool> fits = append_frame(plain, effort, UINT64_MAX, frame);
  EXPECT_TRUE(fits.ok() && *fits);
  return frame;
}

std::string refusal(const Bytes& frame, uint64_t plain_bytes) {
  Bytes plain(plain_bytes);
  const Status status = decode_frame(frame, plain, "part");
  if (status.ok()) return "";
  EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
  return status.error().message;
}

TEST(EntropyCoder, BothEffortsComeBack) {
  for (const Effort effort : {Effort::kHuffman, Effort::kMatches}) {
    for (const uint64_t size : {1, 100, 131'072, 131'073, 1'000'000}) {
      const Bytes plain = skewed(size);
      const Bytes frame = frame_of(plain, effort);
      Bytes back(size);
      ASSERT_TRUE(decode_frame(frame, back, "part").ok());
      EXPECT_EQ(back, plain);
    }
  }
}

TEST(EntropyCoder, HuffmanReachesTheEntropy) {
  const Bytes plain = skewed(1 << 17);  // 3.05 bits a byte
  EXPECT_LT(frame_of(plain, Effort::kHuffman).size(), plain.size() * 40 / 100);
}

TEST(EntropyCoder, WhatIsTooLongIsLeftOut) {
  const Bytes plain = skewed(10'000);
  Bytes out = {1, 2, 3};
  const Result<bool> fits = append_frame(plain, Effort::kHuffman, 100, out);
  ASSERT_TRUE(fits.ok());
  EXPECT_FALSE(*fits);
  EXPECT_EQ(out, Bytes({1, 2, 3}));
}

TEST(EntropyCoder, TheSameBytesOnEveryThreadAndAfterOtherWork) {
  const Bytes plain = skewed(200'000);
  const Bytes first = frame_of(plain, Effort::kMatches);
  frame_of(Bytes(1'000'000, 'a'), Effort::kMatches);
  frame_of(skewed(77), Effort::kMatches);
  EXPECT_EQ(frame_of(plain, Effort::kMatches), first);
  Bytes elsewhere;
  std::thread other([&] { elsewhere = frame_of(plain, Effort::kMatches); });
  other.join();
  EXPECT_EQ(elsewhere, first);
}

TEST(EntropyCoder, FramesThatLieAreRefused) {
  const Bytes plain = skewed(5000);
  const Bytes frame = frame_of(plain, Effort::kHuffman);
  EXPECT_NE(refusal(frame, 4999), "");
  EXPECT_NE(refusal(frame, 5001), "");
  EXPECT_NE(refusal({}, 10), "");
  Bytes cut(frame.begin(), frame.end() - 1);
  EXPECT_NE(refusal(cut, 5000), "");
  Bytes longer = frame;
  longer.push_back(0);
  EXPECT_NE(refusal(longer, 5000).find("behind their end"), std::string::npos);
}

// The library reads frames one behind the other, and skips those that hold none: here that is another file.
TEST(EntropyCoder, OneFrameAndNothingElse) {
  const Bytes half = skewed(2500);
  Bytes two = frame_of(half, Effort::kHuffman);
  const Bytes again = two;
  two.insert(two.end(), again.begin(), again.end());
  EXPECT_NE(refusal(two, 5000), "");
  Bytes skippable = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
  EXPECT_NE(refusal(skippable, 1), "");
  skippable.insert(skippable.end(), again.begin(), again.end());
  EXPECT_NE(refusal(skippable, 2500), "");
}

TEST(EntropyCoder, EveryByteMayBeDamaged) {
  const Bytes plain = skewed(3000);
  const Bytes frame = frame_of(plain, Effort::kMatches);
  for (uint64_t at = 0; at < frame.size(); ++at) {
    Bytes damaged = frame;
    damaged[at] ^= 0x41;
    Bytes back(plain.size());
    (void)decode_frame(damaged, back, "part");  // refused or other bytes: never more than `back` holds
  }
}

}  // namespace
}  // namespace pannier
