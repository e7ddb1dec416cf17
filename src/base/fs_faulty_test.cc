// The faults that can be injected, one by one.
#include "base/fs_faulty.h"

#include <gtest/gtest.h>

#include <csignal>

#include "base/fs_memory.h"

namespace pannier {
namespace {

TEST(FaultyFileSystem, FailsAtTheChosenCallOnly) {
  MemoryFileSystem memory;
  FaultyFileSystem fs(memory, {.at_call = 2, .before_fault = {}});
  EXPECT_TRUE(fs.make_folders("/a").ok());
  EXPECT_FALSE(fs.make_folders("/b").ok());
  EXPECT_TRUE(fs.make_folders("/c").ok());
  EXPECT_EQ(fs.call_count(), 3u);
  EXPECT_TRUE(fs.was_hit());
  EXPECT_FALSE(memory.stat("/b").ok());
}

TEST(FaultyFileSystem, FailsForEver) {
  MemoryFileSystem memory;
  FaultyFileSystem fs(memory,
                      {.at_call = 2, .kind = FaultKind::kNoSpace, .for_ever = true, .before_fault = {}});
  EXPECT_TRUE(fs.make_folders("/a").ok());
  EXPECT_NE(fs.make_folders("/b").error().message.find("No space left"), std::string::npos);
  EXPECT_FALSE(fs.stat("/a").ok());
}

TEST(FaultyFileSystem, WritesShort) {
  MemoryFileSystem memory;
  FaultyFileSystem fs(memory, {.at_call = 2, .kind = FaultKind::kShortWrite, .before_fault = {}});
  auto file = fs.create("/f");
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE((*file)->append(as_bytes("12345678")).ok());
  EXPECT_EQ(*read_small_file(memory, "/f", 100), "1234");
}

TEST(FaultyFileSystem, ReportsADoneCallAsFailed) {
  MemoryFileSystem memory;
  FaultyFileSystem fs(memory, {.at_call = 1, .kind = FaultKind::kLateError, .before_fault = {}});
  EXPECT_FALSE(fs.make_folders("/a").ok());
  EXPECT_TRUE(memory.stat("/a").ok());
}

TEST(FaultyFileSystem, CallsBackOnceBeforeTheFault) {
  MemoryFileSystem memory;
  int calls = 0;
  FaultyFileSystem fs(memory, {.at_call = 1, .for_ever = true, .before_fault = [&] { ++calls; }});
  EXPECT_FALSE(fs.make_folders("/a").ok());
  EXPECT_FALSE(fs.make_folders("/b").ok());
  EXPECT_EQ(calls, 1);
}

TEST(FaultyFileSystem, KillsTheProcess) {
  EXPECT_EXIT(
      {
        MemoryFileSystem memory;
        FaultyFileSystem fs(memory, {.at_call = 1, .kind = FaultKind::kKill, .before_fault = {}});
        (void)fs.make_folders("/a");
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace pannier
