// FakeHttpClient: a scripted stand-in for the network, for the tests of everything above it.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "net/client/http.h"

namespace pannier {

// What a scripted server says. The default is an empty 200.
struct FakeAnswer {
  int status = 200;
  std::vector<HttpHeader> headers;
  std::string body;
  // Honours "Range: bytes=A-B" and "bytes=A-" with 206 and Content-Range (416 beyond the end), as a file
  // server does; Content-Length is added unless `headers` has one.
  bool ranges = false;
  // The exchange ends with this error: at once, or after so many bytes of the body.
  std::optional<Error> error;
  std::optional<uint64_t> error_after_bytes;
};

// Thread-safe. HEAD takes the answers scripted for it, else those of GET without their body.
class FakeHttpClient : public HttpClient {
 public:
  // One more answer for requests of this method and address: each request takes the next, the last one
  // stays for all that follow.
  FakeHttpClient& on(const std::string& method, const std::string& url, FakeAnswer answer);
  // Asked for every request that has no script of its own, one at a time; nullopt: nothing there either.
  // It must not call this object.
  FakeHttpClient& otherwise(std::function<std::optional<FakeAnswer>(const HttpRequest&)> handler);

  // A request without a script is kInvalid: the test forgot it.
  Status send(const HttpRequest& request, HttpSink& sink) override;

  // All that was asked so far, in order.
  std::vector<HttpRequest> requests() const;
  size_t count(const std::string& method, const std::string& url) const;
  // The value of a header of `request`, any case; empty where there is none.
  static std::string header(const HttpRequest& request, std::string_view name);

 private:
  struct Script {
    std::vector<FakeAnswer> answers;
    size_t next = 0;
  };

  std::optional<FakeAnswer> take(const HttpRequest& request);

  mutable std::mutex mutex_;
  std::map<std::string, Script> scripts_;  // by "METHOD URL"
  std::function<std::optional<FakeAnswer>(const HttpRequest&)> handler_;
  std::vector<HttpRequest> requests_;
};

}  // namespace pannier
