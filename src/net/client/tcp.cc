#include "net/client/tcp.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace pannier {
namespace {

using Clock = Patience::Clock;
constexpr std::chrono::milliseconds kCancelInterval{100};

Error network_error(const std::string& name, const std::string& what) {
  return Error{ErrorKind::kNetwork, name + ": " + what, ""};
}

class TcpStream : public ByteStream {
 public:
  TcpStream(int fd, std::string name, const Patience& patience)
      : fd_(fd), name_(std::move(name)), patience_(patience) {}
  ~TcpStream() override { ::close(fd_); }
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  Result<size_t> read_some(MutableByteSpan out) override {
    assert(!out.empty());
    PANNIER_TRY(patience_.check_cancel());
    while (true) {
      const ssize_t got = ::recv(fd_, out.data(), out.size(), 0);
      if (got > 0) return static_cast<size_t>(got);
      if (got == 0) {
        hung_up_ = true;
        return size_t{0};
      }
      PANNIER_TRY(wait_after(errno, POLLIN, "no byte came in"));
    }
  }

  Status write_all(ByteSpan bytes) override {
    PANNIER_TRY(patience_.check_cancel());
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes = bytes.subspan(static_cast<size_t>(sent));
        continue;
      }
      PANNIER_TRY(wait_after(errno, POLLOUT, "no byte was taken"));
    }
    return {};
  }

  bool readable() override {
    pollfd one{fd_, POLLIN, 0};
    return ::poll(&one, 1, 0) != 0;
  }

  bool hung_up() const override { return hung_up_; }
  void set_deadline(Clock::time_point deadline) override { patience_.deadline = deadline; }

 private:
  // What to do about a call that failed with `code`: wait and try again, or give up.
  Status wait_after(int code, short events, const char* nothing_happened) {
    if (code == EINTR) return patience_.check_cancel();
    if (code == EAGAIN || code == EWOULDBLOCK) {
      PANNIER_ASSIGN(const bool ready, wait_for(fd_, events, patience_));
      if (ready) return {};
      return network_error(name_, std::string(nothing_happened) + " for too long: timed out");
    }
    hung_up_ = code == ECONNRESET || code == EPIPE;
    return network_error(name_, std::string("the connection broke: ") + std::strerror(code));
  }

  int fd_;
  std::string name_;
  Patience patience_;
  bool hung_up_ = false;
};

// One address. Its error has the address in it.
Result<std::unique_ptr<ByteStream>> connect_one(const SocketAddress& address, const std::string& name,
                                                const Patience& patience, Clock::time_point give_up) {
  const int fd = ::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return network_error(name, std::string("no socket: ") + std::strerror(errno));
  auto stream = std::make_unique<TcpStream>(fd, name, patience);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  int code = ::connect(fd, &address.any, address.bytes()) == 0 ? 0 : errno;
  if (code == EINPROGRESS || code == EINTR) {
    Patience until = patience;
    until.deadline = give_up;
    until.idle = std::chrono::milliseconds::max();
    PANNIER_ASSIGN(const bool ready, wait_for(fd, POLLOUT, until));
    code = ETIMEDOUT;
    socklen_t bytes = sizeof code;
    if (ready && ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &bytes) != 0) code = errno;
  }
  if (code != 0) {
    return network_error(name, "cannot connect to " + address.text() + ": " + std::strerror(code));
  }
  return std::unique_ptr<ByteStream>(std::move(stream));
}

}  // namespace

Status Patience::check_cancel() const {
  if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) {
    return Error{ErrorKind::kInterrupted, "interrupted", ""};
  }
  return {};
}

std::string SocketAddress::text() const {
  char host[INET6_ADDRSTRLEN] = "?";
  if (any.sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
}

Result<bool> wait_for(int fd, short events, const Patience& patience) {
  const Clock::time_point start = Clock::now();
  Clock::time_point end = patience.deadline;
  // Compared in milliseconds: the endless idle time is too long for the clock's own nanoseconds.
  if (std::chrono::floor<std::chrono::milliseconds>(end - start) > patience.idle) end = start + patience.idle;
  while (true) {
    PANNIER_TRY(patience.check_cancel());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    const auto slice = std::clamp(left, std::chrono::milliseconds{0}, kCancelInterval);
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(slice.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) {
      return Error{ErrorKind::kIo, std::string("cannot wait for a connection: ") + std::strerror(errno), ""};
    }
    if (left.count() <= 0) return false;
  }
}

Result<std::unique_ptr<ByteStream>> connect_tcp(const std::vector<SocketAddress>& addresses,
                                                const std::string& name, const Patience& patience) {
  assert(!addresses.empty());
  Result<std::unique_ptr<ByteStream>> stream = network_error(name, "no address to connect to");
  for (size_t i = 0; i < addresses.size(); ++i) {
    const Clock::time_point now = Clock::now();
    if (now >= patience.deadline && i > 0) break;
    const auto share = (patience.deadline - now) / static_cast<int64_t>(addresses.size() - i);
    stream = connect_one(addresses[i], name, patience, now + share);
    if (stream.ok() || stream.error().kind == ErrorKind::kInterrupted) break;
  }
  return stream;
}

}  // namespace pannier
