// Stores as each version wrote them (tests/goldens/store/) stay readable and can be written to; what is
// written today for the same models is the same, byte for byte; damaged ones (tests/hostile/store/) are
// refused with the reason.
//
// A new version gets a folder of its own: run this test once with PANNIER_WRITE_GOLDENS=1 while it is
// missing.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/fs_memory.h"
#include "carry/store/store.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::put_models;
using store_testing::read_all;
using Models = std::map<std::string, Files>;
using Tree = std::map<std::string, std::string>;  // path below the root -> contents

const std::string kGolden = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/store/v1";
const std::string kHostile = std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/store";

// Two generations: shared, empty and executable files, folders, a name in another script, a replacement.
const Models kFirst = {{"org/tiny@v1",
                        {{"README.md", "# Tiny\n"},
                         {"bin/run.sh", "#!/bin/sh\necho tiny\n"},
                         {"config.json", "{\"model_type\":\"tiny\"}\n"},
                         {"model.safetensors", std::string("\x02\0\0\0\0\0\0\0{}", 10)}}},
                       {"replaced", {{"weights.bin", "the first\n"}}}};
const Models kSecond = {
    {"plain", {{"config.json", "{\"model_type\":\"tiny\"}\n"}, {"empty", ""}, {"модель/веса.bin", "ж\n"}}},
    {"replaced", {{"weights.bin", "the second\n"}}}};
const Models kBoth = {{"org/tiny@v1", kFirst.at("org/tiny@v1")},
                      {"plain", kSecond.at("plain")},
                      {"replaced", kSecond.at("replaced")}};

void collect(FileSystem& fs, const std::string& root, const std::string& below, Tree& tree) {
  const auto entries = fs.list(root + below);
  ASSERT_TRUE(entries.ok()) << entries.error().to_string();
  for (const FolderEntry& entry : *entries) {
    const std::string path = below + "/" + entry.name;
    if (path == "/pannier/staging") continue;  // not part of the state
    if (entry.kind == FileKind::kFolder) {
      collect(fs, root, path, tree);
    } else {
      tree[path] = *read_small_file(fs, root + path, 1 << 20);
    }
  }
}

Tree tree_of(FileSystem& fs, const std::string& root) {
  Tree tree;
  collect(fs, root, "", tree);
  return tree;
}

Tree tree_written_today() {
  MemoryFileSystem memory;
  EXPECT_EQ(*put_models(memory, "/store", kFirst), 1u);
  EXPECT_EQ(*put_models(memory, "/store", kSecond), 2u);
  return tree_of(memory, "/store");
}

void write_tree(FileSystem& fs, const std::string& root, const Tree& tree) {
  for (const auto& [path, contents] : tree) {
    ASSERT_TRUE(fs.make_folders(parent_folder(root + path)).ok());
    ASSERT_TRUE(write_file_atomic(fs, root + path, contents).ok());
  }
}

TEST(StoreGolden, TodaysStoreIsTheSameToTheByte) {
  const Tree today = tree_written_today();
  if (std::getenv("PANNIER_WRITE_GOLDENS") != nullptr && !real_file_system().stat(kGolden).ok()) {
    write_tree(real_file_system(), kGolden, today);
  }
  EXPECT_EQ(tree_of(real_file_system(), kGolden), today);
}

TEST(StoreGolden, Version1IsRead) {
  const auto all = read_all(real_file_system(), kGolden);
  ASSERT_TRUE(all.ok()) << all.error().to_string();
  EXPECT_EQ(*all, kBoth);
  const auto store = Store::open(real_file_system(), kGolden);
  EXPECT_EQ((*store)->references()->generation, 2u);
  const auto model = (*store)->manifest(*(*store)->find("org/tiny@v1"));
  ASSERT_TRUE(model.ok());
  for (const ModelFile& file : model->files)
    EXPECT_EQ(file.executable, file.path == "bin/run.sh") << file.path;
}

TEST(StoreGolden, Version1CanBeWrittenTo) {
  MemoryFileSystem memory;
  write_tree(memory, "/store", tree_of(real_file_system(), kGolden));
  ASSERT_EQ(*put_models(memory, "/store", {{"next", {{"config.json", "{}"}}}}), 3u);
  EXPECT_EQ(read_all(memory, "/store")->size(), 4u);
}

struct Damage {
  const char* name;  // tests/hostile/store/<name>
  ErrorKind kind;
  const char* message;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

const std::vector<Damage> kDamages = {
    {"format_missing", ErrorKind::kNotFound, "there is no store at"},
    {"format_newer", ErrorKind::kUnsupported, "format version 2"},
    {"format_of_something_else", ErrorKind::kCorrupt, "not a pannier store"},
    {"generation_truncated", ErrorKind::kCorrupt, "0000000002.json"},
    // An old list under a new number: models that were removed would be back.
    {"generation_replayed", ErrorKind::kCorrupt, "it says that it is generation 1"},
    // A list that leads out of the store, to whatever the user may read.
    {"generation_is_a_link", ErrorKind::kIo, "0000000001.json"},
    {"generation_is_a_folder", ErrorKind::kIo, "0000000001.json"},
    {"manifest_changed", ErrorKind::kCorrupt, "does not match its digest"},
    {"manifest_missing", ErrorKind::kIncomplete, "is missing"},
    {"manifest_is_a_link", ErrorKind::kIo, "cannot open"},
    // The digest is right, so whoever made it meant it.
    {"manifest_leaves_the_folder", ErrorKind::kCorrupt, "\"..\" component"},
    {"manifest_of_another_kind", ErrorKind::kUnsupported, "an artifact of type"},
};

class HostileStore : public ::testing::TestWithParam<Damage> {};

TEST_P(HostileStore, IsRefusedWithTheReason) {
  const auto all = read_all(real_file_system(), kHostile + "/" + GetParam().name);
  ASSERT_FALSE(all.ok());
  EXPECT_EQ(all.error().kind, GetParam().kind) << all.error().to_string();
  EXPECT_NE(all.error().message.find(GetParam().message), std::string::npos) << all.error().to_string();
}

INSTANTIATE_TEST_SUITE_P(Every, HostileStore, ::testing::ValuesIn(kDamages),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HostileStore, EverySampleHasARow) {
  const auto entries = real_file_system().list(kHostile);
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->size(), kDamages.size());
}

}  // namespace
}  // namespace pannier
