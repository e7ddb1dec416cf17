#include "format/volume.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

using limits::kGiB;
using limits::kKiB;

VolumeHeader sample() {
  VolumeHeader header;
  header.set.identity = sha256("statement");
  header.set.name = "models";
  header.set.bundle_bytes = 1'000'000;
  header.set.volume_bytes = 40 * 4096;
  header.set.block_bytes = 4096;
  header.set.parity = {34, 40 * 4096, 1, 1};
  header.number = 2;
  header.crc = 0x0012abcd;
  return header;
}

void expect_same(const VolumeHeader& header) {
  const std::string written = write_volume_header(header);
  ASSERT_EQ(written.size(), kVolumeHeaderBytes);
  const auto parsed = parse_volume_header(as_bytes(written), "file");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->set, header.set);
  EXPECT_EQ(parsed->number, header.number);
  EXPECT_EQ(parsed->crc, header.crc);
  EXPECT_EQ(parsed->is_parity, header.is_parity);
}

// With its digest set right, so that the value itself is what is refused.
std::string with(const std::string& from, const std::string& to) {
  std::string written = write_volume_header(sample());
  const size_t at = written.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  const size_t end = written.find('\0');
  std::string text = written.substr(0, end).replace(at, from.size(), to);
  text.resize(kVolumeHeaderBytes - 32, '\0');
  const Digest digest = sha256(text);
  return text.append(digest.bytes.begin(), digest.bytes.end());
}

TEST(Volume, HeadersReadBackAsTheyWereWritten) {
  VolumeHeader header = sample();
  expect_same(header);
  header.set.parity = {};
  expect_same(header);
  header = sample();
  header.is_parity = true;
  header.crc = 0;
  expect_same(header);
  header.set.volume_bytes = 0;
  header.number = 0;
  expect_same(header);
}

TEST(Volume, TheHeaderIsAsThePageSays) {
  const std::string written = write_volume_header(sample());
  EXPECT_EQ(
      written.substr(0, written.find('\0')),
      "PANNIER-VOLUME1\n{\"version\":1,\"role\":\"volume\",\"identity\":\"" + sha256("statement").oci() +
          "\",\"name\":\"models\",\"number\":3,\"volumes\":7,\"bundle_bytes\":1000000,\"volume_bytes\":"
          "163840,"
          "\"block_bytes\":4096,\"parity\":{\"percent\":34,\"shard_bytes\":163840,\"groups\":1,"
          "\"rows_per_file\":1,\"files\":3},\"offset\":327680,\"bytes\":163840,\"crc32c\":\"0012abcd\"}");
}

TEST(Volume, EveryFlippedBitIsFound) {
  const std::string written = write_volume_header(sample());
  for (size_t bit = 0; bit < 8 * written.size(); ++bit) {
    std::string flipped = written;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(parse_volume_header(as_bytes(flipped), "file").ok()) << "bit " << bit;
  }
  EXPECT_FALSE(parse_volume_header(as_bytes(written).first(4000), "file").ok());
}

TEST(Volume, NumbersThatCannotBeAreRefused) {
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"number\":3", "\"number\":0"},
      {"\"number\":3", "\"number\":8"},
      {"\"volumes\":7", "\"volumes\":8"},
      {"\"bundle_bytes\":1000000", "\"bundle_bytes\":0"},
      {"\"bundle_bytes\":1000000", "\"bundle_bytes\":9007199254740993"},
      {"\"volume_bytes\":163840", "\"volume_bytes\":163841"},
      {"\"volume_bytes\":163840", "\"volume_bytes\":512"},
      {"\"block_bytes\":4096", "\"block_bytes\":0"},
      {"\"block_bytes\":4096", "\"block_bytes\":4095"},
      {"\"block_bytes\":4096", "\"block_bytes\":1073741824"},
      {"\"percent\":34", "\"percent\":0"},
      {"\"percent\":34", "\"percent\":101"},
      {"\"shard_bytes\":163840", "\"shard_bytes\":0"},
      {"\"shard_bytes\":163840", "\"shard_bytes\":512"},
      {"\"shard_bytes\":163840", "\"shard_bytes\":4096"},
      {"\"groups\":1", "\"groups\":0"},
      {"\"groups\":1", "\"groups\":8"},
      {"\"rows_per_file\":1", "\"rows_per_file\":0"},
      {"\"files\":3", "\"files\":4"},
      {"\"offset\":327680", "\"offset\":0"},
      {"\"bytes\":163840", "\"bytes\":1"},
      {"\"crc32c\":\"0012abcd\"", "\"crc32c\":\"12ABCD\""},
      {"\"name\":\"models\"", "\"name\":\"a/b\""},
      {"\"name\":\"models\"", "\"name\":\"a:b\""},
      {"\"name\":\"models\"", "\"name\":\"\""},
      {"\"role\":\"volume\"", "\"role\":\"other\""},
      {"\"identity\":\"sha256:", "\"identity\":\"sha1:"},
      {"{\"version\":1", "{ \"version\":1"},
      {"\"crc32c\"", "\"more\":1,\"crc32c\""},
  };
  for (const auto& [from, to] : changes) {
    const auto parsed = parse_volume_header(as_bytes(with(from, to)), "file");
    EXPECT_FALSE(parsed.ok()) << from << " -> " << to;
  }
  const auto newer = parse_volume_header(as_bytes(with("\"version\":1", "\"version\":2")), "file");
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().kind, ErrorKind::kUnsupported);
}

