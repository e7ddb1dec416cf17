// Changed files come back from their base and little else; and lists of copies that lie are refused.
#include "format/chunk_delta.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "format/byte_record.h"
#include "format/part_test_sample.h"

namespace pannier {
namespace {

Bytes text(uint64_t bytes) {
  std::mt19937 random(9);
  Bytes out;
  while (out.size() < bytes) {
    const std::string line = "The model number " + std::to_string(random()) + " was trained on sentences.\n";
    out.insert(out.end(), line.begin(), line.end());
  }
  out.resize(bytes);
  return out;
}

// Counts what is read, and refuses what is outside.
struct Base {
  Bytes bytes;
  mutable uint64_t read = 0;
  mutable uint64_t calls = 0;

  BaseReader reader() const {
    return [this](uint64_t offset, MutableByteSpan out) -> Status {
      ++calls;
      read += out.size();
      if (offset > bytes.size() || out.size() > bytes.size() - offset) {
        return Error{ErrorKind::kCorrupt, "outside of the base", ""};
      }
      std::memcpy(out.data(), bytes.data() + offset, out.size());
      return {};
    };
  }
  ChunkIndex index() const {
    ChunkIndex index(bytes.size());
    index.add(bytes);
    index.finish();
    return index;
  }
};

EncodedPart encoded(const Bytes& raw, const Base& base) {
  Result<EncodedPart> part = encode_chunks(raw, base.index(), base.reader());
  EXPECT_TRUE(part.ok());
  Bytes back(raw.size(), 0x5a);
  const Status status = decode_part(part->encoding, part->bytes, base.reader(), back, "part");
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  EXPECT_EQ(back, raw);
  return std::move(part).value();
}

TEST(ChunkDelta, AChangedReadmeCostsWhatChanged) {
  const Base base{text(10'000)};
  Bytes changed = base.bytes;
  const std::string news = "This sentence is new.\n";
  changed.insert(changed.begin() + 5000, news.begin(), news.end());
  const EncodedPart part = encoded(changed, base);
  EXPECT_EQ(part.encoding, PartEncoding::kChunksDelta);
  EXPECT_LT(part.bytes.size(), 120u);
}

TEST(ChunkDelta, TheSameFileIsOneCopy) {
  const Base base{noise(3'000'000, 1)};
  EXPECT_LT(encoded(base.bytes, base).bytes.size(), 50u);
}

TEST(ChunkDelta, MovedPiecesAreFound) {
  const Base base{noise(1'000'000, 2)};
  Bytes moved(base.bytes.begin() + 600'001, base.bytes.end());
  moved.insert(moved.end(), base.bytes.begin(), base.bytes.begin() + 600'001);
  EXPECT_LT(encoded(moved, base).bytes.size(), 100u);
}

TEST(ChunkDelta, ManySmallEdits) {
  const Base base{text(700'000)};
  Bytes changed = base.bytes;
  std::mt19937 random(4);
  for (int i = 0; i < 50; ++i) changed[random() % changed.size()] = '#';
  EXPECT_LT(encoded(changed, base).bytes.size(), 1500u);
}

TEST(ChunkDelta, NewBytesAreCompressedAndNoiseIsStored) {
  const Base base{noise(100'000, 5)};
  const EncodedPart part = encoded(text(100'000), base);
  EXPECT_EQ(part.encoding, PartEncoding::kChunksDelta);
  EXPECT_LT(part.bytes.size(), 50'000u);
  EXPECT_EQ(encoded(noise(100'000, 6), base).encoding, PartEncoding::kStored);
}

TEST(ChunkDelta, TinyAndEmptyFiles) {
  const Base base{text(5000)};
  for (const uint64_t bytes : {0, 1, 31, 32, 63, 64, 65, 200}) {
    encoded(Bytes(base.bytes.begin(), base.bytes.begin() + static_cast<ptrdiff_t>(bytes)), base);
  }
  encoded(text(300), Base{});
}

TEST(ChunkDelta, RandomEditsComeBack) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    const Base base{random() % 2 == 0 ? text(random() % 20'000) : noise(random() % 20'000, random())};
    Bytes changed = base.bytes;
    for (uint32_t edit = random() % 8; edit > 0; --edit) {
      const uint64_t at = changed.empty() ? 0 : random() % changed.size();
      const auto place = changed.begin() + static_cast<ptrdiff_t>(at);
      if (random() % 2 == 0) {
        const Bytes fresh = noise(random() % 300, random());
        changed.insert(place, fresh.begin(), fresh.end());
      } else {
        changed.erase(
            place, place + static_cast<ptrdiff_t>(std::min<uint64_t>(random() % 300, changed.size() - at)));
      }
    }
    encoded(changed, base);
  }
}

// Errors of the base's reader are told, not taken for a difference.
TEST(ChunkDelta, ABaseThatCannotBeReadIsAnError) {
  const Base base{text(10'000)};
  const BaseReader fails = [](uint64_t, MutableByteSpan) -> Status {
    return Error{ErrorKind::kIo, "gone", ""};
  };
  const auto part = encode_chunks(base.bytes, base.index(), fails);
  ASSERT_FALSE(part.ok());
  EXPECT_EQ(part.error().kind, ErrorKind::kIo);
}

// ---- Lists that lie ----

struct Step {
  uint32_t literal_bytes;
  uint32_t copy_bytes;
  uint64_t base_offset;
};

Bytes part_of(const std::vector<Step>& steps, const Bytes& literals, uint32_t count) {
  Bytes out(4);
  std::memcpy(out.data(), &count, 4);
  Bytes list(steps.size() * 16);
  for (size_t i = 0; i < steps.size(); ++i) std::memcpy(list.data() + i * 16, &steps[i], 16);
  EXPECT_TRUE(append_record(list, out).ok());
  EXPECT_TRUE(append_record(literals, out).ok());
  return out;
}

struct Attack {
  const char* name;
  std::vector<Step> steps;
  uint64_t literal_bytes;
  const char* reason;
};

TEST(ChunkDelta, ListsThatLieAreRefused) {
  const Base base{text(5000)};
  const Attack attacks[] = {
      {"more than the part", {{0, 900, 0}, {0, 200, 0}}, 0, "more bytes than the part"},
      {"wraps around", {{0xffffffff, 0xffffffff, 0}}, 0, "more bytes than the part"},
      {"less than the part", {{0, 900, 0}}, 0, "leave 100 bytes"},
      {"copies of a few bytes, to make a reader read for ever",
       {{0, 31, 0}, {969, 0, 0}},
       969,
       "copies 31 bytes"},
      {"a copy of nothing in the middle", {{500, 0, 0}, {500, 0, 0}}, 1000, "copies 0 bytes"},
      {"an empty last step", {{0, 1000, 0}, {0, 0, 0}}, 0, "copies 0 bytes"},
      {"a place for no copy", {{1000, 0, 7}}, 1000, "copies 0 bytes"},
      {"beyond the base", {{0, 1000, 4001}}, 0, "outside of the base"},
      {"beyond any blob", {{0, 1000, UINT64_MAX - 10}}, 0, "beyond any blob"},
  };
  for (const Attack& attack : attacks) {
    const Bytes part =
        part_of(attack.steps, Bytes(attack.literal_bytes, 'x'), static_cast<uint32_t>(attack.steps.size()));
    Bytes raw(1000);
    const Status status = decode_part(PartEncoding::kChunksDelta, part, base.reader(), raw, "part");
    ASSERT_FALSE(status.ok()) << attack.name;
    EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt) << attack.name;
    EXPECT_NE(status.error().message.find(attack.reason), std::string::npos)
        << attack.name << ": " << status.error().message;
  }
}

TEST(ChunkDelta, CountsThatLieTakeNoMemory) {
  const Base base{text(5000)};
  for (const uint32_t count : {0u, 33u, 0x10000000u, 0xffffffffu}) {
    Bytes raw(1000);
    const Status status = decode_part(PartEncoding::kChunksDelta, part_of({{0, 1000, 0}}, {}, count),
                                      base.reader(), raw, "part");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(base.calls, 0u);
  }
}

TEST(ChunkDelta, NothingIsReadBeforeTheListIsChecked) {
  const Base base{text(5000)};
  Bytes raw(1000);
  Bytes part = part_of({{0, 900, 0}, {100, 0, 0}}, noise(100, 8), 2);
  part.push_back(0);
  EXPECT_FALSE(decode_part(PartEncoding::kChunksDelta, part, base.reader(), raw, "part").ok());
  EXPECT_FALSE(decode_part(PartEncoding::kChunksDelta, part_of({{0, 900, 0}, {100, 0, 0}}, noise(99, 8), 2),
                           base.reader(), raw, "part")
                   .ok());
  EXPECT_EQ(base.calls, 0u);
}

}  // namespace
}  // namespace pannier
