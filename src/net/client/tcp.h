// TCP connections that wait no longer than they are told to.
#pragma once

#include <netinet/in.h>

#include <memory>
#include <string>
#include <vector>

#include "net/client/byte_stream.h"

namespace pannier {

// An IPv4 or IPv6 address with a port.
struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };

  SocketAddress() : v6{} {}
  socklen_t bytes() const { return any.sa_family == AF_INET6 ? sizeof v6 : sizeof v4; }
  // "127.0.0.1:80", "[::1]:80".
  std::string text() const;
};

// Tries the addresses in turn; each gets its share of the time that is left. kNetwork with the reason of
// the last one; `name` is what messages call the peer.
Result<std::unique_ptr<ByteStream>> connect_tcp(const std::vector<SocketAddress>& addresses,
                                                const std::string& name, const Patience& patience);

// Waits until one of poll()'s `events` holds for `fd`: true; false when the time is over first.
Result<bool> wait_for(int fd, short events, const Patience& patience);

}  // namespace pannier
