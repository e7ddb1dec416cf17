// What a store is after every single call of a collection, a rollback or a removal failed, ended in a power
// cut or killed the process: nothing that a kept list names is ever lost, and the next attempt works.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/store/collect.h"
#include "carry/store/history.h"
#include "carry/store/kill_testing.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::put_models;
using store_testing::read_all;
using Models = std::map<std::string, Files>;

const std::string kRoot = "/srv/store";
constexpr uint64_t kCallsMax = 1'000;

const Models kFirst = {{"a", {{"f", "first"}, {"shared", "by all"}}}, {"b", {{"f", "b"}}}};
const Models kSecond = {{"a", {{"f", "second"}, {"shared", "by all"}}}};
const Models kNow = {{"a", {{"f", "third"}, {"shared", "by all"}}}, {"b", {{"f", "b"}}}};

// Three generations; a collection that keeps two has something to take.
void fill(FileSystem& fs, const std::string& root) {
  ASSERT_TRUE(put_models(fs, root, kFirst).ok());
  ASSERT_TRUE(put_models(fs, root, kSecond).ok());
  ASSERT_TRUE(put_models(fs, root, {{"a", kNow.at("a")}}).ok());
}

struct Operation {
  const char* name;
  std::function<Status(FileSystem& fs, const std::string& root)> run;
  Models after;  // what the newest list names then

  friend void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }
};

CollectOptions keep_two() {
  CollectOptions options;
  options.generations_kept = 2;
  options.grace_seconds = 0;
  return options;
}

std::vector<Operation> operations() {
  return {
      {"Collect",
       [](FileSystem& fs, const std::string& root) -> Status {
         const auto result = collect_garbage(fs, root, keep_two());
         return result.ok() ? Status() : Status(result.error());
       },
       kNow},
      {"RollBack",
       [](FileSystem& fs, const std::string& root) -> Status {
         const auto result = roll_back(fs, root, {});
         return result.ok() ? Status() : Status(result.error());
       },
       {{"a", kSecond.at("a")}, {"b", kNow.at("b")}}},
      {"Remove",
       [](FileSystem& fs, const std::string& root) -> Status {
         const auto result = remove_references(fs, root, {"b"});
         return result.ok() ? Status() : Status(result.error());
       },
       {{"a", kNow.at("a")}}},
  };
}

// Every list that is there is whole, down to the last blob; and the newest is the old state or the new one.
void expect_whole(FileSystem& fs, const std::string& root, const Operation& operation, bool is_done) {
  const auto start = std::chrono::steady_clock::now();
  const auto store = Store::open(fs, root);
  ASSERT_TRUE(store.ok()) << store.error().to_string();
  const auto all = read_all(fs, root);
  ASSERT_TRUE(all.ok()) << all.error().to_string();
  EXPECT_TRUE(*all == operation.after || (!is_done && *all == kNow));
  const auto numbers = (*store)->generations();
  ASSERT_TRUE(numbers.ok());
  EXPECT_GE(numbers->size(), 2u);
  for (const uint64_t number : *numbers) {
    const auto index = (*store)->generation(number);
    ASSERT_TRUE(index.ok()) << index.error().to_string();
    for (const Reference& reference : index->references) {
      const auto files = store_testing::read_model(fs, **store, reference);
      EXPECT_TRUE(files.ok()) << "generation " << number << ": " << files.error().to_string();
    }
  }
  // What a broken one left does not keep the next from working.
  const Status again = operation.run(fs, root);
  EXPECT_TRUE(again.ok() || operation.name == std::string("Remove")) << again.error().to_string();
  const auto put = put_models(fs, root, {{"later", {{"f", "later"}}}});
  ASSERT_TRUE(put.ok()) << put.error().to_string();
  const Status collected = operations()[0].run(fs, root);
  EXPECT_TRUE(collected.ok()) << collected.error().to_string();
  EXPECT_EQ(read_all(fs, root)->at("later").at("f"), "later");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << "recovery takes too long";
}

