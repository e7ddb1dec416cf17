// A download in which every single call to the file system fails, fills the disk, loses power or kills: the
// next run goes on and the bytes are right.
#include "base/fs_faulty.h"
#include "carry/connected/download/download_test_kit.h"

namespace pannier {
namespace {

using namespace download_test;

constexpr uint64_t kCallsMax = 2000;

struct FaultRow {
  const char* name;
  FaultKind kind;
  bool for_ever;

  friend void PrintTo(const FaultRow& row, std::ostream* out) { *out << row.name; }
};

// Two files of several blocks and one of one; the second has a git id.
class DownloadFault : public DownloadBench, public ::testing::WithParamInterface<FaultRow> {
 protected:
  const std::vector<std::string> files_ = {noise(9000, 1), noise(5100, 2), noise(700, 3)};

  DownloadFault() {
    for (size_t i = 0; i < files_.size(); ++i) serve("http://hub.test/f" + std::to_string(i), files_[i]);
    items_[1].id = {std::nullopt, git_blob_of(files_[1])};
  }
  void expect_all_done() {
    for (size_t i = 0; i < files_.size(); ++i) expect_done(i, files_[i]);
  }
  // A disk as it was at the beginning.
  void new_disk() {
    ASSERT_TRUE(fs_.remove_tree("/store").ok());
    ASSERT_TRUE(fs_.sync_all("/").ok());
  }
  // One run over `faulty`, and one without faults; false where the plan was beyond the last call.
  bool run_twice(FaultyFileSystem& faulty) {
    const auto first = run(faulty, client_);
    if (first.ok()) expect_all_done();
    if (!faulty.was_hit()) return false;
    die();
    run_well();
    expect_all_done();
    return true;
  }
};

TEST_P(DownloadFault, AtEveryCallTheNextRunGoesOn) {
  uint64_t call = 1;
  for (; call <= kCallsMax && !HasFailure(); ++call) {
    SCOPED_TRACE("fault at call " + std::to_string(call));
    new_disk();
    FaultPlan plan;
    plan.at_call = call;
    plan.kind = GetParam().kind;
    plan.for_ever = GetParam().for_ever;
    FaultyFileSystem faulty(fs_, std::move(plan));
    if (!run_twice(faulty)) break;
  }
  EXPECT_GT(call, 30u);
  EXPECT_LT(call, kCallsMax);
}

INSTANTIATE_TEST_SUITE_P(Every, DownloadFault,
                         ::testing::Values(FaultRow{"IoErrorOnce", FaultKind::kIoError, false},
                                           FaultRow{"IoErrorForEver", FaultKind::kIoError, true},
                                           FaultRow{"NoSpaceForEver", FaultKind::kNoSpace, true},
                                           FaultRow{"ShortWrite", FaultKind::kShortWrite, true},
                                           FaultRow{"LateErrorOnce", FaultKind::kLateError, false},
                                           FaultRow{"LateErrorForEver", FaultKind::kLateError, true}),
                         [](const auto& row) { return row.param.name; });

class DownloadPowerCut : public DownloadFault {};

TEST_F(DownloadPowerCut, AtEveryCallTheNextRunGoesOn) {
  for (const CrashLoss loss :
       {CrashLoss::kNothing, CrashLoss::kContents, CrashLoss::kNames, CrashLoss::kAll}) {
    uint64_t call = 1;
    for (; call <= kCallsMax && !HasFailure(); ++call) {
      SCOPED_TRACE("power cut at call " + std::to_string(call) + ", loss " +
                   std::to_string(static_cast<int>(loss)));
      new_disk();
      FaultPlan plan;
      plan.at_call = call;
      plan.for_ever = true;  // whoever lost power makes no more calls
      plan.before_fault = [&] { fs_.crash(loss); };
      FaultyFileSystem faulty(fs_, std::move(plan));
      if (!run_twice(faulty)) break;
    }
    EXPECT_GT(call, 30u);
    EXPECT_LT(call, kCallsMax);
  }
}

// A kill, with everything that was written still there: no block that is in the journal comes again.
TEST_F(DownloadPowerCut, AKillCostsOneBlockAndNoMore) {
  for (uint64_t call = 1; call <= kCallsMax && !HasFailure(); ++call) {
    SCOPED_TRACE("killed at call " + std::to_string(call));
    new_disk();
    FaultPlan plan;
    plan.at_call = call;
    plan.for_ever = true;
    plan.before_fault = [&] { fs_.crash(CrashLoss::kNothing); };
    FaultyFileSystem faulty(fs_, std::move(plan));
    uint64_t fetched = 0;
    // What the dying process received: counted at the client, as the process cannot tell any more.
    HandMadeClient counting;
    counting.answer = [&](const HttpRequest& request, HttpSink& sink) -> Status {
      class Counter : public HttpSink {
       public:
        Counter(HttpSink& below, uint64_t& bytes) : below_(below), bytes_(bytes) {}
        Status head(const HttpHead& head) override { return below_.head(head); }
        Status bytes(ByteSpan bytes) override {
          bytes_ += bytes.size();
          return below_.bytes(bytes);
        }

       private:
        HttpSink& below_;
        uint64_t& bytes_;
      } counter(sink, fetched);
      return client_.send(request, counter);
    };
    const auto first = run(faulty, counting);
    if (!faulty.was_hit()) {
      EXPECT_TRUE(first.ok());
      EXPECT_GT(call, 30u);
      return;
    }
    const auto second = run(fs_, counting);
    ASSERT_TRUE(second.ok()) << second.error().to_string();
    expect_all_done();
    // One connection, one block; and the piece that was in our hands when the process died.
    EXPECT_LE(fetched, 9000u + 5100u + 700u + kBlock + 1000u);
  }
}

TEST_F(DownloadPowerCut, AFullDiskKeepsWhatFitsAndGoesOnWhenThereIsRoom) {
  fs_.set_capacity_bytes(8000);
  const Error error = run_badly();
  EXPECT_EQ(error.kind, ErrorKind::kIo);
  EXPECT_NE(error.message.find("No space left"), std::string::npos);
  fs_.set_capacity_bytes(UINT64_MAX);
  die();
  const DownloadTotals totals = run_well();
  EXPECT_GE(totals.bytes_resumed, 5000u);
  expect_all_done();
}

}  // namespace
}  // namespace pannier
