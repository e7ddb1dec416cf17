// child_process: what a child is given, what comes back, and how it is stopped.
#include "base/child_process.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace pannier {
namespace {

ProgramCall shell(const std::string& script) {
  ProgramCall call;
  call.arguments = {"/bin/sh", "-c", script};
  return call;
}

TEST(ChildProcess, GivesBothOutputsAndTheStatus) {
  const auto end = run_program(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(end.ok()) << end.error().to_string();
  EXPECT_EQ(end->output, "out\n");
  EXPECT_EQ(end->errors, "err\n");
  EXPECT_EQ(end->exit_status, 3);
}

TEST(ChildProcess, ArgumentsReachTheProgramAsTheyAre) {
  ProgramCall call;
  call.arguments = {"printf", "%s|", "a b", "$(touch x)", "", "'\"\\;"};
  const auto end = run_program(call);
  ASSERT_TRUE(end.ok()) << end.error().to_string();
  EXPECT_EQ(end->output, "a b|$(touch x)||'\"\\;|");
}

TEST(ChildProcess, SetsAndDropsVariables) {
  ::setenv("PANNIER_TEST_KEPT", "kept", 1);
  ::setenv("PANNIER_TEST_DROP_A", "a", 1);
  ::setenv("PANNIER_TEST_DROP_B", "b", 1);
  ::setenv("PANNIER_TEST_OVER", "old", 1);
  ProgramCall call = shell(
      "echo $PANNIER_TEST_KEPT,$PANNIER_TEST_DROP_A,$PANNIER_TEST_DROP_B,$PANNIER_TEST_OVER;"
      "env | grep -c ^PANNIER_TEST_OVER=");
  call.dropped = {"PANNIER_TEST_DROP_*"};
  call.set = {{"PANNIER_TEST_OVER", "new"}};
  const auto end = run_program(call);
  ASSERT_TRUE(end.ok()) << end.error().to_string();
  EXPECT_EQ(end->output, "kept,,,new\n1\n");
}

TEST(ChildProcess, RunsInTheFolderAndReadsNothing) {
  ProgramCall call = shell("pwd; cat");
  call.working_folder = "/usr";
  const auto end = run_program(call);
  ASSERT_TRUE(end.ok()) << end.error().to_string();
  EXPECT_EQ(end->output, "/usr\n");
}

TEST(ChildProcess, AMissingProgramIsNotFound) {
  ProgramCall call;
  call.arguments = {"/no/such/program"};
  const auto end = run_program(call);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(end.error().message.find("/no/such/program"), std::string::npos);
}

TEST(ChildProcess, EndlessOutputIsStopped) {
  ProgramCall call = shell("yes");
  call.output_bytes_max = 100'000;
  const auto end = run_program(call);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::kLimit);
}

TEST(ChildProcess, EndlessErrorsAreDroppedBeyondTheLimit) {
  ProgramCall call = shell("yes 0123456789 | head -c 3000000 >&2; echo done");
  call.error_bytes_kept = 1'000;
  const auto end = run_program(call);
  ASSERT_TRUE(end.ok()) << end.error().to_string();
  EXPECT_EQ(end->errors.size(), 1'000u);
  EXPECT_EQ(end->output, "done\n");
}

TEST(ChildProcess, StopsWhenAskedAndSoDoesWhatItStarted) {
  std::atomic<bool> cancel{true};
  // The grandchild would hold the pipe open for an hour.
  ProgramCall call = shell("sleep 3600 & sleep 3600");
  call.cancel = &cancel;
  const auto end = run_program(call);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::kInterrupted);
}

TEST(ChildProcess, StopsAfterItsTime) {
  ProgramCall call = shell("exec >&- 2>&-; sleep 3600");
  call.time_max = std::chrono::milliseconds(100);
  const auto end = run_program(call);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::kLimit);
}

TEST(ChildProcess, SaysWhichSignalEndedIt) {
  const auto end = run_program(shell("kill -9 $$"));
  ASSERT_TRUE(end.ok()) << end.error().to_string();
  EXPECT_EQ(end->exit_status, 128 + 9);
}

}  // namespace
}  // namespace pannier
