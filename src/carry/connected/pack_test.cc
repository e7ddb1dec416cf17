// pack: the same bytes every time, nothing left out in silence, nothing half-written.
#include "carry/connected/pack.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

const std::string kGoldens = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/bundle";

PackOptions to(const std::string& output) {
  PackOptions options;
  options.bundle.output = output;
  options.bundle.plain = true;
  return options;
}

void write_model(FileSystem& fs, const std::string& folder) {
  write_file(fs, folder + "/vocab.txt", "a\nb\n");
  write_file(fs, folder + "/config.json", "{}");
  write_file(fs, folder + "/onnx/model.onnx", noise(5'000'000, 3));
  write_file(fs, folder + "/onnx/same.onnx", noise(5'000'000, 3));
  write_file(fs, folder + "/empty", "");
}

TEST(Pack, WritesABundleThatReadsBack) {
  MemoryFileSystem fs;
  write_model(fs, "m");
  uint64_t last_done = 0;
  uint64_t last_total = 0;
  PackOptions options = to("x.pannier");
  options.bundle.transfer.progress = [&](uint64_t done, uint64_t total) {
    EXPECT_GE(done, last_done);
    last_done = done;
    last_total = total;
  };
  const auto result = pack_sources(fs, {{"name", "m"}}, options);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(last_done, last_total);
  EXPECT_EQ(result->bundle.file_count, 5u);
  EXPECT_EQ(result->bundle.bytes, 10'000'006u);
  EXPECT_EQ(result->bundle.bundle_bytes, read_file(fs, "x.pannier").size());
  EXPECT_LT(result->bundle.bundle_bytes, 5'100'000u);  // equal files once
  const auto reader = BundleReader::open(fs, "x.pannier");
  ASSERT_TRUE(reader.ok()) << reader.error().to_string();
  EXPECT_EQ((*reader)->statement().payload_digest, result->bundle.payload_digest);
  EXPECT_EQ((*reader)->index().models[0].name, "name");
}

TEST(Pack, GivesTheGoldenBytesFromEveryFolder) {
  FileSystem& fs = real_file_system();
  const std::string folder = testing::TempDir() + unique_name("pack");
  // Another place, other times, files made in another order.
  std::filesystem::create_directories(folder + "/elsewhere");
  std::filesystem::copy(kGoldens + "/source", folder + "/elsewhere",
                        std::filesystem::copy_options::recursive);
  for (const std::string& source : {kGoldens + "/source", folder + "/elsewhere/"}) {
    const std::string output = folder + "/" + unique_name("x") + ".pannier";
    const auto result =
        pack_sources(fs, {{"team/other@v1.0", source + "/other"}, {"", source + "/sst2-tiny/"}}, to(output));
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_EQ(read_file(fs, output), read_file(fs, kGoldens + "/two_models.pannier"));
  }
  ASSERT_TRUE(fs.remove_tree(folder).ok());
}

TEST(Pack, TellsWhatItLeavesOut) {
  MemoryFileSystem fs;
  write_file(fs, "m/config.json", "{}");
  for (const char* path :
       {".git/HEAD", ".cache/huggingface/x.lock", "lib/__pycache__/a.pyc", "w.bin.incomplete", ".DS_Store"}) {
    write_file(fs, std::string("m/") + path, "x");
  }
  write_file(fs, "m/.gitattributes", "kept");
  write_file(fs, "m/.cache/own", "kept");
  const auto result = pack_sources(fs, {{"", "m"}}, to("x.pannier"));
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->bundle.file_count, 3u);
  std::vector<std::string> left_out;
  for (const LeftOut& item : result->left_out) left_out.push_back(item.path);
  EXPECT_EQ(left_out, (std::vector<std::string>{"m/.DS_Store", "m/.cache/huggingface", "m/.git",
                                                "m/lib/__pycache__", "m/w.bin.incomplete"}));
}

TEST(Pack, LeavesItsOwnOutputOut) {
  MemoryFileSystem fs;
  write_file(fs, "m/config.json", "{}");
  PackOptions options = to("m/x.pannier");
  options.bundle.overwrite = true;
  const auto first = pack_sources(fs, {{"", "m"}}, options);
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  const std::string bytes = read_file(fs, "m/x.pannier");
  const auto second = pack_sources(fs, {{"", "m"}}, options);
  ASSERT_TRUE(second.ok()) << second.error().to_string();
  ASSERT_EQ(second->left_out.size(), 1u);
  EXPECT_EQ(read_file(fs, "m/x.pannier"), bytes);
}

