// For tests only: work that a real SIGKILL ends at one of its calls to the machine's own file system.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>

#include "base/fs_faulty.h"

namespace pannier::kill_testing {

// A kill loses nothing that was written, so a file system in memory will do where there is one: hundreds
// of commits are slow where each sync waits for a disk.
inline std::string fast_folder(const std::string& prefix) {
  const bool has_shared_memory = ::access("/dev/shm", W_OK) == 0;
  return (has_shared_memory ? "/dev/shm/" : ::testing::TempDir()) + unique_name(prefix);
}

// Runs `work` in a process of its own that kills itself before its call number `call`. Whether it died of
// that; where it makes fewer calls it must have succeeded.
inline bool is_killed_at(uint64_t call, const std::function<bool(FileSystem&)>& work) {
  const pid_t child = ::fork();
  EXPECT_GE(child, 0);
  if (child < 0) return false;
  if (child == 0) {
    FaultPlan plan;
    plan.at_call = call;
    plan.kind = FaultKind::kKill;
    FaultyFileSystem deadly(real_file_system(), std::move(plan));
    ::_exit(work(deadly) ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) {
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    return true;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return false;
}

}  // namespace pannier::kill_testing
