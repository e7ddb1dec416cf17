#include "net/client/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

namespace pannier {
namespace {

constexpr std::chrono::milliseconds kCancelInterval{100};
constexpr int kServerTimeoutMs = 2'000;  // then the next server is asked; doubled each round
constexpr int kRounds = 3;
constexpr size_t kAddressesMax = 16;  // of one name; more are not tried

std::optional<SocketAddress> literal_address(const std::string& host, uint16_t port) {
  SocketAddress address;
  if (::inet_pton(AF_INET, host.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    return address;
  }
  address = SocketAddress();
  if (::inet_pton(AF_INET6, host.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    return address;
  }
  return std::nullopt;
}

// RFC 6761, 6.3: this machine, whatever a name server says of it; also where there is no hosts file.
bool names_this_machine(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "localhost" || host.ends_with(".localhost");
}

// One question: a c-ares channel, the sockets it waits for, and the answer.
class Question {
 public:
  Question() = default;
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question() {
    // Calls back with "destroyed" where the answer is still due.
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  // A code of c-ares.
  int open(const ResolverOptions& options) {
    ares_options settings{};
    settings.timeout = kServerTimeoutMs;
    settings.tries = kRounds;
    char lookups[] = "fb";  // the hosts file, then DNS, whatever nsswitch.conf says
    settings.lookups = lookups;
    settings.sock_state_cb = &Question::on_socket;
    settings.sock_state_cb_data = this;
    const int code =
        ares_init_options(&channel_, &settings,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    if (code != ARES_SUCCESS) return code;
    return options.servers.empty() ? ARES_SUCCESS
                                   : ares_set_servers_ports_csv(channel_, options.servers.c_str());
  }

  void ask(const std::string& host, uint16_t port) {
    port_ = port;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &Question::on_answer, this);
  }

  // Until the answer is there: true; false: the time is over.
  Result<bool> wait(const Patience& patience) {
    while (!done_) {
      PANNIER_TRY(patience.check_cancel());
      const auto left = patience.deadline - Patience::Clock::now();
      if (left.count() <= 0) return false;
      step(std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kCancelInterval));
    }
    return true;
  }

  int code() const { return code_; }
  std::vector<SocketAddress> take() { return std::move(addresses_); }

 private:
  static void on_socket(void* self, ares_socket_t socket, int readable, int writable) {
    auto& sockets = static_cast<Question*>(self)->sockets_;
    const int events = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0);
    if (events == 0) {
      sockets.erase(socket);
    } else {
      sockets[socket] = static_cast<short>(events);
    }
  }

  static void on_answer(void* self, int code, int /*timeouts*/, ares_addrinfo* answer) {
    auto& question = *static_cast<Question*>(self);
    question.done_ = true;
    question.code_ = code;
    if (answer == nullptr) return;
    for (const ares_addrinfo_node* node = answer->nodes; node != nullptr; node = node->ai_next) {
      question.add(*node);
    }
    ares_freeaddrinfo(answer);
  }

  void add(const ares_addrinfo_node& node) {
    SocketAddress address;
    if (addresses_.size() == kAddressesMax || node.ai_addr == nullptr) return;
    if (node.ai_family == AF_INET && node.ai_addrlen >= sizeof address.v4) {
      std::memcpy(&address.v4, node.ai_addr, sizeof address.v4);
      address.v4.sin_port = htons(port_);
    } else if (node.ai_family == AF_INET6 && node.ai_addrlen >= sizeof address.v6) {
      std::memcpy(&address.v6, node.ai_addr, sizeof address.v6);
      address.v6.sin6_port = htons(port_);
    } else {
      return;
    }
    addresses_.push_back(address);
  }

  void step(std::chrono::milliseconds at_most) {
    timeval longest{0, static_cast<suseconds_t>(at_most.count() * 1000)};
    timeval buffer{};
    const timeval* next = ares_timeout(channel_, &longest, &buffer);
    const auto milliseconds = static_cast<int>(next->tv_sec * 1000 + (next->tv_usec + 999) / 1000);
    std::vector<pollfd> polled;
    polled.reserve(sockets_.size());
    for (const auto& [socket, events] : sockets_) polled.push_back({socket, events, 0});
    const int ready = ::poll(polled.data(), polled.size(), milliseconds);
    if (ready <= 0) {
      ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // only looks at its clock
      return;
    }
    for (const pollfd& one : polled) {
      const bool in = (one.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
      const bool out = (one.revents & POLLOUT) != 0;
      if (in || out) {
        ares_process_fd(channel_, in ? one.fd : ARES_SOCKET_BAD, out ? one.fd : ARES_SOCKET_BAD);
      }
    }
  }

  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, short> sockets_;
  std::vector<SocketAddress> addresses_;
  uint16_t port_ = 0;
  int code_ = ARES_SUCCESS;
  bool done_ = false;
};

Error resolve_error(const std::string& host, int code) {
  const std::string name = "the host \"" + host + "\"";
  if (code == ARES_ENOTFOUND || code == ARES_ENODATA) {
    return Error{ErrorKind::kNetwork, name + " is not known",
                 "check the spelling; behind a proxy, set HTTPS_PROXY"};
  }
  return Error{ErrorKind::kNetwork, name + " could not be looked up: " + ares_strerror(code),
               "is there a network? Behind a proxy, set HTTPS_PROXY"};
}

}  // namespace

Result<std::vector<SocketAddress>> resolve_host(const std::string& host, uint16_t port,
                                                const Patience& patience, const ResolverOptions& options) {
  if (const auto address = literal_address(host, port)) return std::vector{*address};
  if (names_this_machine(host)) {
    return std::vector{*literal_address("::1", port), *literal_address("127.0.0.1", port)};
  }
  static std::once_flag once;
  static int library_code = ARES_SUCCESS;
  std::call_once(once, [] { library_code = ares_library_init(ARES_LIB_INIT_ALL); });
  if (library_code != ARES_SUCCESS) return resolve_error(host, library_code);
  Question question;
  if (const int code = question.open(options); code != ARES_SUCCESS) return resolve_error(host, code);
  question.ask(host, port);
  PANNIER_ASSIGN(const bool answered, question.wait(patience));
  if (!answered) return resolve_error(host, ARES_ETIMEOUT);
  if (question.code() != ARES_SUCCESS) return resolve_error(host, question.code());
  std::vector<SocketAddress> addresses = question.take();
  if (addresses.empty()) return resolve_error(host, ARES_ENODATA);
  return addresses;
}

}  // namespace pannier
