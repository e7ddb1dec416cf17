// kill -9 before each call, at least a hundred times, of an install on the machine's own file system.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/fs_faulty.h"
#include "carry/isolated/install.h"
#include "carry/store/kill_testing.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

constexpr uint64_t kMomentsMin = 100;

class InstallKillTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + unique_name("install-kill");
    ASSERT_TRUE(fs_.make_folders(folder_).ok());
    make_bundle(fs_, folder_ + "/old.pannier", {{"old", {{"config.json", "{}"}, {"vocab.txt", "a\n"}}}});
    make_bundle(
        fs_, folder_ + "/x.pannier",
        {{"new",
          {{"config.json", "{\"v\":1}"}, {"w.safetensors", noise(5'000'000, 7)}, {"vocab.txt", "a\n"}}},
         {"other", {{"config.json", "{\"v\":2}"}}}});
  }
  void TearDown() override { (void)fs_.remove_tree(folder_); }

  std::string root() const { return folder_ + "/store"; }
  InstallOptions options() const { return {root(), true, false, {}}; }

  void reset_store() {
    ASSERT_TRUE(fs_.remove_tree(root()).ok());
    const auto installed = install_bundle(fs_, folder_ + "/old.pannier", options());
    ASSERT_TRUE(installed.ok()) << installed.error().to_string();
  }

  // Runs the install in a child that kills itself before the given call; true where it died of that.
  bool install_and_die(uint64_t at_call) {
    return kill_testing::is_killed_at(at_call, [&](FileSystem& deadly) {
      return install_bundle(deadly, folder_ + "/x.pannier", options()).ok();
    });
  }

  std::vector<std::string> whole_names() {
    std::vector<std::string> names;
    const auto store = Store::open(fs_, root());
    EXPECT_TRUE(store.ok()) << store.error().to_string();
    if (!store.ok()) return names;
    const auto index = (*store)->references();
    EXPECT_TRUE(index.ok()) << index.error().to_string();
    if (!index.ok()) return names;
    for (const Reference& reference : index->references) {
      names.push_back(reference.name);
      const auto manifest = (*store)->manifest(reference);
      EXPECT_TRUE(manifest.ok()) << manifest.error().to_string();
      if (!manifest.ok()) continue;
      for (const ModelFile& file : manifest->files) {
        EXPECT_EQ(sha256(read_file(fs_, (*store)->blob_path(file.digest))), file.digest);
      }
    }
    return names;
  }

  FileSystem& fs_ = real_file_system();
  std::string folder_;
};

TEST_F(InstallKillTest, EveryCallIsAMomentThatLeavesTheOldStateOrTheNew) {
  reset_store();
  FaultyFileSystem counting(fs_, {});
  ASSERT_TRUE(install_bundle(counting, folder_ + "/x.pannier", options()).ok());
  const uint64_t calls = counting.call_count();
  ASSERT_GT(calls, 30u);

  std::mt19937_64 random(20240612);
  const std::vector<std::string> before{"old"};
  const std::vector<std::string> after{"new", "old", "other"};
  const uint64_t moments = std::max(kMomentsMin, calls);
  uint64_t kills = 0;
  uint64_t seen_before = 0;
  uint64_t seen_after = 0;
  for (uint64_t moment = 0; moment < moments; ++moment) {
    // Each call once, those behind the commit included, which come last; then any.
    const uint64_t call = moment < calls ? moment + 1 : random() % calls + 1;
    SCOPED_TRACE("call " + std::to_string(call) + " of " + std::to_string(calls));
    reset_store();
    kills += install_and_die(call) ? 1 : 0;
    const auto names = whole_names();
    ASSERT_TRUE(names == before || names == after);
    seen_before += names == before ? 1 : 0;
    seen_after += names == after ? 1 : 0;
    const auto again = install_bundle(fs_, folder_ + "/x.pannier", options());
    ASSERT_TRUE(again.ok()) << again.error().to_string();
    ASSERT_EQ(whole_names(), after);
  }
  // The number of calls is the same each time, whichever thread makes them, so each of them is one to die at.
  EXPECT_EQ(kills, moments);
  EXPECT_GT(seen_before, 50u);
  // Behind the commit: removing the second name, syncing the generation, the mirror for other tools, and
  // giving up the staging folder.
  EXPECT_GE(seen_after, 10u);
}

}  // namespace
}  // namespace pannier
