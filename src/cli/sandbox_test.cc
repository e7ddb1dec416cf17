#include "cli/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "cli/command.h"

namespace pannier {
namespace {

// Runs `body` in a child that has entered the sandbox; its exit code (-1: died of a signal).
int in_sandbox(int (*body)(), Sandbox kind = Sandbox::kIsolated) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!enter_sandbox(kind).ok()) ::_exit(99);
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

int in_connected_sandbox(int (*body)()) { return in_sandbox(body, Sandbox::kConnected); }
int allowed(long result) { return result >= 0 ? 0 : 1; }

TEST(ConnectedSandbox, DialsOutToInternetAddresses) {
  EXPECT_EQ(in_connected_sandbox([] { return allowed(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }),
            0);
  EXPECT_EQ(in_connected_sandbox([] { return allowed(::socket(AF_INET, SOCK_DGRAM, 0)); }), 0);
  EXPECT_EQ(in_connected_sandbox([] {
              // Refused by nobody's filter: no IPv6 here is another error.
              return ::socket(AF_INET6, SOCK_STREAM, 0) >= 0 || errno != EACCES ? 0 : 1;
            }),
            0);
  EXPECT_EQ(in_connected_sandbox([] { return allowed(::socket(AF_NETLINK, SOCK_RAW, 0)); }), 0);
  // The asynchronous runtime that uv is built on wakes itself through such a pair.
  EXPECT_EQ(in_connected_sandbox([] {
              int pair[2];
              return allowed(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
            }),
            0);
}

// A socket of this machine may be a container engine's or a key agent's: as good as a shell.
TEST(ConnectedSandbox, ReachesNoOtherKindOfSocket) {
  EXPECT_EQ(in_connected_sandbox([] { return refused(::socket(AF_UNIX, SOCK_STREAM, 0)); }), 0);
  EXPECT_EQ(in_connected_sandbox([] { return refused(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }), 0);
  EXPECT_EQ(in_connected_sandbox([] { return refused(::socket(AF_PACKET, SOCK_RAW, 0)); }), 0);
  EXPECT_EQ(in_connected_sandbox([] { return refused(::socket(AF_VSOCK, SOCK_STREAM, 0)); }), 0);
  EXPECT_EQ(in_connected_sandbox([] { return refused(::socket(AF_ALG, SOCK_SEQPACKET, 0)); }), 0);
}

// The kernel takes the low half of the register for the family: AF_UNIX in disguise.
TEST(ConnectedSandbox, BitsBeyondTheFamilyDoNotHideIt) {
  EXPECT_EQ(
      in_connected_sandbox([] { return refused(::syscall(SYS_socket, 1L << 32 | AF_UNIX, SOCK_STREAM, 0)); }),
      0);
}

TEST(ConnectedSandbox, NobodyCallsIn) {
  EXPECT_EQ(in_connected_sandbox([] { return refused(::listen(::socket(AF_INET, SOCK_STREAM, 0), 1)); }), 0);
  EXPECT_EQ(in_connected_sandbox([] { return refused(::accept(0, nullptr, nullptr)); }), 0);
}

TEST(ConnectedSandbox, ProgramsRunAndInheritIt) {
  EXPECT_EQ(in_connected_sandbox([] {
              ::execl("/bin/sh", "sh", "-c", "exit 7", nullptr);
              return 1;
            }),
            7);
  EXPECT_EQ(in_connected_sandbox([] {
              ::execl("/bin/grep", "grep", "-q", "^Seccomp:.2", "/proc/self/status", nullptr);
              return 1;
            }),
            0);
}

TEST(ConnectedSandbox, RefusesWhatWouldGoAroundIt) {
  EXPECT_EQ(in_connected_sandbox([] { return refused(::syscall(SYS_io_uring_setup, 8, nullptr)); }), 0);
  EXPECT_EQ(in_connected_sandbox(
                [] { return refused(::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0)); }),
            0);
}

// `pack` tries a model in a child that gives up the rest.
TEST(ConnectedSandbox, CanBeNarrowed) {
  EXPECT_EQ(in_connected_sandbox([] {
              if (!enter_sandbox(Sandbox::kIsolated).ok()) return 99;
              return refused(::socket(AF_INET, SOCK_STREAM, 0)) |
                     refused(::execl("/bin/true", "true", nullptr));
            }),
            0);
}

TEST(Commands, NoneOfTheIsolatedSideNeedsANetwork) {
  for (const Command* command : isolated_commands()) EXPECT_FALSE(command->needs_network) << command->name;
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
