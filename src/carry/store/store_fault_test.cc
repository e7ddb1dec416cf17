// What a store is after every single call of a commit failed, ended in a power cut or killed the process:
// the old state or the new one, whole, and ready for the next commit.
#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/store/kill_testing.h"
#include "carry/store/store.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::put_models;
using store_testing::read_all;
using Models = std::map<std::string, Files>;

const std::string kRoot = "/srv/store";
const Models kFirst = {{"kept", {{"config.json", "{}"}, {"model.bin", "kept weights"}}},
                       {"replaced", {{"model.bin", "old weights"}}}};
const Models kSecond = {{"added", {{"config.json", "{}"}, {"model.bin", "added weights"}}},
                        {"replaced", {{"model.bin", "new weights"}}}};
const Models kBoth = {
    {"added", kSecond.at("added")}, {"kept", kFirst.at("kept")}, {"replaced", kSecond.at("replaced")}};
// More calls than a commit can make: the loops below end before, or the test fails.
constexpr uint64_t kCallsMax = 500;

// A later commit works, finds the state it should build on, and sweeps what the broken one left.
void expect_usable(FileSystem& fs, const std::string& root) {
  const auto put = put_models(fs, root, kSecond);
  ASSERT_TRUE(put.ok()) << put.error().to_string();
  const auto all = read_all(fs, root);
  ASSERT_TRUE(all.ok()) << all.error().to_string();
  for (const auto& [name, files] : kSecond) EXPECT_EQ(all->at(name), files);
  const auto staging = fs.list(root + "/pannier/staging");
  ASSERT_TRUE(staging.ok());
  for (const FolderEntry& entry : *staging) EXPECT_TRUE(entry.name.ends_with(".lock")) << entry.name;
}

struct Outcome {
  bool was_hit = false;  // false: the commit makes fewer calls than that
  bool is_new = false;
};

// One commit with a fault at one call, on a store that holds kFirst; then looks at what is there.
void commit_with_fault(FaultPlan plan, MemoryFileSystem& memory, Outcome& outcome) {
  ASSERT_TRUE(put_models(memory, kRoot, kFirst).ok());
  FaultyFileSystem faulty(memory, std::move(plan));
  const auto put = put_models(faulty, kRoot, kSecond);
  outcome.was_hit = faulty.was_hit();

  const auto all = read_all(memory, kRoot);
  ASSERT_TRUE(all.ok()) << all.error().to_string();
  outcome.is_new = *all == kBoth;
  if (put.ok()) {
    EXPECT_TRUE(outcome.is_new) << "reported as done";
  } else {
    EXPECT_TRUE(outcome.is_new || *all == kFirst) << "neither old nor new";
  }
}

struct FaultRow {
  const char* name;
  FaultKind kind;
  bool for_ever;

  friend void PrintTo(const FaultRow& row, std::ostream* out) { *out << row.name; }
};

class StoreFault : public ::testing::TestWithParam<FaultRow> {};

TEST_P(StoreFault, AtEveryCallTheStoreIsOldOrNew) {
  bool saw_old = false;
  uint64_t call = 1;
  for (; call <= kCallsMax; ++call) {
    SCOPED_TRACE("fault at call " + std::to_string(call));
    MemoryFileSystem memory;
    Outcome outcome;
    FaultPlan plan;
    plan.at_call = call;
    plan.kind = GetParam().kind;
    plan.for_ever = GetParam().for_ever;
    commit_with_fault(std::move(plan), memory, outcome);
    expect_usable(memory, kRoot);
    if (HasFailure()) return;
    saw_old = saw_old || !outcome.is_new;
    if (!outcome.was_hit) break;
  }
  EXPECT_LT(call, kCallsMax);
  EXPECT_TRUE(saw_old) << "no fault stopped a commit: this test tests nothing";
}

