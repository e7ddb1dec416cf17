#include "net/client/connector.h"

#include "base/limits.h"
#include "net/client/resolver.h"
#include "net/client/response_reader.h"
#include "net/client/tcp.h"

namespace pannier {
namespace {

// "host:port", an IPv6 address in brackets: what CONNECT asks for.
std::string authority(const Url& url) {
  const bool bracketed = url.host.find(':') != std::string::npos;
  return (bracketed ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

// The root's dot at the end of a name is part of no certificate.
std::string certificate_name(std::string host) {
  if (host.ends_with('.')) host.pop_back();
  return host;
}

// Only the status of the proxy's answer counts.
class StatusSink : public HttpSink {
 public:
  Status head(const HttpHead& head) override {
    status_ = head.status;
    return {};
  }
  Status bytes(ByteSpan /*bytes*/) override { return {}; }
  int status() const { return status_; }

 private:
  int status_ = 0;
};

Error refused_by_proxy(const std::string& name, int status) {
  const std::string message = name + " refused to connect us (status " + std::to_string(status) + ")";
  if (status == 407) {
    return Error{ErrorKind::kDenied, message + ": it asks for a user name and password",
                 "HTTPS_PROXY=http://user:password@proxy gives them"};
  }
  // 4xx: this proxy will not; 5xx: it cannot, now.
  if (status >= 400 && status < 500) return Error{ErrorKind::kDenied, message, "ask who runs the proxy"};
  return Error{ErrorKind::kNetwork, message, ""};
}

// RFC 9110, 9.3.6.
Status open_tunnel(ByteStream& stream, const Url& url, const Proxy& proxy) {
  std::string request = "CONNECT " + authority(url) + " HTTP/1.1\r\nHost: " + authority(url) + "\r\n";
  if (!proxy.authorization.empty()) request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  PANNIER_TRY(stream.write_all(as_bytes(request + "\r\n")));
  const std::string name = "the proxy " + proxy.url.origin();
  Bytes buffer(limits::kHttpHeadBytesMax);
  StatusSink sink;
  ResponseOutcome outcome;
  PANNIER_TRY(read_response(stream, {name, true, buffer}, sink, outcome));
  if (sink.status() / 100 != 2) return refused_by_proxy(name, sink.status());
  // The far end of a TLS connection waits for us to begin.
  if (outcome.left_over) return Error{ErrorKind::kCorrupt, name + " sent more than an answer", ""};
  return {};
}

}  // namespace

Result<std::unique_ptr<Connector>> Connector::make(const HttpClientOptions& options) {
  std::unique_ptr<Connector> connector(new Connector(options));
  PANNIER_ASSIGN(connector->http_proxy_, parse_proxy(options.http_proxy));
  PANNIER_ASSIGN(connector->https_proxy_, parse_proxy(options.https_proxy));
  if (!options.ca_bundle.empty()) PANNIER_TRY(connector->load_tls());
  return connector;
}

Route Connector::route(const Url& url) const {
  const std::optional<Proxy>& proxy = url.scheme == "https" ? https_proxy_ : http_proxy_;
  if (!proxy || bypasses_proxy(url, options_.no_proxy)) return {url.origin(), nullptr, false};
  const std::string proxy_key = "proxy " + proxy->url.origin();
  if (url.scheme == "http") return {proxy_key, &*proxy, true};
  return {proxy_key + " to " + url.origin(), &*proxy, false};
}

Status Connector::load_tls() {
  const std::scoped_lock lock(tls_mutex_);
  if (tls_ == nullptr) {
    PANNIER_ASSIGN(tls_, make_tls_context(options_.ca_bundle));
  }
  return {};
}

Result<std::unique_ptr<ByteStream>> Connector::connect(const Url& url, const Route& route) {
  const bool encrypted = url.scheme == "https";
  if (encrypted) PANNIER_TRY(load_tls());
  const Url& peer = route.proxy != nullptr ? route.proxy->url : url;
  Patience patience{Patience::Clock::now() + options_.connect_timeout, options_.idle_timeout,
                    options_.cancel};
  PANNIER_ASSIGN(const std::vector<SocketAddress> addresses, resolve_host(peer.host, peer.port, patience));
  const std::string name = (route.proxy != nullptr ? "the proxy " : "") + peer.origin();
  PANNIER_ASSIGN(std::unique_ptr<ByteStream> stream, connect_tcp(addresses, name, patience));
  if (encrypted) {
    if (route.proxy != nullptr) PANNIER_TRY(open_tunnel(*stream, url, *route.proxy));
    PANNIER_ASSIGN(stream, tls_->connect(std::move(stream), certificate_name(url.host)));
  }
  stream->set_deadline(Patience::Clock::time_point::max());
  return stream;
}

}  // namespace pannier