TEST(Pack, RefusesAndNamesWhatCannotBeCarried) {
  MemoryFileSystem fs;
  write_file(fs, "m/ok.json", "{}");
  write_file(fs, "m/OK.json", "{}");
  write_file(fs, "m/a:b", "");
  write_file(fs, "m/nul", "");
  const auto result = pack_sources(fs, {{"", "m"}}, to("x.pannier"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
  for (const char* name : {"m/a:b", "m/nul", "m/ok.json", "differ only in case", "3 of its entries"}) {
    EXPECT_NE(result.error().message.find(name), std::string::npos) << name << "\n" << result.error().message;
  }
}

TEST(Pack, RefusesEmptyFoldersFilesAndBadNames) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.make_folders("empty/inside").ok());
  write_file(fs, "m/config.json", "{}");
  const auto kind = [&](const std::vector<PackSource>& sources) {
    const auto result = pack_sources(fs, sources, to("x.pannier"));
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorKind::kInterrupted : result.error().kind;
  };
  EXPECT_EQ(kind({}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({{"a", "empty"}}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({{"a", "m/config.json"}}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({{"a", "nowhere"}}), ErrorKind::kNotFound);
  EXPECT_EQ(kind({{"../up", "m"}}), ErrorKind::kInvalid);
  EXPECT_EQ(kind({{"a", "m"}, {"a", "m"}}), ErrorKind::kInvalid);
  EXPECT_FALSE(fs.stat("x.pannier").ok());
}

TEST(Pack, OverwritesOnlyWhenAsked) {
  MemoryFileSystem fs;
  write_file(fs, "m/config.json", "{}");
  write_file(fs, "x.pannier", "precious");
  const auto refused = pack_sources(fs, {{"", "m"}}, to("x.pannier"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(read_file(fs, "x.pannier"), "precious");
  PackOptions options = to("x.pannier");
  options.bundle.overwrite = true;
  ASSERT_TRUE(pack_sources(fs, {{"", "m"}}, options).ok());
  EXPECT_NE(read_file(fs, "x.pannier"), "precious");
}

TEST(Pack, DryRunFindsTheSameAndWritesNothing) {
  MemoryFileSystem fs;
  write_model(fs, "m");
  PackOptions options = to("x.pannier");
  options.bundle.dry_run = true;
  const auto dry = pack_sources(fs, {{"", "m"}}, options);
  ASSERT_TRUE(dry.ok()) << dry.error().to_string();
  EXPECT_FALSE(fs.stat("x.pannier").ok());
  const auto real = pack_sources(fs, {{"", "m"}}, to("x.pannier"));
  ASSERT_TRUE(real.ok());
  EXPECT_EQ(dry->bundle.payload_digest, real->bundle.payload_digest);
  EXPECT_EQ(dry->bundle.bundle_bytes, real->bundle.bundle_bytes);
  EXPECT_EQ(dry->bundle.block_count, real->bundle.block_count);
}

TEST(Pack, ChecksTheSpaceBeforeItWrites) {
  MemoryFileSystem fs;
  write_model(fs, "m");
  fs.set_capacity_bytes(12'000'000);
  const auto result = pack_sources(fs, {{"", "m"}}, to("x.pannier"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kIo);
  EXPECT_NE(result.error().message.find("the bundle takes"), std::string::npos) << result.error().message;
}

// Between hashing and writing: the bundle must not hold bytes under the digest of others.
TEST(Pack, NoticesAFileThatChangesMeanwhile) {
  MemoryFileSystem fs;
  write_model(fs, "m");
  PackOptions options = to("x.pannier");
  bool changed = false;
  options.bundle.transfer.progress = [&](uint64_t done, uint64_t total) {
    if (changed || done < total / 2) return;
    changed = true;
    ASSERT_TRUE(fs.remove_file("m/config.json").ok());
    write_file(fs, "m/config.json", "[]");
  };
  const auto result = pack_sources(fs, {{"", "m"}}, options);
  ASSERT_TRUE(changed);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(result.error().message.find("m/config.json changed while it was packed"), std::string::npos);
  EXPECT_FALSE(fs.stat("x.pannier").ok());
}

TEST(Pack, StopsWhenAskedAtAnyBlock) {
  MemoryFileSystem fs;
  write_model(fs, "m");
  std::atomic<bool> cancel{false};
  PackOptions options = to("out/x.pannier");
  ASSERT_TRUE(fs.make_folders("out").ok());
  options.bundle.transfer.cancel = &cancel;
  options.bundle.transfer.progress = [&](uint64_t done, uint64_t total) { cancel = done > total * 3 / 4; };
  const auto result = pack_sources(fs, {{"", "m"}}, options);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInterrupted);
  EXPECT_TRUE(tree_of(fs, "out").empty());
}

// A disk that fails or fills up at any call: an error and no bundle, or a good one.
TEST(Pack, EveryFailingCallLeavesNoHalfBundle) {
  for (const FaultKind kind :
       {FaultKind::kIoError, FaultKind::kNoSpace, FaultKind::kShortWrite, FaultKind::kLateError}) {
    bool was_hit = true;
    for (uint64_t call = 1; was_hit; ++call) {
      MemoryFileSystem fs;
      write_file(fs, "m/config.json", "{}");
      write_file(fs, "m/vocab.txt", "a\n");
      ASSERT_TRUE(fs.make_folders("out").ok());
      FaultyFileSystem faulty(fs, {call, kind, false, {}});
      const auto result = pack_sources(faulty, {{"", "m"}}, to("out/x.pannier"));
      was_hit = faulty.was_hit();
      SCOPED_TRACE("call " + std::to_string(call));
      // A late error may hit the removal of what an earlier one left: only the bundle itself counts.
      const bool is_there = fs.stat("out/x.pannier").ok();
      if (result.ok()) {
        ASSERT_TRUE(is_there);
      }
      if (is_there) {
        ASSERT_TRUE(BundleReader::open(fs, "out/x.pannier").ok());
      }
      if (!is_there) {
        EXPECT_TRUE(tree_of(fs, "out").empty());
      }
    }
  }
}

class PackLinks : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + unique_name("pack-links");
    write_file(fs_, folder_ + "/m/config.json", "{}");
  }
  void TearDown() override { (void)fs_.remove_tree(folder_); }
  void link(const std::string& target, const std::string& path) {
    std::filesystem::create_directories(folder_ + "/" + parent_folder(path));
    std::filesystem::create_symlink(target, folder_ + "/" + path);
  }
  Result<PackResult> pack(const std::string& path) {
    return pack_sources(fs_, {{"m", folder_ + "/" + path}}, to(folder_ + "/x.pannier"));
  }
  FileSystem& fs_ = real_file_system();
  std::string folder_;
};

// A model folder from a stranger with "config.json -> ~/.ssh/id_rsa" must not carry the key away.
TEST_F(PackLinks, LinksOutOfTheFolderAreRefused) {
  write_file(fs_, folder_ + "/secret", "key");
  link("../secret", "m/tokenizer.json");
  const auto result = pack("m");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(result.error().message.find("m/tokenizer.json (a link out of the folder"), std::string::npos)
      << result.error().message;
}

TEST_F(PackLinks, LinksInsideTheFolderAreFollowed) {
  link("config.json", "m/same.json");
  const auto result = pack("m");
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->bundle.file_count, 2u);
}

TEST_F(PackLinks, AHuggingFaceCacheIsPackedFromItsBlobs) {
  write_file(fs_, folder_ + "/hub/models--a--b/blobs/0123", "{\"cached\":1}");
  link("../../blobs/0123", "hub/models--a--b/snapshots/abc/config.json");
  const auto result = pack("hub/models--a--b/snapshots/abc");
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  const auto reader = BundleReader::open(fs_, folder_ + "/x.pannier");
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->index().models[0].files[0].digest, sha256("{\"cached\":1}"));
}

TEST_F(PackLinks, LinksToFoldersDanglingLinksAndPipesAreRefused) {
  write_file(fs_, folder_ + "/m/sub/a", "x");
  link("sub", "m/folder_link");
  link("nowhere", "m/dangling");
  ASSERT_EQ(::mkfifo((folder_ + "/m/pipe").c_str(), 0600), 0);
  const auto result = pack("m");
  ASSERT_FALSE(result.ok());
  for (const char* text : {"folder_link (a link to a folder)", "dangling (a link that leads nowhere)",
                           "pipe (neither a file nor a folder"}) {
    EXPECT_NE(result.error().message.find(text), std::string::npos) << result.error().message;
  }
}

TEST(DefaultRefName, IsTheLastComponent) {
  EXPECT_EQ(*default_ref_name("models/sst2-tiny"), "sst2-tiny");
  EXPECT_EQ(*default_ref_name("models/sst2-tiny/"), "sst2-tiny");
  EXPECT_EQ(*default_ref_name("models/sst2-tiny/."), "sst2-tiny");
  EXPECT_EQ(*default_ref_name("models/x/../sst2-tiny"), "sst2-tiny");
  EXPECT_EQ(default_ref_name("/").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(default_ref_name("models/with space").error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace pannier
