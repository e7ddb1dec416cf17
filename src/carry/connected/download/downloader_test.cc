// Repairing damage, many connections under faults, and how long requests get.
#include "carry/connected/download/downloader.h"

#include "carry/connected/download/download_test_kit.h"

namespace pannier {
namespace {

using namespace download_test;

const std::string kUrl = "http://hub.test/org/m/resolve/main/model.bin";

class Repair : public DownloadBench {
 protected:
  const std::string contents_ = noise(19'000, 1);

  FakeAnswer damaged_answer(size_t at) {
    FakeAnswer answer = file_answer(contents_);
    answer.body[at] = static_cast<char>(answer.body[at] ^ 1);
    return answer;
  }
};

TEST_F(Repair, ADamagedBlockIsFoundAndReplaced) {
  client_.on("GET", kUrl, file_answer(contents_));
  client_.on("GET", kUrl, damaged_answer(8000));
  serve(kUrl, contents_);
  const DownloadTotals totals = run_well();
  expect_done(0, contents_);
  EXPECT_EQ(totals.bytes_fetched, 2 * contents_.size());
  EXPECT_TRUE(was_noted("at bytes 7500; fetched again, and right now"));
}

TEST_F(Repair, ADamagedSmallFileIsFetchedOnceMore) {
  FakeAnswer damaged = file_answer(noise(100, 2));
  client_.on("GET", kUrl, damaged);
  serve(kUrl, noise(100, 1));
  EXPECT_EQ(run_well().bytes_fetched, 200u);
  expect_done(0, noise(100, 1));
}

TEST_F(Repair, TwiceDamagedNamesFileDigestsAndBlocksAndKeepsNothing) {
  client_.on("GET", kUrl, damaged_answer(8000));  // harmless: the first request is for bytes 0-7499
  client_.on("GET", kUrl, damaged_answer(8000));
  client_.on("GET", kUrl, file_answer(contents_));
  client_.on("GET", kUrl, damaged_answer(100));
  client_.on("GET", kUrl, damaged_answer(12'600));
  client_.on("GET", kUrl, file_answer(contents_));
  add(kUrl, contents_);
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
  EXPECT_NE(error.message.find("org/m: model.bin"), std::string::npos);
  EXPECT_NE(error.message.find("expected " + sha256(contents_).oci()), std::string::npos);
  EXPECT_NE(error.message.find("found sha256:"), std::string::npos);
  EXPECT_NE(error.message.find("at bytes 0, 7500, 12500"), std::string::npos) << error.message;
  EXPECT_TRUE(done_.empty());
  EXPECT_EQ(names(), "locks ");
}

TEST_F(Repair, AServerWithOtherContentsIsToldApartFromDamage) {
  client_.on("GET", kUrl, damaged_answer(5));
  add(kUrl, contents_);
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
  EXPECT_NE(error.message.find("both times the same"), std::string::npos) << error.message;
  EXPECT_NE(error.hint.find("has other contents than its listing says"), std::string::npos);
}

TEST_F(Repair, AGitIdIsHeldToAsWell) {
  client_.on("GET", kUrl, damaged_answer(5));
  add(kUrl, contents_).id = {std::nullopt, git_blob_of(contents_)};
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
  EXPECT_NE(error.message.find("expected git blob " + git_blob_of(contents_).hex()), std::string::npos);
}

TEST_F(Repair, AnEmptyFileWithADigestOfSomethingIsCorrupt) {
  add(kUrl, "").id = {sha256("x"), std::nullopt};
  EXPECT_EQ(run_badly().kind, ErrorKind::kCorrupt);
}

// A kill in the middle of a repair: the blocks it was overwriting are found by their check sums.
TEST_F(Repair, GoesOnAfterADeath) {
  client_.on("GET", kUrl, damaged_answer(100));
  client_.on("GET", kUrl, file_answer(contents_));
  client_.on("GET", kUrl, file_answer(contents_));
  FakeAnswer dropped = file_answer(contents_);
  dropped.error = Error{ErrorKind::kInterrupted, "killed", ""};
  dropped.error_after_bytes = 1000;
  client_.on("GET", kUrl, dropped);
  serve(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kInterrupted);
  die();
  run_well();
  expect_done(0, contents_);
}

// Eight connections, and a server that fails in every way it can, in a fixed order of seeds.
class ManyFaults : public DownloadBench, public ::testing::WithParamInterface<uint32_t> {};

TEST_P(ManyFaults, TheBytesAreRightInTheEnd) {
  options_.connections_max = 8;
  options_.retry.tries_max = 1000;
  std::map<std::string, std::string> files;
  std::mt19937 random(GetParam());
  for (uint32_t i = 0; i < 30; ++i) {
    const std::string url = "http://hub.test/f" + std::to_string(i);
    files[url] = noise(random() % 60'000, i + 100 * GetParam());
    add(url, files[url]);
  }
  client_.otherwise([&](const HttpRequest& request) -> std::optional<FakeAnswer> {
    FakeAnswer answer = file_answer(files.at(request.url.text()));
    switch (random() % 6) {
      case 0:
        answer.error = Error{ErrorKind::kNetwork, "reset", ""};
        answer.error_after_bytes = random() % 5000;
        break;
      case 1:
        answer.status = random() % 2 == 0 ? 503 : 429;
        break;
      case 2:
        answer.ranges = random() % 8 != 0;
        break;
      default:
        break;
    }
    return answer;
  });
  const DownloadTotals totals = run_well();
  EXPECT_GT(totals.retries, 0u);
  for (size_t i = 0; i < items_.size(); ++i) expect_done(i, files.at(items_[i].url.text()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ManyFaults, ::testing::Range(1u, 11u));

TEST(RunLength, ANearServerGetsShortRunsAFarOneLong) {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  constexpr uint64_t kBlock = 4'000'000;
  RunLength near_server(16);
  EXPECT_EQ(near_server.blocks(kBlock), 1u) << "nothing is known";
  for (int i = 0; i < 5; ++i) near_server.learn(microseconds(100), milliseconds(20), kBlock);
  EXPECT_EQ(near_server.blocks(kBlock), 1u);
  RunLength far_server(16);
  for (int i = 0; i < 5; ++i) far_server.learn(milliseconds(100), milliseconds(400), kBlock);
  EXPECT_EQ(far_server.blocks(kBlock), 5u) << "2 s of streaming for 0.1 s of waiting";
  for (int i = 0; i < 50; ++i) far_server.learn(milliseconds(900), milliseconds(1), kBlock);
  EXPECT_EQ(far_server.blocks(kBlock), 16u);
  far_server.learn(milliseconds(900), milliseconds(1), 0);
  EXPECT_EQ(RunLength(0).blocks(kBlock), 1u);
}

}  // namespace
}  // namespace pannier
