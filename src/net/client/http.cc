#include "net/client/http.h"

#include <algorithm>
#include <charconv>

namespace pannier {
namespace {

// Keeps the whole answer, up to a bound.
class SmallSink : public HttpSink {
 public:
  SmallSink(const HttpRequest& request, uint64_t bytes_max) : request_(request), bytes_max_(bytes_max) {}

  Status head(const HttpHead& head) override {
    answer_.head = head;
    // What a server announces is worth an early end, never an allocation.
    const std::string_view announced = head.header("Content-Length");
    uint64_t bytes = 0;
    std::from_chars(announced.data(), announced.data() + announced.size(), bytes);
    if (request_.method != "HEAD" && bytes > bytes_max_) return too_long();
    return {};
  }

  Status bytes(ByteSpan bytes) override {
    if (bytes.size() > bytes_max_ - answer_.body.size()) return too_long();
    answer_.body += as_text(bytes);
    return {};
  }

  HttpAnswer take() { return std::move(answer_); }

 private:
  Error too_long() const {
    return Error{ErrorKind::kLimit,
                 "the answer of " + request_.url.text_without_query() + " is longer than the " +
                     std::to_string(bytes_max_) + " bytes that are taken",
                 ""};
  }

  const HttpRequest& request_;
  uint64_t bytes_max_;
  HttpAnswer answer_;
};

}  // namespace

bool equal_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpHead::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (equal_without_case(header.name, name)) return header.value;
  }
  return {};
}

bool HttpHead::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const HttpHeader& header) { return equal_without_case(header.name, name); });
}

Result<HttpAnswer> send_small(HttpClient& client, const HttpRequest& request, uint64_t bytes_max) {
  SmallSink sink(request, bytes_max);
  PANNIER_TRY(client.send(request, sink));
  return sink.take();
}

}  // namespace pannier
