#include "cli/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace pannier {
namespace {

// Runs `body` in a child that has entered the sandbox; its exit code (-1: died of a signal).
int in_sandbox(int (*body)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!enter_sandbox().ok()) ::_exit(99);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Each body returns 0 where the call was refused with EACCES.
int refused(long result) { return result == -1 && errno == EACCES ? 0 : 1; }

TEST(Sandbox, RefusesEveryWayOut) {
  EXPECT_EQ(in_sandbox([] { return refused(::socket(AF_INET, SOCK_STREAM, 0)); }), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::socket(AF_INET6, SOCK_DGRAM, 0)); }), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::socket(AF_UNIX, SOCK_STREAM, 0)); }), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::socket(AF_NETLINK, SOCK_RAW, 0)); }), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::syscall(SYS_io_uring_setup, 8, nullptr)); }), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::execl("/bin/true", "true", nullptr)); }), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0)); }),
            0);
}

TEST(Sandbox, ASocketFromBeforeIsOfNoUse) {
  static int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::sendto(pair[0], "x", 1, 0, nullptr, 0)); }), 0);
  EXPECT_EQ(in_sandbox([] { return refused(::connect(pair[0], nullptr, 0)); }), 0);
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST(Sandbox, NewThreadsAreInsideToo) {
  EXPECT_EQ(in_sandbox([] {
              int code = 1;
              std::thread([&] { code = refused(::socket(AF_INET, SOCK_STREAM, 0)); }).join();
              return code;
            }),
            0);
}

TEST(Sandbox, FilesWorkAsBefore) {
  EXPECT_EQ(in_sandbox([] {
              const int fd = ::open("/proc/self/status", O_RDONLY);
              char byte = 0;
              return fd >= 0 && ::read(fd, &byte, 1) == 1 ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace pannier