INSTANTIATE_TEST_SUITE_P(Every, StoreFault,
                         ::testing::Values(FaultRow{"IoErrorOnce", FaultKind::kIoError, false},
                                           FaultRow{"IoErrorForEver", FaultKind::kIoError, true},
                                           FaultRow{"NoSpaceOnce", FaultKind::kNoSpace, false},
                                           FaultRow{"NoSpaceForEver", FaultKind::kNoSpace, true},
                                           FaultRow{"ShortWrite", FaultKind::kShortWrite, true},
                                           FaultRow{"LateErrorOnce", FaultKind::kLateError, false},
                                           FaultRow{"LateErrorForEver", FaultKind::kLateError, true}),
                         [](const auto& row) { return row.param.name; });

struct CrashRow {
  const char* name;
  CrashLoss loss;

  friend void PrintTo(const CrashRow& row, std::ostream* out) { *out << row.name; }
};

class StoreCrash : public ::testing::TestWithParam<CrashRow> {
 protected:
  FaultPlan plan_at(uint64_t call, MemoryFileSystem& memory) {
    FaultPlan plan;
    plan.at_call = call;
    plan.for_ever = true;  // whoever lost power makes no more calls
    plan.before_fault = [&memory, this] { memory.crash(GetParam().loss); };
    return plan;
  }
};

TEST_P(StoreCrash, AtEveryCallOfACommitTheStoreIsOldOrNew) {
  bool saw_old = false;
  bool saw_new = false;
  uint64_t call = 1;
  for (; call <= kCallsMax; ++call) {
    SCOPED_TRACE("crash at call " + std::to_string(call));
    MemoryFileSystem memory;
    Outcome outcome;
    commit_with_fault(plan_at(call, memory), memory, outcome);
    if (outcome.was_hit) (outcome.is_new ? saw_new : saw_old) = true;
    expect_usable(memory, kRoot);
    if (HasFailure()) return;
    if (!outcome.was_hit) break;
  }
  EXPECT_LT(call, kCallsMax);
  EXPECT_TRUE(saw_old && saw_new);
}

TEST_P(StoreCrash, WhatWasReportedAsDoneSurvives) {
  MemoryFileSystem memory;
  ASSERT_TRUE(put_models(memory, kRoot, kFirst).ok());
  memory.crash(GetParam().loss);
  EXPECT_EQ(*read_all(memory, kRoot), kFirst);
  ASSERT_TRUE(put_models(memory, kRoot, kSecond).ok());
  memory.crash(GetParam().loss);
  EXPECT_EQ(*read_all(memory, kRoot), kBoth);
}

// The first commit ever, creation included.
TEST_P(StoreCrash, AtEveryCallOfACreationTheNextWriterCompletesIt) {
  uint64_t call = 1;
  for (; call <= kCallsMax; ++call) {
    SCOPED_TRACE("crash at call " + std::to_string(call));
    MemoryFileSystem memory;
    FaultyFileSystem faulty(memory, plan_at(call, memory));
    const auto put = put_models(faulty, kRoot, kSecond);
    const auto all = read_all(memory, kRoot);
    if (put.ok()) {
      ASSERT_TRUE(all.ok()) << all.error().to_string();
    }
    if (all.ok()) {
      EXPECT_TRUE(*all == kSecond || (all->empty() && !put.ok()));
    } else {
      EXPECT_EQ(all.error().kind, ErrorKind::kNotFound) << all.error().to_string();
    }
    expect_usable(memory, kRoot);
    if (HasFailure()) return;
    if (!faulty.was_hit()) break;
  }
  EXPECT_LT(call, kCallsMax);
}

