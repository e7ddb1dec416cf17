#include "net/client/http_client.h"

#include <cassert>
#include <mutex>

#include "base/display.h"
#include "base/limits.h"
#include "net/client/connector.h"
#include "net/client/response_reader.h"

namespace pannier {
namespace {

// Large enough that the calls into the kernel do not count, small enough to stay in a core's cache.
constexpr size_t kBufferBytes = 256 * 1024;
static_assert(kBufferBytes >= limits::kHttpHeadBytesMax);
// From the request to the first byte of the body, however slowly the bytes of the head come.
constexpr int kHeadTimeoutsMax = 4;
// Kept alive for all routes together: each has a buffer of its own.
constexpr size_t kKeptMax = 32;

struct Connection {
  std::unique_ptr<ByteStream> stream;
  std::unique_ptr<uint8_t[]> buffer{new uint8_t[kBufferBytes]};
  bool reused = false;
};

// Connections that wait for their next request, by the key of their route. Thread-safe.
class ConnectionPool {
 public:
  explicit ConnectionPool(size_t per_key_max) : per_key_max_(per_key_max) {}

  // The one that was used last; null where none is left whose server has not closed it.
  std::unique_ptr<Connection> take(const std::string& key) {
    while (true) {
      std::unique_ptr<Connection> connection = pop(key);
      // Nobody asked it anything: whatever there is to read is a farewell, or junk.
      if (connection == nullptr || !connection->stream->readable()) return connection;
    }
  }

  void give_back(const std::string& key, std::unique_ptr<Connection> connection) {
    connection->reused = true;
    const std::scoped_lock lock(mutex_);
    std::vector<std::unique_ptr<Connection>>& waiting = waiting_[key];
    if (waiting.size() >= per_key_max_ || count_ >= kKeptMax) return;
    waiting.push_back(std::move(connection));
    count_ += 1;
  }

 private:
  std::unique_ptr<Connection> pop(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    const auto found = waiting_.find(key);
    if (found == waiting_.end() || found->second.empty()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(found->second.back());
    found->second.pop_back();
    count_ -= 1;
    return connection;
  }

  size_t per_key_max_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<Connection>>> waiting_;
  size_t count_ = 0;
};

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && kOthers.find(c) == std::string_view::npos) return false;
  }
  return !text.empty();
}

// A header may hold what a server once said (an ETag): it must not grow into a second header. Its value may
// be a token, so that no message repeats it.
Status check_request(const HttpRequest& request) {
  if (!is_token(request.method)) {
    return Error{ErrorKind::kInvalid, "\"" + for_message(request.method) + "\" is no method of HTTP", ""};
  }
  for (const HttpHeader& header : request.headers) {
    bool good = is_token(header.name);
    for (const char c : header.value) {
      good = good && (static_cast<unsigned char>(c) >= ' ' || c == '\t') && c != 0x7F;
    }
    if (!good) {
      return Error{ErrorKind::kInvalid,
                   "the header \"" + for_message(header.name) + "\" holds characters that no header may", ""};
    }
  }
  return {};
}

bool has_header(const HttpRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (equal_without_case(header.name, name)) return true;
  }
  return false;
}

std::string request_head(const HttpRequest& request, const Route& route, const std::string& user_agent) {
  const std::string origin = request.url.origin();
  std::string head = request.method + " " + (route.forwarded ? request.url.text() : request.url.target);
  head += " HTTP/1.1\r\nHost: " + origin.substr(origin.find("//") + 2) + "\r\n";
  head += "User-Agent: " + user_agent + "\r\n";
  if (!has_header(request, "Accept")) head += "Accept: */*\r\n";
  // Digests and ranges speak of the bytes as they are.
  if (!has_header(request, "Accept-Encoding")) head += "Accept-Encoding: identity\r\n";
  if (route.forwarded && !route.proxy->authorization.empty()) {
    head += "Proxy-Authorization: " + route.proxy->authorization + "\r\n";
  }
  for (const HttpHeader& header : request.headers) head += header.name + ": " + header.value + "\r\n";
  if (request.method == "POST" || !request.body.empty()) {
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return head + "\r\n";
}

// Lifts the deadline of the head once the body begins.
class BodySink : public HttpSink {
 public:
  BodySink(HttpSink& sink, ByteStream& stream) : sink_(sink), stream_(stream) {}
  Status head(const HttpHead& head) override {
    stream_.set_deadline(Patience::Clock::time_point::max());
    return sink_.head(head);
  }
  Status bytes(ByteSpan bytes) override { return sink_.bytes(bytes); }

 private:
  HttpSink& sink_;
  ByteStream& stream_;
};

class RealHttpClient : public HttpClient {
 public:
  RealHttpClient(HttpClientOptions options, std::unique_ptr<Connector> connector)
      : options_(std::move(options)),
        connector_(std::move(connector)),
        pool_(options_.connections_per_origin_max) {}

  Status send(const HttpRequest& request, HttpSink& sink) override {
    PANNIER_TRY(check_request(request));
    PANNIER_TRY(Patience{.cancel = options_.cancel}.check_cancel());
    const Route route = connector_->route(request.url);
    // A POST on a connection that may be dead could be done twice, or not at all: it gets a new one.
    const bool repeatable = request.method == "GET" || request.method == "HEAD";
    std::unique_ptr<Connection> connection = repeatable ? pool_.take(route.key) : nullptr;
    if (connection != nullptr) {
      bool was_dead = false;
      Status status = exchange(request, route, std::move(connection), sink, was_dead);
      // The server closed it just when we asked: no answer began, so asking anew is safe.
      if (status.ok() || !was_dead) return status;
    }
    connection = std::make_unique<Connection>();
    PANNIER_ASSIGN(connection->stream, connector_->connect(request.url, route));
    bool was_dead = false;
    return exchange(request, route, std::move(connection), sink, was_dead);
  }

 private:
  // One request and its answer. A connection that is still good afterwards goes back to the pool.
  Status exchange(const HttpRequest& request, const Route& route, std::unique_ptr<Connection> connection,
                  HttpSink& sink, bool& was_dead) {
    ByteStream& stream = *connection->stream;
    stream.set_deadline(Patience::Clock::now() + options_.idle_timeout * kHeadTimeoutsMax);
    const std::string sent = request_head(request, route, options_.user_agent) + request.body;
    Status status = stream.write_all(as_bytes(sent));
    // A server may refuse a request before it read all of it: its answer tells more than our error.
    if (!status.ok() && !stream.hung_up()) return status;
    BodySink body_sink(sink, stream);
    ResponseOutcome outcome;
    const ResponseRequest asked{
        request.url.text_without_query(), request.method == "HEAD", {connection->buffer.get(), kBufferBytes}};
    Status answered = read_response(stream, asked, body_sink, outcome);
    was_dead = connection->reused && !outcome.got_bytes && stream.hung_up();
    if (!status.ok() && !outcome.got_bytes) return status;
    if (answered.ok() && outcome.keep_alive && status.ok()) pool_.give_back(route.key, std::move(connection));
    return answered;
  }

  HttpClientOptions options_;
  std::unique_ptr<Connector> connector_;
  ConnectionPool pool_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(HttpClientOptions options) {
  PANNIER_ASSIGN(std::unique_ptr<Connector> connector, Connector::make(options));
  return std::unique_ptr<HttpClient>(
      std::make_unique<RealHttpClient>(std::move(options), std::move(connector)));
}

}  // namespace pannier
