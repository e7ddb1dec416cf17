#include "base/sha256_pair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace pannier {
namespace {

using Update = void (*)(Sha256&, Sha256&, ByteSpan);

// Every way there is on this machine.
std::vector<Update> ways() {
  std::vector<Update> all = {&update_pair, &sha256_pair_parts::update_one_by_one};
  if (sha256_pair_parts::has_instructions()) all.push_back(&sha256_pair_parts::update_by_instructions);
  return all;
}

Bytes numbered(size_t bytes) {
  Bytes out(bytes);
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(i * 131 + (i >> 7));
  return out;
}

Digest digest_of(ByteSpan before, ByteSpan bytes, ByteSpan after) {
  Sha256 hash;
  for (const ByteSpan part : {before, bytes, after}) hash.update(part);
  return hash.finish();
}

// Each digest has other bytes before; `first_bytes` and `second_bytes` of them.
void expect_same(Update update, size_t first_bytes, size_t second_bytes, ByteSpan bytes) {
  const Bytes before_first(first_bytes, 1);
  const Bytes before_second(second_bytes, 2);
  Sha256 first;
  Sha256 second;
  first.update(before_first);
  second.update(before_second);
  update(first, second, bytes);
  // Something after, so that a wrong count or a wrong rest shows.
  const Bytes after = {3, 4, 5};
  first.update(after);
  second.update(after);
  EXPECT_EQ(first.finish(), digest_of(before_first, bytes, after)) << first_bytes << " " << bytes.size();
  EXPECT_EQ(second.finish(), digest_of(before_second, bytes, after)) << second_bytes << " " << bytes.size();
}

TEST(Sha256Pair, EveryLengthAndFillGivesWhatTwoDigestsGive) {
  const Bytes bytes = numbered(400);
  for (const Update update : ways()) {
    for (size_t fill = 0; fill < 64; ++fill) {
      for (size_t length = 0; length <= 200; ++length) {
        expect_same(update, fill, fill + 64 * 3, ByteSpan(bytes).subspan(fill % 16, length));
      }
    }
  }
}

TEST(Sha256Pair, DifferentFillsAreRightToo) {
  const Bytes bytes = numbered(1000);
  for (const Update update : ways()) {
    for (size_t fill = 0; fill < 64; ++fill) expect_same(update, fill, 17, bytes);
  }
}

TEST(Sha256Pair, ManyPiecesGiveWhatOneGives) {
  const Bytes bytes = numbered(300'000);
  for (const Update update : ways()) {
    Sha256 first;
    Sha256 second;
    second.update(Bytes(128, 9));
    size_t at = 0;
    for (size_t piece = 1; at < bytes.size(); piece = piece * 5 % 40'961) {
      const size_t count = std::min(piece, bytes.size() - at);
      update(first, second, ByteSpan(bytes).subspan(at, count));
      at += count;
    }
    EXPECT_EQ(first.finish(), sha256(bytes));
    EXPECT_EQ(second.finish(), digest_of(Bytes(128, 9), bytes, {}));
  }
}

// The length in bits carries from one half of the counter into the other at 512 MiB.
TEST(Sha256Pair, CountsBeyondThirtyTwoBits) {
  const Bytes piece = numbered(32 << 20);
  Sha256 first;
  Sha256 second;
  Sha256 expected;
  for (int i = 0; i < 17; ++i) {
    update_pair(first, second, piece);
    expected.update(piece);
  }
  const Digest digest = expected.finish();
  EXPECT_EQ(first.finish(), digest);
  EXPECT_EQ(second.finish(), digest);
}

}  // namespace
}  // namespace pannier
