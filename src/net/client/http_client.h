// The real HttpClient: Boost.Beast over TCP and OpenSSL, direct or through a proxy.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "net/client/http.h"

namespace pannier {

struct HttpClientOptions {
  std::string user_agent = "pannier";
  std::string ca_bundle;  // PEM file; empty: the usual places of the distributions
  // Proxies, written as in the environment; empty: none.
  std::string http_proxy;
  std::string https_proxy;
  std::string no_proxy;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_timeout{30'000};  // without a byte in either direction
  uint32_t connections_per_origin_max = 16;        // kept alive, and 32 in all; more may be open at once
  const std::atomic<bool>* cancel = nullptr;       // checked at least every 100 ms while waiting
};

// HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY (either case; lower wins, HTTP_PROXY only in lower case
// as curl does), SSL_CERT_FILE from the process's environment into `options` where they are empty.
void read_proxy_environment(HttpClientOptions& options);

// kNotFound, kCorrupt: the CA bundle; kInvalid: a proxy's address.
Result<std::unique_ptr<HttpClient>> make_http_client(HttpClientOptions options);

}  // namespace pannier
