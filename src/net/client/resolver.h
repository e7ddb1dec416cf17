// Names to addresses: literal addresses, the hosts file, then DNS; by c-ares, never by the C library,
// whose static form loads the host's name services (docs/decisions/0005-static-executables.md).
#pragma once

#include <string>
#include <vector>

#include "net/client/tcp.h"

namespace pannier {

struct ResolverOptions {
  std::string servers;  // "ADDRESS:PORT,…" in place of /etc/resolv.conf's; for tests
};

// IPv6 and IPv4 addresses in the order in which they are worth trying (RFC 6724), at least one.
// kNetwork: no such host, or no answer in time; kInterrupted. Thread-safe.
Result<std::vector<SocketAddress>> resolve_host(const std::string& host, uint16_t port,
                                                const Patience& patience,
                                                const ResolverOptions& options = {});

}  // namespace pannier