struct FaultRow {
  const char* name;
  FaultKind kind;
  bool for_ever;
  bool crashes = false;
  CrashLoss loss = CrashLoss::kNothing;
};
constexpr FaultRow kFaults[] = {
    {"IoErrorOnce", FaultKind::kIoError, false},
    {"IoErrorForEver", FaultKind::kIoError, true},
    {"NoSpaceOnce", FaultKind::kNoSpace, false},
    {"NoSpaceForEver", FaultKind::kNoSpace, true},
    {"ShortWrite", FaultKind::kShortWrite, true},
    {"LateErrorOnce", FaultKind::kLateError, false},
    {"LateErrorForEver", FaultKind::kLateError, true},
    {"PowerCutLosingNothing", FaultKind::kIoError, true, true, CrashLoss::kNothing},
    {"PowerCutLosingContents", FaultKind::kIoError, true, true, CrashLoss::kContents},
    {"PowerCutLosingNames", FaultKind::kIoError, true, true, CrashLoss::kNames},
    {"PowerCutLosingAll", FaultKind::kIoError, true, true, CrashLoss::kAll},
};

class CollectFault : public ::testing::TestWithParam<Operation> {};

TEST_P(CollectFault, AtEveryCallNothingNamedIsLost) {
  for (const FaultRow& row : kFaults) {
    uint64_t call = 1;
    for (; call <= kCallsMax; ++call) {
      SCOPED_TRACE(std::string(row.name) + " at call " + std::to_string(call));
      MemoryFileSystem memory;
      fill(memory, kRoot);
      FaultPlan plan;
      plan.at_call = call;
      plan.kind = row.kind;
      plan.for_ever = row.for_ever;
      if (row.crashes) plan.before_fault = [&memory, &row] { memory.crash(row.loss); };
      FaultyFileSystem faulty(memory, std::move(plan));
      const bool is_done = GetParam().run(faulty, kRoot).ok();
      expect_whole(memory, kRoot, GetParam(), is_done);
      if (HasFailure()) return;
      if (!faulty.was_hit()) {
        EXPECT_TRUE(is_done);
        break;
      }
    }
    EXPECT_GT(call, 10u);
    EXPECT_LT(call, kCallsMax);
  }
}

// What was reported as done survives the cut that follows.
TEST_P(CollectFault, WhatIsDoneStaysDone) {
  for (const CrashLoss loss :
       {CrashLoss::kNothing, CrashLoss::kContents, CrashLoss::kNames, CrashLoss::kAll}) {
    MemoryFileSystem memory;
    fill(memory, kRoot);
    ASSERT_TRUE(GetParam().run(memory, kRoot).ok());
    memory.crash(loss);
    expect_whole(memory, kRoot, GetParam(), true);
  }
}

// The same with a real process, a real SIGKILL and the operating system's own calls.
TEST_P(CollectFault, KilledAtEveryCallNothingNamedIsLost) {
  FileSystem& real = real_file_system();
  const std::string base = kill_testing::fast_folder("collect_kill");
  uint64_t call = 1;
  for (; call <= kCallsMax; ++call) {
    SCOPED_TRACE("killed at call " + std::to_string(call));
    const std::string root = base + "/" + std::to_string(call);
    fill(real, root);
    const bool was_killed = kill_testing::is_killed_at(
        call, [&](FileSystem& deadly) { return GetParam().run(deadly, root).ok(); });
    expect_whole(real, root, GetParam(), !was_killed);
    (void)real.remove_tree(root);
    if (HasFailure() || !was_killed) break;
  }
  EXPECT_GT(call, 10u);
  EXPECT_LT(call, kCallsMax);
  (void)real.remove_tree(base);
}

INSTANTIATE_TEST_SUITE_P(Each, CollectFault, ::testing::ValuesIn(operations()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace pannier
