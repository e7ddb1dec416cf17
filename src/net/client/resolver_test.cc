#include "net/client/resolver.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace pannier {
namespace {

Patience seconds(int count) { return {.deadline = Patience::Clock::now() + std::chrono::seconds(count)}; }

// A name server on loopback that answers every question: code 0 with the IPv4 address 127.9.8.7 (and
// no IPv6 address), another code without an answer; silent where `code` is -1.
class FakeNameServer {
 public:
  explicit FakeNameServer(int code) : code_(code), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), bytes), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &bytes);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeNameServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  FakeNameServer(const FakeNameServer&) = delete;
  FakeNameServer& operator=(const FakeNameServer&) = delete;

  ResolverOptions options() const { return {"127.0.0.1:" + std::to_string(port_)}; }

 private:
  void serve() {
    while (true) {
      char buffer[512];
      sockaddr_in from{};
      socklen_t bytes = sizeof from;
      const ssize_t got =
          ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &bytes);
      if (got < 12) return;
      if (code_ < 0) continue;
      const std::string answer = answer_to({buffer, static_cast<size_t>(got)});
      ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), bytes);
    }
  }

  // RFC 1035, 4.1.
  std::string answer_to(const std::string& question) const {
    const size_t name_end = question.find('\0', 12);
    const bool asks_ipv4 = question[name_end + 2] == 1;
    const bool answers = code_ == 0 && asks_ipv4;
    std::string answer = question.substr(0, 2);  // its id
    answer += std::string("\x81", 1) + static_cast<char>(0x80 | code_);
    answer += std::string("\0\1\0", 3) + (answers ? '\1' : '\0') + std::string(4, '\0');
    answer += question.substr(12, name_end + 5 - 12);
    if (answers) answer += std::string("\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\x7F\x09\x08\x07", 16);
    return answer;
  }

  int code_;
  int socket_;
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST(Resolver, LiteralAddressesAreTakenAsTheyAre) {
  const ResolverOptions nowhere{"127.0.0.1:9"};
  EXPECT_EQ((*resolve_host("192.0.2.1", 80, seconds(5), nowhere))[0].text(), "192.0.2.1:80");
  EXPECT_EQ((*resolve_host("2001:db8::1", 443, seconds(5), nowhere))[0].text(), "[2001:db8::1]:443");
}

// A name server that says otherwise would have tokens for a local proxy sent elsewhere.
TEST(Resolver, KnowsThisMachineWithoutAsking) {
  const FakeNameServer server(0);
  for (const char* host : {"localhost", "localhost.", "hub.localhost"}) {
    const auto addresses = resolve_host(host, 80, seconds(5), server.options());
    ASSERT_TRUE(addresses.ok());
    ASSERT_EQ(addresses->size(), 2u);
    EXPECT_EQ((*addresses)[0].text(), "[::1]:80");
    EXPECT_EQ((*addresses)[1].text(), "127.0.0.1:80");
  }
  const auto other = resolve_host("notlocalhost", 80, seconds(10), server.options());
  ASSERT_TRUE(other.ok());
  EXPECT_EQ((*other)[0].text(), "127.9.8.7:80");
}

TEST(Resolver, AsksTheNameServer) {
  const FakeNameServer server(0);
  const auto addresses = resolve_host("hub.example", 8080, seconds(10), server.options());
  ASSERT_TRUE(addresses.ok()) << addresses.error().message;
  ASSERT_EQ(addresses->size(), 1u);
  EXPECT_EQ((*addresses)[0].text(), "127.9.8.7:8080");
}

TEST(Resolver, AnUnknownNameIsSaidToBe) {
  const FakeNameServer server(3);
  const auto addresses = resolve_host("nobody.example", 80, seconds(10), server.options());
  ASSERT_FALSE(addresses.ok());
  EXPECT_EQ(addresses.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(addresses.error().message, "the host \"nobody.example\" is not known");
}

TEST(Resolver, AServerThatFailsIsNoAnswer) {
  const FakeNameServer server(2);
  const auto addresses = resolve_host("hub.example", 80, seconds(10), server.options());
  ASSERT_FALSE(addresses.ok());
  EXPECT_NE(addresses.error().message.find("could not be looked up"), std::string::npos);
}

TEST(Resolver, ASilentServerTimesOut) {
  const FakeNameServer server(-1);
  Patience patience{.deadline = Patience::Clock::now() + std::chrono::milliseconds(50)};
  const auto addresses = resolve_host("hub.example", 80, patience, server.options());
  ASSERT_FALSE(addresses.ok());
  EXPECT_EQ(addresses.error().kind, ErrorKind::kNetwork);
}

TEST(Resolver, AnInterruptEndsTheWait) {
  const FakeNameServer server(-1);
  const std::atomic<bool> cancel = true;
  Patience patience = seconds(60);
  patience.cancel = &cancel;
  EXPECT_EQ(resolve_host("hub.example", 80, patience, server.options()).error().kind,
            ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace pannier