// A blob that another writer put in its place but did not live to sync: finding it is not enough.
TEST_P(StoreCrash, BlobsFoundFromADeadWriterAreMadeDurable) {
  for (uint64_t call = 1; call <= kCallsMax; ++call) {
    SCOPED_TRACE("first writer dies at call " + std::to_string(call));
    MemoryFileSystem memory;
    ASSERT_TRUE(put_models(memory, kRoot, kFirst).ok());
    FaultPlan plan;
    plan.at_call = call;
    plan.for_ever = true;
    FaultyFileSystem dying(memory, std::move(plan));
    (void)put_models(dying, kRoot, kSecond);
    // The second one stages only what is not there, as install does.
    const auto store = Store::open(memory, kRoot);
    ASSERT_TRUE(store.ok());
    {
      MemoryFileSystem scratch;
      const auto source = Store::open_or_create(scratch, kRoot);
      auto scratch_writer = (*source)->begin();
      std::vector<Reference> references;
      for (const auto& [name, files] : kSecond) {
        references.push_back(*store_testing::stage_model(**scratch_writer, name, files));
      }
      ASSERT_TRUE((*scratch_writer)->commit(references).ok());
      auto writer = (*store)->begin();
      const auto blobs = scratch.list(kRoot + "/blobs/sha256");
      ASSERT_TRUE(blobs.ok());
      for (const FolderEntry& blob : *blobs) {
        const auto contents = read_small_file(scratch, kRoot + "/blobs/sha256/" + blob.name, 1 << 20);
        if ((*store)->has_blob(*digest_from_hex(blob.name), contents->size())) continue;
        ASSERT_TRUE((*writer)->add_blob(*contents).ok());
      }
      ASSERT_TRUE((*writer)->commit(references).ok());
    }
    memory.crash(GetParam().loss);
    const auto all = read_all(memory, kRoot);
    ASSERT_TRUE(all.ok()) << all.error().to_string();
    ASSERT_EQ(*all, kBoth);
    if (!dying.was_hit()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, StoreCrash,
                         ::testing::Values(CrashRow{"LosingNothing", CrashLoss::kNothing},
                                           CrashRow{"LosingContents", CrashLoss::kContents},
                                           CrashRow{"LosingNames", CrashLoss::kNames},
                                           CrashRow{"LosingAll", CrashLoss::kAll}),
                         [](const auto& row) { return row.param.name; });

// A disk of every size from too small to large enough.
TEST(StoreFull, ADiskThatFillsUpLeavesTheOldState) {
  bool saw_old = false;
  bool saw_new = false;
  for (uint64_t capacity_bytes = 2000; capacity_bytes < 12'000; capacity_bytes += 97) {
    MemoryFileSystem memory;
    ASSERT_TRUE(put_models(memory, kRoot, kFirst).ok());
    memory.set_capacity_bytes(capacity_bytes);
    const auto put = put_models(memory, kRoot, kSecond);
    (put.ok() ? saw_new : saw_old) = true;
    const auto all = read_all(memory, kRoot);
    ASSERT_TRUE(all.ok()) << all.error().to_string();
    EXPECT_EQ(*all, put.ok() ? kBoth : kFirst);
    if (!put.ok()) {
      EXPECT_NE(put.error().message.find("No space left"), std::string::npos) << put.error().to_string();
    }
    memory.set_capacity_bytes(UINT64_MAX);
    expect_usable(memory, kRoot);
  }
  EXPECT_TRUE(saw_old && saw_new);
}

// The same with a real process, a real SIGKILL and the operating system's own calls.
TEST(StoreKill, AtEveryCallTheStoreIsOldOrNew) {
  FileSystem& real = real_file_system();
  const std::string base = kill_testing::fast_folder("store_kill");
  bool saw_old = false;
  bool saw_new = false;
  for (uint64_t call = 1; call <= kCallsMax; ++call) {
    SCOPED_TRACE("killed at call " + std::to_string(call));
    const std::string root = base + "/" + std::to_string(call);
    ASSERT_TRUE(put_models(real, root, kFirst).ok());
    const bool was_killed = kill_testing::is_killed_at(
        call, [&](FileSystem& deadly) { return put_models(deadly, root, kSecond).ok(); });
    const auto all = read_all(real, root);
    ASSERT_TRUE(all.ok()) << all.error().to_string();
    ASSERT_TRUE(*all == kFirst || *all == kBoth);
    (*all == kBoth ? saw_new : saw_old) = true;
    expect_usable(real, root);
    (void)real.remove_tree(root);
    if (HasFailure() || !was_killed) break;
  }
  (void)real.remove_tree(base);
  EXPECT_TRUE(saw_old && saw_new);
}

}  // namespace
}  // namespace pannier