// Group sizes never go beyond what GF(256) has, and k is the percentage rounded up.
TEST(Volume, EveryGeometryFits) {
  for (const uint32_t percent : {1U, 2U, 5U, 10U, 25U, 50U, 99U, 100U}) {
    for (const uint64_t volumes : {1U, 2U, 3U, 10U, 100U, 127U, 128U, 200U, 254U, 255U, 600U, 999U}) {
      VolumeSetShape set;
      set.block_bytes = 4096;
      set.volume_bytes = 16 * 4096;
      set.bundle_bytes = volumes * set.volume_bytes - 5;
      set.parity = choose_parity_shape(set.bundle_bytes, set.volume_bytes, set.block_bytes, percent, 0);
      uint64_t data = 0;
      uint32_t rows = 0;
      for (uint32_t group = 0; group < set.parity.groups; ++group) {
        const uint32_t n = set.data_shards(group);
        ASSERT_LE(n + set.parity_shards(group), kShardsPerGroupMax) << percent << "% of " << volumes;
        ASSERT_EQ(set.parity_shards(group), (n * percent + 99) / 100);
        data += n;
        rows += set.parity_shards(group);
      }
      ASSERT_EQ(data, set.shard_count());
      uint32_t placed = 0;
      for (uint32_t file = 0; file < set.parity_file_count(); ++file) placed += set.parity_place(file).rows;
      ASSERT_EQ(placed, rows);
    }
  }
}

TEST(Volume, NoFileIsLargerThanItsMedium) {
  for (const uint64_t file_bytes :
       {4 * kGiB - 1, uint64_t{4'700'372'992}, uint64_t{25'025'314'816}, 100 * kKiB}) {
    for (const uint32_t percent : {0U, 1U, 10U, 100U}) {
      const uint64_t bundle = 37 * file_bytes + 12'345;
      VolumeSetShape set;
      set.bundle_bytes = bundle;
      set.block_bytes = choose_block_bytes(bundle, file_bytes);
      set.volume_bytes = choose_volume_bytes(bundle, file_bytes, set.block_bytes, percent);
      ASSERT_GT(set.volume_bytes, 0U);
      EXPECT_LE(set.volume_bytes + kVolumeHeaderBytes, file_bytes);
      if (percent == 0) continue;
      set.parity = choose_parity_shape(bundle, set.volume_bytes, set.block_bytes, percent, file_bytes);
      EXPECT_LE(set.parity_file_bytes(0), file_bytes) << percent;
    }
  }
}

TEST(Volume, NamesAreFoundInFileNames) {
  EXPECT_EQ(volume_set_name("a.pannier"), "a");
  EXPECT_EQ(volume_set_name("a.b.v001.pannier"), "a.b");
  EXPECT_EQ(volume_set_name("a.p12.pannier"), "a");
  EXPECT_EQ(volume_set_name("a.v1.pannier"), "a.v1");
  EXPECT_EQ(volume_set_name("a.vxy.pannier"), "a.vxy");
  EXPECT_EQ(volume_set_name("a"), "a");
  VolumeSetShape set = sample().set;
  EXPECT_EQ(set.volume_file(2), "models.v003.pannier");
  EXPECT_EQ(set.parity_file(9), "models.p10.pannier");
}

}  // namespace
}  // namespace pannier
