// Opens the connection over which an address is asked: direct or through a proxy, plain or encrypted.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/client/byte_stream.h"
#include "net/client/http_client.h"
#include "net/client/proxy.h"
#include "net/client/tls.h"

namespace pannier {

// How requests for an address go.
struct Route {
  std::string key;               // connections with the same key may be used for each other's requests
  const Proxy* proxy = nullptr;  // whom to connect to; null: the origin itself
  bool forwarded = false;        // the proxy is asked for the whole address, instead of tunnelling
};

// Thread-safe. Lives longer than the routes it gives.
class Connector {
 public:
  // kInvalid, kUnsupported: a proxy; kNotFound, kCorrupt: the CA bundle that was named.
  static Result<std::unique_ptr<Connector>> make(const HttpClientOptions& options);

  Route route(const Url& url) const;
  // All of it (names, connecting, the proxy, TLS) within the connect timeout. Errors as HttpClient::send;
  // kDenied: the proxy does not let us through.
  Result<std::unique_ptr<ByteStream>> connect(const Url& url, const Route& route);

 private:
  explicit Connector(const HttpClientOptions& options) : options_(options) {}

  Status load_tls();

  HttpClientOptions options_;
  std::optional<Proxy> http_proxy_;
  std::optional<Proxy> https_proxy_;
  // Made when first needed: reading the authorities of a distribution takes longer than a whole exchange.
  std::mutex tls_mutex_;
  std::unique_ptr<TlsContext> tls_;
};

}  // namespace pannier
