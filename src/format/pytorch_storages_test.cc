// The storages of what torch wrote lie where the strict parser says, with the types that it gives them.
#include "format/pytorch_storages.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fs.h"
#include "base/limits.h"
#include "format/zip_index.h"

namespace pannier {
namespace {

Bytes golden(const std::string& name) {
  auto text = read_small_file(
      real_file_system(), std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/pytorch/" + name, limits::kMiB);
  EXPECT_TRUE(text.ok()) << name;
  return text.ok() ? Bytes(text->begin(), text->end()) : Bytes();
}

std::vector<PytorchStorage> storages_of(const Bytes& file) {
  auto storages = find_pytorch_storages(file.size(), [&](uint64_t offset, MutableByteSpan out) -> Status {
    if (offset > file.size() || out.size() > file.size() - offset) ADD_FAILURE() << "reads beyond the file";
    std::copy_n(file.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  });
  EXPECT_TRUE(storages.ok());
  return std::move(storages).value();
}

TEST(PytorchStorages, LieWhereTheStrictParserSays) {
  for (const char* name : {"every_dtype_zip.bin", "half_zip.bin", "block_zip.bin", "bfloat16_zip.bin"}) {
    const Bytes file = golden(name);
    const auto index = parse_zip(file, name);
    ASSERT_TRUE(index.ok());
    const std::vector<PytorchStorage> storages = storages_of(file);
    EXPECT_FALSE(storages.empty());
    for (const PytorchStorage& storage : storages) {
      const auto entry =
          std::find_if(index->entries.begin(), index->entries.end(),
                       [&](const ZipEntry& each) { return each.name.ends_with("/data/" + storage.key); });
      ASSERT_NE(entry, index->entries.end()) << name;
      EXPECT_EQ(storage.begin, entry->begin);
      EXPECT_EQ(storage.end, entry->end);
      EXPECT_TRUE(storage.dtype.has_value());
    }
  }
}

TEST(PytorchStorages, HaveTheirTypes) {
  for (const PytorchStorage& storage : storages_of(golden("bfloat16_zip.bin"))) {
    EXPECT_EQ(storage.dtype, TorchDtype::kBF16);
  }
}

TEST(PytorchStorages, NoneInOtherFiles) {
  EXPECT_TRUE(storages_of(golden("half_legacy.bin")).empty());
  EXPECT_TRUE(storages_of({}).empty());
  EXPECT_TRUE(storages_of(Bytes(1000, 'x')).empty());
}

// Whatever a byte of the directory becomes, nothing outside of the file is asked for.
TEST(PytorchStorages, EveryByteOfTheDirectoryMayLie) {
  const Bytes file = golden("half_zip.bin");
  for (uint64_t at = file.size() - std::min<uint64_t>(file.size(), 1500); at < file.size(); ++at) {
    for (const uint8_t value : {0x00, 0x7f, 0xff}) {
      Bytes damaged = file;
      damaged[at] = value;
      uint64_t end = 0;
      for (const PytorchStorage& storage : storages_of(damaged)) {
        EXPECT_LE(end, storage.begin);
        EXPECT_LT(storage.begin, storage.end);
        EXPECT_LE(storage.end, file.size());
        end = storage.end;
      }
    }
  }
}

}  // namespace
}  // namespace pannier
