// Downloads that go well, and go on: sizes, kinds of ids, resuming, events, other processes.
#include "carry/connected/download/download.h"

#include "carry/connected/download/content_hash.h"
#include "carry/connected/download/download_test_kit.h"
#include "carry/connected/download/known_digests.h"
#include "carry/connected/download/part_file.h"

namespace pannier {
namespace {

using namespace download_test;

const std::string kUrl = "http://hub.test/org/m/resolve/main/model.bin";

class Download : public DownloadBench {
 protected:
  const std::string contents_ = noise(19'000, 1);  // 8 blocks, the last one shorter
};

TEST_F(Download, FetchesEverySizeAroundABlock) {
  size_t item = 0;
  for (const size_t bytes : {0, 1, 2499, 2500, 2501, 5000, 7499, 7500, 7501, 25'000}) {
    serve("http://hub.test/f" + std::to_string(bytes), noise(bytes, static_cast<uint32_t>(bytes)));
  }
  run_well();
  for (const size_t bytes : {0, 1, 2499, 2500, 2501, 5000, 7499, 7500, 7501, 25'000}) {
    expect_done(item++, noise(bytes, static_cast<uint32_t>(bytes)));
  }
  EXPECT_EQ(progress_[9], 25'000u);
}

TEST_F(Download, ManyConnectionsGiveTheSameBytes) {
  options_.connections_max = 8;
  for (uint32_t i = 0; i < 50; ++i) {
    serve("http://hub.test/f" + std::to_string(i), noise(i * 731, i));
  }
  const DownloadTotals totals = run_well();
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < 50; ++i) {
    expect_done(i, noise(i * 731, i));
    bytes += i * 731;
  }
  EXPECT_EQ(totals.bytes_fetched, bytes) << "no byte twice";
  EXPECT_EQ(totals.retries, 0u);
}

TEST_F(Download, ASmallFileIsOneRequestALargeOneIsRanges) {
  serve(kUrl, noise(2500, 1));
  run_well();
  EXPECT_EQ(asked(), "all ");
  items_.clear();
  serve("http://hub.test/large", contents_);
  run_well();
  EXPECT_EQ(asked(), "all 0-7499 7500-14999 15000-18999 ");
}

TEST_F(Download, AnEmptyFileIsNotAskedFor) {
  add(kUrl, "");
  run_well();
  expect_done(0, "");
  EXPECT_TRUE(client_.requests().empty());
}

TEST_F(Download, FilesWithGitIdsGiveTheirSha256) {
  DownloadItem& item = serve(kUrl, contents_);
  item.id = {std::nullopt, git_blob_of(contents_)};
  run_well();
  expect_done(0, contents_);
  const auto known = KnownDigests::load(fs_, kFolder);
  ASSERT_TRUE(known.ok());
  EXPECT_EQ((*known)->known_digest(item.id, item.bytes), sha256(contents_)) << "the next run knows it";
}

TEST_F(Download, WithoutADigestNothingIsFetched) {
  serve(kUrl, contents_).id = {};
  EXPECT_EQ(run_badly().kind, ErrorKind::kInvalid);
  EXPECT_TRUE(client_.requests().empty());
}

TEST_F(Download, AnAbsurdSizeIsRefusedBeforeAnythingIsAllocated) {
  serve(kUrl, contents_).bytes = UINT64_MAX;
  EXPECT_EQ(run_badly().kind, ErrorKind::kLimit);
  EXPECT_TRUE(client_.requests().empty());
}

TEST_F(Download, EqualFilesAreFetchedOnce) {
  serve(kUrl, contents_);
  add("http://hub.test/copy", contents_);
  EXPECT_EQ(run_well().bytes_fetched, contents_.size());
  expect_done(0, contents_);
  expect_done(1, contents_);
  EXPECT_EQ(done_[0].path, done_[1].path);
}

TEST_F(Download, NothingIsLeftBesideTheFile) {
  serve(kUrl, contents_);
  run_well();
  EXPECT_EQ(names(), "locks .whole ");
}

TEST_F(Download, AFileThatNobodyTookAwayIsFoundAgain) {
  serve(kUrl, contents_);
  run_well();
  const size_t requests = client_.requests().size();
  die();
  const DownloadTotals totals = run_well();
  EXPECT_EQ(client_.requests().size(), requests);
  EXPECT_EQ(totals.bytes_fetched, 0u);
  EXPECT_EQ(totals.bytes_resumed, contents_.size());
  expect_done(0, contents_);
}

// ---- Going on ----

TEST_F(Download, GoesOnWhereADeadProcessStopped) {
  FakeAnswer dropped = file_answer(contents_);
  dropped.error = Error{ErrorKind::kInterrupted, "killed", ""};
  dropped.error_after_bytes = 6000;  // two blocks and a part of the third
  client_.on("GET", kUrl, dropped);
  serve(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kInterrupted);
  die();
  const DownloadTotals totals = run_well();
  expect_done(0, contents_);
  EXPECT_EQ(asked(), "0-7499 5000-12499 12500-18999 ");
  EXPECT_EQ(totals.bytes_resumed, 5000u);
  EXPECT_EQ(totals.bytes_fetched, contents_.size() - 5000);
  EXPECT_TRUE(was_noted("resuming at 5.0 kB")) << notes_.front();
}

// Keyed by what the file is: a signed address or another mirror can go on with it.
TEST_F(Download, GoesOnFromAnotherAddress) {
  FakeAnswer dropped = file_answer(contents_);
  dropped.error = Error{ErrorKind::kInterrupted, "killed", ""};
  dropped.error_after_bytes = 5000;
  client_.on("GET", kUrl, dropped);
  add(kUrl, contents_);
  EXPECT_FALSE(run().ok());
  die();
  items_.clear();
  FakeAnswer other = file_answer(contents_);
  other.headers = {{"ETag", "\"of the mirror\""}};
  client_.on("GET", "http://mirror.test/x?signature=2", other);
  add("http://mirror.test/x?signature=2", contents_);
  EXPECT_EQ(run_well().bytes_fetched, contents_.size() - 5000);
  expect_done(0, contents_);
}

TEST_F(Download, APowerCutCostsWhatItTookAndNoMore) {
  FakeAnswer dropped = file_answer(contents_);
  dropped.error = Error{ErrorKind::kInterrupted, "killed", ""};
  dropped.error_after_bytes = 7500;
  client_.on("GET", kUrl, dropped);
  serve(kUrl, contents_);
  EXPECT_FALSE(run().ok());
  ASSERT_TRUE(fs_.sync_all("/").ok());
  die();
  const PartPaths paths = part_paths(kFolder, {items_[0].id, contents_.size()});
  {
    auto part = fs_.open_or_create(paths.part);
    ASSERT_TRUE((*part)->write_at(2600, as_bytes("lost")).ok());
  }
  const DownloadTotals totals = run_well();
  expect_done(0, contents_);
  EXPECT_EQ(totals.bytes_resumed, 5000u);
  EXPECT_EQ(totals.bytes_fetched, contents_.size() - 5000);
}

TEST_F(Download, ACallersErrorEndsItAndTheFileStays) {
  serve(kUrl, contents_);
  options_.events.done = [](size_t, const DownloadedFile&) -> Status {
    return Error{ErrorKind::kIo, "the caller's disk is full", ""};
  };
  EXPECT_EQ(run_badly().message, "the caller's disk is full");
  options_ = make_options();
  EXPECT_EQ(run_well().bytes_fetched, 0u);
}

TEST_F(Download, CancelStopsItAndTheNextRunGoesOn) {
  std::atomic<bool> cancel{false};
  options_.cancel = &cancel;
  int requests = 0;
  client_.otherwise([&](const HttpRequest&) -> std::optional<FakeAnswer> {
    cancel = ++requests == 2;
    return file_answer(contents_);
  });
  add(kUrl, contents_);
  EXPECT_EQ(run_badly().kind, ErrorKind::kInterrupted);
  EXPECT_TRUE(done_.empty());
  cancel = false;
  const DownloadTotals totals = run_well();
  expect_done(0, contents_);
  EXPECT_EQ(totals.bytes_resumed, 7500u);
}

// ---- Other processes ----

TEST_F(Download, AFileOfAnotherProcessIsWaitedForWhileOthersAreFetched) {
  serve(kUrl, contents_);
  serve("http://hub.test/other", noise(3000, 9));
  ASSERT_TRUE(fs_.make_folders(kFolder).ok());
  const PartPaths paths = part_paths(kFolder, {items_[0].id, contents_.size()});
  auto lock = fs_.try_lock_number(paths.locks, paths.lock_number);
  ASSERT_TRUE(lock.ok() && *lock != nullptr);
  int waits = 0;
  options_.retry.wait = [&](std::chrono::milliseconds) -> Status {
    EXPECT_EQ(done_.size(), 1u) << "the other file is done meanwhile";
    if (++waits == 2) lock->reset();
    return {};
  };
  run_well();
  EXPECT_EQ(waits, 2);
  expect_done(0, contents_);
  expect_done(1, noise(3000, 9));
  EXPECT_EQ(std::count(notes_.begin(), notes_.end(), "another process fetches it; waiting for that"), 1);
}

TEST_F(Download, WhatTheOtherProcessFinishedIsNotFetched) {
  serve(kUrl, contents_);
  ASSERT_TRUE(fs_.make_folders(kFolder).ok());
  const PartPaths paths = part_paths(kFolder, {items_[0].id, contents_.size()});
  auto lock = fs_.try_lock_number(paths.locks, paths.lock_number);
  options_.retry.wait = [&](std::chrono::milliseconds) -> Status {
    auto file = fs_.open_or_create(paths.whole);
    EXPECT_TRUE((*file)->write_at(0, as_bytes(contents_)).ok());
    lock->reset();
    return {};
  };
  EXPECT_EQ(run_well().bytes_fetched, 0u);
  expect_done(0, contents_);
}

}  // namespace
}  // namespace pannier
