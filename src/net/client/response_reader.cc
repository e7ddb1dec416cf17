#include "net/client/response_reader.h"

// Boost 1.74 uses std::exchange without its header.
#include <utility>
// clang-format off
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
// clang-format on

#include <cassert>
#include <cstring>
#include <limits>

#include "base/display.h"
#include "base/limits.h"
#include "net/client/body_decoder.h"

namespace pannier {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

// "100 Continue", "103 Early Hints": none of ours asks for one; a few are skipped.
constexpr int kInterimAnswersMax = 16;

std::string_view view(string_view text) { return {text.data(), text.size()}; }
ByteSpan byte_view(string_view text) { return as_bytes(view(text)); }

// Remembers whether a failure was the sink's own: that one is handed back as it is.
class NotedSink : public HttpSink {
 public:
  explicit NotedSink(HttpSink& sink) : sink_(sink) {}
  Status head(const HttpHead& head) override { return note(sink_.head(head)); }
  Status bytes(ByteSpan bytes) override { return note(sink_.bytes(bytes)); }
  bool failed() const { return failed_; }

 private:
  Status note(Status status) {
    failed_ = !status.ok();
    return status;
  }

  HttpSink& sink_;
  bool failed_ = false;
};

// Beast's parser with our sink behind it. A sink that fails stops the parser through its error code; the
// sink's own error is in status().
class Parser : public http::basic_parser<false> {
 public:
  explicit Parser(HttpSink& sink) : sink_(sink) {}

  const Status& status() const { return status_; }
  bool interim() const { return head_.status / 100 == 1; }

 private:
  void fail(Error error, error_code& code) {
    status_ = std::move(error);
    code = http::error::end_of_stream;  // any code stops it; this one means nothing while it parses
  }
  void check(Status status, error_code& code) {
    if (!status.ok()) fail(std::move(status).error(), code);
  }

  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}

  void on_response_impl(int status, string_view, int, error_code& code) override {
    head_.status = status;
    if (status < 100) fail(Error{ErrorKind::kCorrupt, "status " + std::to_string(status), ""}, code);
  }

  void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
    // Fields behind a chunked body (trailers) may say nothing that the head did not.
    if (!is_header_done()) head_.headers.push_back({std::string(view(name)), std::string(view(value))});
  }

  void on_header_impl(error_code& code) override {
    if (interim()) return;
    check(begin(), code);
  }

  Status begin() {
    for (const HttpHeader& header : head_.headers) {
      // Beast would take a body of any other transfer coding as it lies.
      if (equal_without_case(header.name, "Transfer-Encoding") &&
          !equal_without_case(header.value, "chunked")) {
        return Error{ErrorKind::kUnsupported,
                     "transfer coding \"" + for_message(header.value) + "\" was not asked for", ""};
      }
    }
    if (!is_done_after_head()) PANNIER_TRY(begin_decoding());
    return sink_.head(head_);
  }

  // No body follows: an answer to HEAD, 204, 304, or Content-Length: 0.
  bool is_done_after_head() const {
    const auto length = content_length();
    return skip() || head_.status == 204 || head_.status == 304 || (length && *length == 0);
  }

  Status begin_decoding() {
    std::string_view coding = head_.header("Content-Encoding");
    PANNIER_ASSIGN(decoder_, make_body_decoder(coding));
    if (decoder_ == nullptr) return {};
    if (head_.status == 206) {
      return Error{ErrorKind::kUnsupported, "a piece of a compressed answer cannot be decoded",
                   "the server compresses although it was asked not to"};
    }
    std::erase_if(head_.headers, [](const HttpHeader& header) {
      return equal_without_case(header.name, "Content-Encoding") ||
             equal_without_case(header.name, "Content-Length");
    });
    return {};
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(string_view body, error_code& code) override {
    if (!body.empty())
      check(decoder_ ? decoder_->decode(byte_view(body), sink_) : sink_.bytes(byte_view(body)), code);
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& code) override {
    return on_body_impl(body, code);
  }

  void on_finish_impl(error_code& code) override {
    if (decoder_) check(decoder_->finish(), code);
  }

  HttpSink& sink_;
  HttpHead head_;
  std::unique_ptr<BodyDecoder> decoder_;
  Status status_;
};

// The bytes that came in and were not parsed yet, at the front of a buffer that somebody else owns.
class Window {
 public:
  explicit Window(MutableByteSpan buffer) : buffer_(buffer) {}

  ByteSpan bytes() const { return buffer_.subspan(begin_, end_ - begin_); }
  bool full() const { return begin_ == 0 && end_ == buffer_.size(); }
  void consume(size_t count) { begin_ += count; }

