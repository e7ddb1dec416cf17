#include "net/client/tcp.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/client/scripted_server.h"

namespace pannier {
namespace {

using std::chrono::milliseconds;

Patience within(milliseconds time) { return {.deadline = Patience::Clock::now() + time}; }

SocketAddress loopback(uint16_t port) {
  SocketAddress address;
  address.v4.sin_family = AF_INET;
  address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.v4.sin_port = htons(port);
  return address;
}

// A port where nobody accepts and no more connections fit: packets to it are dropped, as by a firewall.
class SilentPort {
 public:
  SilentPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address = loopback(0);
    socklen_t bytes = address.bytes();
    EXPECT_EQ(::bind(listener_, &address.any, bytes), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, &address.any, &bytes), 0);
    address_ = address;
    for (int& fd : waiting_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(fd, &address.any, address.bytes());
    }
  }
  ~SilentPort() {
    for (const int fd : waiting_) ::close(fd);
    ::close(listener_);
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  SocketAddress address() const { return address_; }

 private:
  int listener_;
  SocketAddress address_;
  int waiting_[4] = {};
};

TEST(SocketAddress, IsShownWithItsPort) {
  EXPECT_EQ(loopback(80).text(), "127.0.0.1:80");
  SocketAddress address;
  address.v6.sin6_family = AF_INET6;
  address.v6.sin6_addr = in6addr_loopback;
  address.v6.sin6_port = htons(443);
  EXPECT_EQ(address.text(), "[::1]:443");
}

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

TEST(ConnectTcp, GoesOnToTheNextAddress) {
  uint16_t closed_port = 0;
  {
    const ScriptedServer gone({[](ScriptedPeer&) {}});
    closed_port = gone.port();
  }
  ScriptedServer server({[](ScriptedPeer& peer) { peer.wait_for_close(); }});
  EXPECT_TRUE(
      connect_tcp({loopback(closed_port), loopback(server.port())}, "test", within(milliseconds(10'000)))
          .ok());
  const auto refused = connect_tcp({loopback(closed_port)}, "test", within(milliseconds(10'000)));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kNetwork);
}

// The first address must not use up the time of the second.
TEST(ConnectTcp, ASilentAddressGetsItsShareOfTheTimeOnly) {
  const SilentPort silent;
  ScriptedServer server({[](ScriptedPeer& peer) { peer.wait_for_close(); }});
  EXPECT_TRUE(
      connect_tcp({silent.address(), loopback(server.port())}, "test", within(milliseconds(400))).ok());
}

TEST(ConnectTcp, ASilentAddressTimesOut) {
  const SilentPort silent;
  const auto stream = connect_tcp({silent.address()}, "http://silent", within(milliseconds(30)));
  ASSERT_FALSE(stream.ok());
  EXPECT_NE(stream.error().message.find("timed out"), std::string::npos) << stream.error().message;
  EXPECT_EQ(stream.error().message.find("http://silent: "), 0u);
}

TEST(ConnectTcp, AnInterruptEndsTheWait) {
  const SilentPort silent;
  const std::atomic<bool> cancel = true;
  Patience patience = within(milliseconds(60'000));
  patience.cancel = &cancel;
  EXPECT_EQ(connect_tcp({silent.address(), silent.address()}, "test", patience).error().kind,
            ErrorKind::kInterrupted);
}

TEST(ByteStream, TheEndAndAResetAreToldApartAndBothHangUp) {
  ScriptedServer server({[](ScriptedPeer& peer) { peer.write("x"); },
                         [](ScriptedPeer& peer) {
                           peer.read(1);
                           peer.reset();
                         }});
  uint8_t buffer[10];
  const auto ended = connect_tcp({loopback(server.port())}, "test", within(milliseconds(10'000)));
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(*(*ended)->read_some(buffer), 1u);
  EXPECT_FALSE((*ended)->hung_up());
  EXPECT_EQ(*(*ended)->read_some(buffer), 0u);
  EXPECT_TRUE((*ended)->hung_up());
  const auto reset = connect_tcp({loopback(server.port())}, "test", within(milliseconds(10'000)));
  ASSERT_TRUE(reset.ok());
  ASSERT_TRUE((*reset)->write_all(as_bytes("x")).ok());
  EXPECT_EQ((*reset)->read_some(buffer).error().kind, ErrorKind::kNetwork);
  EXPECT_TRUE((*reset)->hung_up());
}

}  // namespace
}  // namespace pannier
