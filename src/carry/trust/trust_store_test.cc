// The roots of a store: trusted once by a person, then each by the one before it; and what a fault at any
// moment leaves.
#include "carry/trust/trust_store.h"

#include <gtest/gtest.h>

#include <map>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/store/store.h"
#include "format/trust_root_testing.h"

namespace pannier {
namespace {

using namespace trust_testing;

const std::string kStore = "/store";

// Made once: signing takes most of the time of these tests.
const std::string& root_file(uint64_t number) {
  static std::map<uint64_t, std::string> files;
  std::string& file = files[number];
  if (file.empty()) file = signed_root(plain_root(number), {kRootA, kRootB});
  return file;
}

uint64_t number_in_force(FileSystem& fs) {
  const auto roots = read_trust_roots(fs, kStore);
  EXPECT_TRUE(roots.ok()) << roots.error().to_string();
  return roots.ok() && roots->current() != nullptr ? roots->current()->number : 0;
}

TEST(TrustStore, NobodyIsTrustedAtFirst) {
  MemoryFileSystem fs;
  EXPECT_EQ(number_in_force(fs), 0u);
  const Status added = add_trust_roots(fs, kStore, {root_file(1)});
  ASSERT_FALSE(added.ok()) << "a first root never comes by import";
  EXPECT_EQ(added.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(number_in_force(fs), 0u);
}

TEST(TrustStore, AChainGrowsOneByOne) {
  MemoryFileSystem fs;
  ASSERT_TRUE(trust_first_root(fs, kStore, root_file(1)).ok());
  EXPECT_TRUE(trust_first_root(fs, kStore, root_file(1)).ok()) << "the same again is fine";
  ASSERT_TRUE(add_trust_roots(fs, kStore, {root_file(3), root_file(2)}).ok()) << "in any order";
  EXPECT_EQ(number_in_force(fs), 3u);
  EXPECT_TRUE(add_trust_roots(fs, kStore, {root_file(1), root_file(2), root_file(3), root_file(4)}).ok());
  EXPECT_EQ(number_in_force(fs), 4u);
  EXPECT_EQ(fs.list(kStore + "/pannier/staging")->size(), 0u);
}

TEST(TrustStore, ASiteMayBeginAtALaterRoot) {
  MemoryFileSystem fs;
  ASSERT_TRUE(trust_first_root(fs, kStore, root_file(5)).ok());
  ASSERT_TRUE(add_trust_roots(fs, kStore, {root_file(4), root_file(5), root_file(6)}).ok());
  const auto roots = read_trust_roots(fs, kStore);
  ASSERT_TRUE(roots.ok());
  EXPECT_EQ(roots->chain.front().number, 5u);
  EXPECT_EQ(roots->chain.back().number, 6u);
}

TEST(TrustStore, AnotherFirstRootIsRefused) {
  MemoryFileSystem fs;
  ASSERT_TRUE(trust_first_root(fs, kStore, root_file(1)).ok());
  TrustRoot other = plain_root(1);
  other.name = "Mallory's";
  const Status status = trust_first_root(fs, kStore, signed_root(other, {kRootA, kRootB}));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(status.error().message.find("Plant 7"), std::string::npos);
}

TEST(TrustStore, AFirstRootNeedsItsOwnSignatures) {
  MemoryFileSystem fs;
  const Status status = trust_first_root(fs, kStore, signed_root(plain_root(), {kRootA}));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kUntrusted);
  EXPECT_EQ(number_in_force(fs), 0u);
}

TEST(TrustStore, GapsForksAndForgeriesLeaveTheChainAsItWas) {
  MemoryFileSystem fs;
  ASSERT_TRUE(trust_first_root(fs, kStore, root_file(1)).ok());
  ASSERT_TRUE(add_trust_roots(fs, kStore, {root_file(2)}).ok());
  TrustRoot fork = plain_root(2);
  fork.name = "fork";
  const std::string rows[] = {
      root_file(4),                                  // a gap
      signed_root(fork, {kRootA, kRootB}),           // another root 2
      signed_root(plain_root(3), {kRootA}),          // one signature of two
      signed_root(plain_root(3), {kPacker, kBoth}),  // signed by those who may not
  };
  for (const std::string& file : rows) {
    const Status status = add_trust_roots(fs, kStore, {file});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::kUntrusted) << status.error().to_string();
    EXPECT_EQ(number_in_force(fs), 2u);
  }
}

// Whoever can write the store's files can do as they like with it; a slip or rot should still be seen.
TEST(TrustStore, AChainThatWasTamperedWithIsNotRead) {
  const auto expect_error = [](FileSystem& fs, ErrorKind kind) {
    const auto roots = read_trust_roots(fs, kStore);
    ASSERT_FALSE(roots.ok());
    EXPECT_EQ(roots.error().kind, kind) << roots.error().to_string();
    EXPECT_NE(roots.error().message.find(kStore), std::string::npos);
  };
  MemoryFileSystem fs;
  ASSERT_TRUE(trust_first_root(fs, kStore, root_file(1)).ok());
  ASSERT_TRUE(add_trust_roots(fs, kStore, {root_file(2), root_file(3)}).ok());
  ASSERT_TRUE(write_file_atomic(fs, trust_root_path(kStore, 2), root_file(3)).ok());
  expect_error(fs, ErrorKind::kCorrupt);
  ASSERT_TRUE(write_file_atomic(fs, trust_root_path(kStore, 2), root_file(2).substr(0, 500)).ok());
  expect_error(fs, ErrorKind::kCorrupt);
  ASSERT_TRUE(fs.remove_file(trust_root_path(kStore, 2)).ok());
  expect_error(fs, ErrorKind::kUntrusted);
}

TEST(TrustStore, OtherFilesInTheFolderAreNoRoots) {
  MemoryFileSystem fs;
  ASSERT_TRUE(trust_first_root(fs, kStore, root_file(1)).ok());
  ASSERT_TRUE(write_file_atomic(fs, trust_roots_folder(kStore) + "/README", "x").ok());
  EXPECT_EQ(number_in_force(fs), 1u);
}

// At every call: the old chain or the new one, and a second try succeeds.
TEST(TrustStore, AtEveryCallThatFailsOrCrashesTheChainIsOldOrNew) {
  constexpr uint64_t kCallsMax = 500;
  for (const CrashLoss loss :
       {CrashLoss::kNothing, CrashLoss::kContents, CrashLoss::kNames, CrashLoss::kAll}) {
    for (const bool crashes : {false, true}) {
      uint64_t call = 1;
      for (; call <= kCallsMax; ++call) {
        SCOPED_TRACE("call " + std::to_string(call) + (crashes ? " crashes" : " fails"));
        MemoryFileSystem memory;
        ASSERT_TRUE(trust_first_root(memory, kStore, root_file(1)).ok());
        FaultPlan plan;
        plan.at_call = call;
        plan.for_ever = crashes;
        if (crashes) plan.before_fault = [&] { memory.crash(loss); };
        FaultyFileSystem faulty(memory, std::move(plan));
        const Status added = add_trust_roots(faulty, kStore, {root_file(2)});
        const uint64_t number = number_in_force(memory);
        EXPECT_TRUE(number == 1 || number == 2);
        EXPECT_TRUE(!added.ok() || number == 2) << "what was reported as done is done";
        ASSERT_TRUE(add_trust_roots(memory, kStore, {root_file(2), root_file(3)}).ok());
        EXPECT_EQ(number_in_force(memory), 3u);
        if (HasFailure()) return;
        if (!faulty.was_hit()) break;
      }
      EXPECT_GT(call, 10u);
      EXPECT_LT(call, kCallsMax);
      if (!crashes && loss != CrashLoss::kNothing) break;  // a failure without a crash loses nothing
    }
  }
}

// A crash right after it said that it was done.
TEST(TrustStore, ATrustedRootSurvivesAPowerCut) {
  MemoryFileSystem fs;
  ASSERT_TRUE(trust_first_root(fs, kStore, root_file(1)).ok());
  ASSERT_TRUE(add_trust_roots(fs, kStore, {root_file(2)}).ok());
  fs.crash(CrashLoss::kAll);
  EXPECT_EQ(number_in_force(fs), 2u);
}

}  // namespace
}  // namespace pannier
