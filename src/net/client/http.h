// HttpClient: one request and its answer at a time, streamed; the only way out to a network.
//
// The interface lies apart from its implementation (http_client.h) so that everything above it is tested
// without a socket. Source: RFC 9110, RFC 9112.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/client/url.h"

namespace pannier {

struct HttpHeader {
  std::string name;
  std::string value;
};

// Names of headers, codings and hosts are the same in any case (ASCII).
bool equal_without_case(std::string_view a, std::string_view b);

struct HttpRequest {
  std::string method = "GET";  // GET or HEAD; POST sends `body`
  Url url;
  std::vector<HttpHeader> headers;  // Host, User-Agent, Connection and Content-Length are the client's
  std::string body;
};

struct HttpHead {
  int status = 0;
  std::vector<HttpHeader> headers;  // as sent; after decoding, Content-Encoding and Content-Length are gone

  // The first header of that name, any case; empty where there is none.
  std::string_view header(std::string_view name) const;
  bool has(std::string_view name) const;
};

// Takes an answer as it comes in. Either call may fail: the exchange then ends with that error and the
// connection is closed.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  // Once, before any bytes; for the final answer (1xx are skipped; redirects are answers like others).
  virtual Status head(const HttpHead& head) = 0;
  // Body bytes, decoded where the server used gzip or deflate although `identity` was asked for.
  virtual Status bytes(ByteSpan bytes) = 0;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Sends, and feeds the answer to `sink`. Follows no redirect and never retries. Thread-safe: each call
  // takes a connection of its own, kept alive for later ones to the same origin.
  //
  // kNetwork: no such host, refused, reset, timed out, ended early, TLS failed (worth another try);
  // kUntrusted: the certificate does not verify; kCorrupt: not HTTP, or a coding that does not decode;
  // kUnsupported: a coding that nobody asked for; kLimit: a head beyond limits::kHttpHeadBytesMax;
  // kInterrupted; and what the sink returned.
  virtual Status send(const HttpRequest& request, HttpSink& sink) = 0;
};

// The whole answer in memory.
struct HttpAnswer {
  HttpHead head;
  std::string body;
};
// kLimit where the body has more than `bytes_max` bytes (decoded).
Result<HttpAnswer> send_small(HttpClient& client, const HttpRequest& request, uint64_t bytes_max);

}  // namespace pannier
