#include "net/client/fake_http_client.h"

#include <algorithm>
#include <charconv>

namespace pannier {
namespace {

// Bodies arrive in pieces, as over a network: what a sink does at their seams is part of every test.
constexpr size_t kPieceBytes = 1000;

std::string key_of(std::string_view method, const std::string& url) {
  return std::string(method) + " " + url;
}

// Answers "bytes=A-B" or "bytes=A-" from the whole body; other Range headers are ignored, as RFC 9110
// lets a server do.
void apply_range(const std::string& range, FakeAnswer& answer) {
  if (!range.starts_with("bytes=")) return;
  const char* at = range.data() + 6;
  const char* const end = range.data() + range.size();
  uint64_t first = 0;
  const auto [dash, first_error] = std::from_chars(at, end, first);
  if (first_error != std::errc() || dash == end || *dash != '-') return;
  const uint64_t total = answer.body.size();
  if (first >= total) {
    answer.status = 416;
    answer.headers.push_back({"Content-Range", "bytes */" + std::to_string(total)});
    answer.body.clear();
    return;
  }
  uint64_t last = total - 1;
  if (dash + 1 != end) {
    uint64_t asked = 0;
    if (std::from_chars(dash + 1, end, asked).ec != std::errc() || asked < first) return;
    last = std::min(last, asked);
  }
  answer.status = 206;
  answer.headers.push_back({"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) +
                                                 "/" + std::to_string(total)});
  answer.body = answer.body.substr(first, last - first + 1);
}

Status feed(ByteSpan body, HttpSink& sink) {
  while (!body.empty()) {
    const size_t piece = std::min(body.size(), kPieceBytes);
    PANNIER_TRY(sink.bytes(body.first(piece)));
    body = body.subspan(piece);
  }
  return {};
}

}  // namespace

FakeHttpClient& FakeHttpClient::on(const std::string& method, const std::string& url, FakeAnswer answer) {
  const std::scoped_lock lock(mutex_);
  scripts_[key_of(method, url)].answers.push_back(std::move(answer));
  return *this;
}

FakeHttpClient& FakeHttpClient::otherwise(
    std::function<std::optional<FakeAnswer>(const HttpRequest&)> handler) {
  const std::scoped_lock lock(mutex_);
  handler_ = std::move(handler);
  return *this;
}

std::optional<FakeAnswer> FakeHttpClient::take(const HttpRequest& request) {
  const std::scoped_lock lock(mutex_);
  requests_.push_back(request);
  auto found = scripts_.find(key_of(request.method, request.url.text()));
  if (found == scripts_.end() && request.method == "HEAD") {
    found = scripts_.find(key_of("GET", request.url.text()));
  }
  if (found == scripts_.end()) return handler_ ? handler_(request) : std::nullopt;
  Script& script = found->second;
  const size_t index = script.next;
  if (script.next + 1 < script.answers.size()) script.next += 1;
  return script.answers[index];
}

Status FakeHttpClient::send(const HttpRequest& request, HttpSink& sink) {
  std::optional<FakeAnswer> answer = take(request);
  if (!answer) {
    return Error{ErrorKind::kInvalid,
                 "no answer is scripted for " + key_of(request.method, request.url.text()), ""};
  }
  if (answer->error && !answer->error_after_bytes) return *answer->error;
  if (answer->ranges && answer->status == 200) {
    answer->headers.push_back({"Accept-Ranges", "bytes"});
    apply_range(header(request, "Range"), *answer);
  }
  HttpHead head{answer->status, std::move(answer->headers)};
  if (!head.has("Content-Length"))
    head.headers.push_back({"Content-Length", std::to_string(answer->body.size())});
  PANNIER_TRY(sink.head(head));
  if (request.method == "HEAD") return {};
  const ByteSpan body = as_bytes(answer->body);
  if (!answer->error) return feed(body, sink);
  PANNIER_TRY(feed(body.first(std::min<uint64_t>(body.size(), *answer->error_after_bytes)), sink));
  return *answer->error;
}

std::vector<HttpRequest> FakeHttpClient::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

size_t FakeHttpClient::count(const std::string& method, const std::string& url) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<size_t>(std::count_if(
      requests_.begin(), requests_.end(),
      [&](const HttpRequest& request) { return request.method == method && request.url.text() == url; }));
}

std::string FakeHttpClient::header(const HttpRequest& request, std::string_view name) {
  return std::string(HttpHead{0, request.headers}.header(name));
}

}  // namespace pannier
