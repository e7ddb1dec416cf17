#include "carry/isolated/delta_size.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;
using Way = DeltaFile::Way;

DeltaFile file_of(const std::string& path, const std::string& contents, Way way) {
  DeltaFile file;
  file.model = "m";
  file.path = path;
  file.bytes = contents.size();
  file.digest = sha256(contents);
  file.way = way;
  return file;
}

// A long text, a new edition of it with a sentence more, and a plan that builds the one on the other.
class DeltaSizeTest : public ::testing::Test {
 protected:
  DeltaSizeTest() {
    write_file(fs_, "old", old_);
    write_file(fs_, "new", new_);
    plan_.files = {file_of("README.md", new_, Way::kDelta), file_of("config.json", "{}", Way::kHeld),
                   file_of("vocab.txt", "words", Way::kWhole)};
    PlannedBlob planned;
    planned.way = BlobWay::kEncoded;
    planned.base = {{sha256(old_), old_.size()}, "old"};
    plan_.transport[sha256(new_)] = planned;
    plan_.delta_bytes = new_.size();
    plan_.whole_bytes = 5;
  }

  DeltaSize measure(const std::map<Digest, std::string>& places, bool exact) {
    const auto size = measure_delta(fs_, plan_, places, exact, {});
    EXPECT_TRUE(size.ok()) << size.error().to_string();
    return *size;
  }

  MemoryFileSystem fs_;
  const std::string old_ = noise(200'000, 1);
  const std::string new_ = old_.substr(0, 100'000) + "a new sentence" + old_.substr(100'000);
  DeltaPlan plan_;
};

TEST_F(DeltaSizeTest, ExactIsWhatTheDifferenceTakes) {
  const DeltaSize size = measure({{sha256(new_), "new"}}, true);
  EXPECT_TRUE(size.is_exact);
  ASSERT_EQ(size.bytes_of_files.size(), 3u);
  EXPECT_GT(size.bytes_of_files[0], 14u);
  EXPECT_LT(size.bytes_of_files[0], 4096u);
  EXPECT_EQ(size.bytes_of_files[1], 0u);  // held
  EXPECT_EQ(size.bytes_of_files[2], 5u);
  EXPECT_EQ(size.bytes, size.bytes_of_files[0] + 5);
}

TEST_F(DeltaSizeTest, NotAskedForExactlyItIsTheMost) {
  const DeltaSize size = measure({{sha256(new_), "new"}}, false);
  EXPECT_FALSE(size.is_exact);
  EXPECT_EQ(size.bytes, new_.size() + 5);
}

// A receipt says what contents there are, and not where they could be read.
TEST_F(DeltaSizeTest, ContentsThatLieNowhereCountWhole) {
  const DeltaSize size = measure({}, true);
  EXPECT_FALSE(size.is_exact);
  EXPECT_EQ(size.bytes, new_.size() + 5);
}

TEST_F(DeltaSizeTest, EqualContentsCountOnce) {
  plan_.files = {file_of("a.txt", "words", Way::kWhole), file_of("b.txt", "words", Way::kWhole)};
  const DeltaSize size = measure({}, true);
  EXPECT_TRUE(size.is_exact);  // nothing of it would be encoded
  EXPECT_EQ(size.bytes, 5u);
  EXPECT_EQ(size.bytes_of_files, (std::vector<uint64_t>{5, 0}));
}

TEST_F(DeltaSizeTest, AFileThatIsGoneIsTold) {
  ASSERT_TRUE(fs_.remove_file("new").ok());
  EXPECT_FALSE(measure_delta(fs_, plan_, {{sha256(new_), "new"}}, true, {}).ok());
}

TEST_F(DeltaSizeTest, ReportsHowFarItIs) {
  std::vector<std::pair<uint64_t, uint64_t>> reports;
  Transfer transfer;
  transfer.progress = [&](uint64_t done, uint64_t total) { reports.emplace_back(done, total); };
  ASSERT_TRUE(measure_delta(fs_, plan_, {}, false, transfer).ok());
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back(), std::make_pair<uint64_t>(new_.size() + 5, new_.size() + 5));
}

}  // namespace
}  // namespace pannier
