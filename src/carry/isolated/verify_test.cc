// verify: accepts what was packed, and names block, bytes and file of every change.
#include "carry/isolated/verify.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "base/fs_memory.h"
#include "carry/isolated/install.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

const std::string kGoldens = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/bundle/";

class VerifyTest : public testing::Test {
 protected:
  void SetUp() override {
    make_bundle(fs_, "x.pannier", sample_models());
    good_ = read_file(fs_, "x.pannier");
  }

  // Every byte as it is, but for what `change` does to it.
  Result<VerifyResult> verify_changed(std::string bytes) {
    (void)fs_.remove_file("y.pannier");
    write_file(fs_, "y.pannier", bytes);
    return verify_bundle(fs_, "y.pannier");
  }

  MemoryFileSystem fs_;
  std::string good_;
};

TEST_F(VerifyTest, TellsWhatIsInAGoodBundle) {
  uint64_t last_done = 0;
  uint64_t last_total = 0;
  Transfer transfer;
  transfer.progress = [&](uint64_t done, uint64_t total) {
    EXPECT_GE(done, last_done);
    last_done = done;
    last_total = total;
  };
  const auto result = verify_bundle(fs_, "x.pannier", transfer);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->admission.verdict.state, TrustState::kUnsigned);
  EXPECT_EQ(result->bundle.bundle_bytes, good_.size());
  EXPECT_EQ(result->bundle.block_count, 3u);
  ASSERT_EQ(result->bundle.models.size(), 2u);
  EXPECT_EQ(result->bundle.models[0].name, "sst2");
  EXPECT_EQ(result->bundle.models[0].files.size(), 6u);
  EXPECT_EQ(result->bundle.models[1].name, "team/other@v1.0");
  EXPECT_EQ(last_done, last_total);
  EXPECT_GT(last_total, 9'000'000u);
}

TEST_F(VerifyTest, ReadsWhatEarlierReleasesWrote) {
  const auto two = verify_bundle(real_file_system(), kGoldens + "two_models.pannier");
  ASSERT_TRUE(two.ok()) << two.error().to_string();
  EXPECT_EQ(two->bundle.statement.payload_digest.hex(),
            "1fc83116b28bafa5cfa65b8f9f6f0f50607a47c3bc21eb71532a55c7aec125d0");
  const auto one = verify_bundle(real_file_system(), kGoldens + "one_model.pannier");
  ASSERT_TRUE(one.ok()) << one.error().to_string();
  EXPECT_EQ(one->bundle.statement.payload_digest.hex(),
            "a8b7123f406eb639530e69e315f3c25b5174fce6e1a4692f60d03e279de49caa");
}

// A damaged stick, a bad cable: whichever bit it is, the message says where.
TEST_F(VerifyTest, NamesFileAndBlockOf300FlippedOrCutBytes) {
  const auto reader = BundleReader::open(fs_, "x.pannier");
  ASSERT_TRUE(reader.ok());
  const uint64_t data_offset = (*reader)->data_offset();
  const InstallOptions options{"store", true, false, {}};
  ASSERT_TRUE(install_bundle(fs_, "x.pannier", options).ok());
  // Without the largest blob, so that an install of a changed bundle has something to write.
  const std::string& weights = (*reader)->index().entries.back().path;
  ASSERT_TRUE(fs_.remove_file("store/" + weights).ok());
  const auto store = store_tree_of(fs_, "store");
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good_;
    const bool cut = round % 3 == 2;
    // A third of the flips hit the head, which is a thousandth of the bundle.
    const uint64_t place = random() % (round % 3 == 1 ? data_offset : good_.size());
    if (cut) {
      bytes.resize(place);
    } else {
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
    }
    SCOPED_TRACE((cut ? "cut at " : "flip at ") + std::to_string(place));
    const auto result = verify_changed(bytes);
    ASSERT_FALSE(result.ok());
    const std::string& message = result.error().message;
    EXPECT_NE(message.find("y.pannier"), std::string::npos) << message;
    if (place < data_offset) {
      EXPECT_TRUE(std::regex_search(message, std::regex("pannier/(statement|index)\\.json"))) << message;
    } else {
      const uint64_t block = (place - data_offset) / limits::kBlockBytes;
      EXPECT_NE(message.find("block " + std::to_string(block)), std::string::npos) << message;
      EXPECT_EQ(result.error().kind, cut ? ErrorKind::kIncomplete : ErrorKind::kCorrupt);
    }
    const auto installed = install_bundle(fs_, "y.pannier", options);
    ASSERT_FALSE(installed.ok());
    EXPECT_EQ(installed.error().message, message);
    ASSERT_EQ(store_tree_of(fs_, "store"), store);
  }
}

TEST_F(VerifyTest, NamesTheFilesOfADamagedBlock) {
  std::string bytes = good_;
  bytes[bytes.size() - 500'000] ^= 1;
  const auto result = verify_changed(bytes);
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(std::regex_search(
      result.error().message,
      std::regex("block 2 of 3 \\(bytes \\d+ to \\d+\\) does not match its digest; in it: .*\\(sst2\\)")))
      << result.error().message;
}

TEST_F(VerifyTest, SaysHowManyBytesAreMissingAndFromWhichFileOn) {
  const auto result = verify_changed(good_.substr(0, good_.size() - 3'000'000));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(result.error().message.find("3000000 bytes are missing, from model.safetensors (sst2) on"),
            std::string::npos)
      << result.error().message;
}

TEST_F(VerifyTest, SaysWhereTrailingBytesBegin) {
  const auto result = verify_changed(good_ + "x");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(result.error().message.find("1 bytes follow its end at byte " + std::to_string(good_.size())),
            std::string::npos)
      << result.error().message;
}

TEST_F(VerifyTest, StopsWhenAsked) {
  const std::atomic<bool> cancel{true};
  Transfer transfer;
  transfer.cancel = &cancel;
  const auto result = verify_bundle(fs_, "x.pannier", transfer);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInterrupted);
}

TEST_F(VerifyTest, MissingFileIsNotFound) {
  const auto result = verify_bundle(fs_, "nowhere.pannier");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace pannier
