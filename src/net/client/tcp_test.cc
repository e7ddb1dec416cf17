// tcp: waiting lasts as long as it is allowed to, and no shorter.
#include "net/client/tcp.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pannier {
namespace {

using std::chrono::milliseconds;

// A connection to another continent takes longer than no time at all: with an endless idle time, waiting for
// one once gave up at once.
TEST(WaitFor, AnEndlessIdleTimeLeavesTheDeadline) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Patience patience;
  patience.idle = milliseconds::max();
  const auto start = Patience::Clock::now();
  patience.deadline = start + milliseconds(30);
  const auto silent = wait_for(ends[0], POLLIN, patience);
  ASSERT_TRUE(silent.ok());
  EXPECT_FALSE(*silent);
  EXPECT_GE(Patience::Clock::now() - start, milliseconds(30));
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  patience.deadline = Patience::Clock::time_point::max();
  const auto ready = wait_for(ends[0], POLLIN, patience);
  ASSERT_TRUE(ready.ok());
  EXPECT_TRUE(*ready);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(WaitFor, TheIdleTimeEndsAnEndlessDeadline) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Patience patience;
  patience.idle = milliseconds(20);
  const auto start = Patience::Clock::now();
  const auto silent = wait_for(ends[0], POLLIN, patience);
  ASSERT_TRUE(silent.ok());
  EXPECT_FALSE(*silent);
  EXPECT_GE(Patience::Clock::now() - start, milliseconds(20));
  EXPECT_LT(Patience::Clock::now() - start, milliseconds(5'000));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace pannier
