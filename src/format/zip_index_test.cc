// Tests of the zip index on well-formed archives; attacks are in pytorch_hostile_test.cc.
#include "format/zip_index.h"

#include <gtest/gtest.h>

#include "base/fs.h"
#include "base/limits.h"

namespace pannier {
namespace {

using namespace std::string_literals;

std::string golden(const std::string& name) {
  return *read_small_file(real_file_system(),
                          std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/pytorch/" + name, limits::kMiB);
}

TEST(ZipIndexTest, ChecksumIsTheOneZipsUse) {
  EXPECT_EQ(zip_crc32(as_bytes("123456789")), 0xCBF43926u);
  EXPECT_EQ(zip_crc32({}), 0u);
}

TEST(ZipIndexTest, EntriesComeInTheOrderOfTheirBytes) {
  for (const char* name : {"block_zip.bin", "by_hand/zip_good.bin", "by_hand/zip64.bin"}) {
    const std::string file = golden(name);
    const auto index = parse_zip(as_bytes(file), name);
    ASSERT_TRUE(index.ok()) << index.error().message;
    uint64_t end = 0;
    for (const ZipEntry& entry : index->entries) {
      EXPECT_GE(entry.header, end);
      EXPECT_GT(entry.begin, entry.header);
      end = entry.end;
      EXPECT_EQ(zip_crc32(as_bytes(file).subspan(entry.begin, entry.end - entry.begin)), entry.crc32)
          << entry.name;
    }
    EXPECT_TRUE(index->entries.front().name.ends_with("/data.pkl"));
  }
}

TEST(ZipIndexTest, AnArchiveOfNothingHasNoEntries) {
  const std::string empty = "PK\5\6"s + std::string(18, '\0');
  const auto index = parse_zip(as_bytes(empty), "w");
  ASSERT_TRUE(index.ok()) << index.error().message;
  EXPECT_TRUE(index->entries.empty());
  EXPECT_FALSE(looks_like_zip(as_bytes(empty)));
}

// Every header says its facts for others to agree with: a change of any one byte outside the entries'
// contents, times and versions is noticed.
TEST(ZipIndexTest, EveryByteOfTheStructureCounts) {
  const std::string good = golden("by_hand/zip_good.bin");
  const auto index = parse_zip(as_bytes(good), "w");
  ASSERT_TRUE(index.ok());
  size_t unnoticed = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    bool is_content = false;
    for (const ZipEntry& entry : index->entries) is_content |= i >= entry.begin && i < entry.end;
    if (is_content) continue;
    std::string file = good;
    file[i] = static_cast<char>(file[i] ^ 0x5A);
    if (parse_zip(as_bytes(file), "w").ok()) ++unnoticed;
  }
  // For each entry: version, time and date in the local header (6 bytes); versions, time, date, internal
  // and external attributes in the central one (14 bytes).
  EXPECT_EQ(unnoticed, index->entries.size() * 20);
}

}  // namespace
}  // namespace pannier