  // At least one more byte, or 0 at the end of the stream. REQUIRES: !full().
  Result<size_t> fill(ByteStream& stream) {
    assert(!full());
    const size_t left = end_ - begin_;
    if (left > 0 && begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, left);
    begin_ = 0;
    end_ = left;
    PANNIER_ASSIGN(const size_t got, stream.read_some(buffer_.subspan(end_)));
    end_ += got;
    return got;
  }

 private:
  MutableByteSpan buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

class ResponseReader {
 public:
  ResponseReader(ByteStream& stream, const ResponseRequest& request, HttpSink& sink, ResponseOutcome& outcome)
      : stream_(stream), request_(request), sink_(sink), outcome_(outcome), window_(request.buffer) {}

  Status read() {
    for (int interim = 0; interim <= kInterimAnswersMax; ++interim) {
      Parser parser(sink_);
      parser.header_limit(static_cast<std::uint32_t>(limits::kHttpHeadBytesMax));
      parser.body_limit(std::numeric_limits<std::uint64_t>::max());
      parser.eager(true);
      parser.skip(request_.no_body);
      if (Status status = read_one(parser); !status.ok()) {
        if (sink_.failed()) return status;
        return with_context(std::move(status).error(), request_.name);
      }
      if (!parser.interim()) {
        // Bytes that nobody asked for must not be taken for the next answer.
        outcome_.left_over = !window_.bytes().empty();
        outcome_.keep_alive = parser.keep_alive() && !outcome_.left_over;
        return {};
      }
    }
    return Error{ErrorKind::kCorrupt, request_.name + ": nothing but interim answers (1xx)", ""};
  }

 private:
  Status read_one(Parser& parser) {
    size_t head_bytes = 0;
    bool needs_more = window_.bytes().empty();
    while (!parser.is_done()) {
      if (needs_more) {
        if (window_.full()) return Error{ErrorKind::kLimit, "a chunk header or trailer without end", ""};
        PANNIER_ASSIGN(const size_t got, window_.fill(stream_));
        if (got == 0) return end(parser);
        outcome_.got_bytes = true;
      }
      error_code code;
      const ByteSpan bytes = window_.bytes();
      const bool in_head = !parser.is_header_done();
      // Beast looks only at whole heads: a server of another protocol would be waited for.
      if (in_head && head_bytes == 0 && !begins_as_http()) return not_http("it does not begin with HTTP/1");
      const size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
      window_.consume(used);
      needs_more = code == http::error::need_more || window_.bytes().empty();
      if (code == http::error::need_more) code = {};
      PANNIER_TRY(parser.status());
      if (code) return parse_error(code);
      if (in_head && !parser.is_header_done()) {
        head_bytes += used;
        if (head_bytes > limits::kHttpHeadBytesMax) return head_too_long();
      }
    }
    return {};
  }

  bool begins_as_http() const {
    constexpr std::string_view kStart = "HTTP/1.";
    const std::string_view text = as_text(window_.bytes());
    return text.substr(0, kStart.size()) == kStart.substr(0, text.size());
  }

  // The stream is over; whether the answer is, depends on how its length was told.
  static Status end(Parser& parser) {
    error_code code = http::error::partial_message;
    if (parser.got_some()) parser.put_eof(code);
    PANNIER_TRY(parser.status());
    if (!code) return {};
    return Error{ErrorKind::kNetwork,
                 parser.is_header_done() ? "the answer ended early"
                                         : "the server closed the connection without an answer",
                 ""};
  }

  static Error parse_error(const error_code& code) {
    if (code == http::error::header_limit) return head_too_long();
    return not_http(code.message());
  }

  static Error not_http(const std::string& why) {
    return Error{ErrorKind::kCorrupt, "the answer is not HTTP: " + why,
                 "is this the address of a web server, and is no proxy in between?"};
  }

  static Error head_too_long() {
    return Error{
        ErrorKind::kLimit,
        "the head of the answer is longer than " + std::to_string(limits::kHttpHeadBytesMax) + " bytes", ""};
  }

  ByteStream& stream_;
  const ResponseRequest& request_;
  NotedSink sink_;
  ResponseOutcome& outcome_;
  Window window_;
};

}  // namespace

Status read_response(ByteStream& stream, const ResponseRequest& request, HttpSink& sink,
                     ResponseOutcome& outcome) {
  assert(request.buffer.size() >= limits::kHttpHeadBytesMax);
  return ResponseReader(stream, request, sink, outcome).read();
}

}  // namespace pannier
