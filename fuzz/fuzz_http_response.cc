// Any bytes as a server's answer: it comes out the same however the network cuts it into pieces.
#include <cstdlib>
#include <string>

#include "base/limits.h"
#include "net/client/memory_stream.h"
#include "net/client/response_reader.h"

namespace {

// What a compressed body may grow to before the sink has had enough.
constexpr uint64_t kBodyBytesMax = 4 * pannier::limits::kMiB;

struct Sink : pannier::HttpSink {
  bool has_head = false;
  std::string headers;
  std::string body;

  pannier::Status head(const pannier::HttpHead& head) override {
    if (has_head || head.status < 200 || head.status > 999) std::abort();
    has_head = true;
    for (const pannier::HttpHeader& header : head.headers) headers += header.name + ":" + header.value + "\n";
    if (headers.size() > 4 * pannier::limits::kHttpHeadBytesMax) std::abort();
    return {};
  }
  pannier::Status bytes(pannier::ByteSpan bytes) override {
    if (!has_head || bytes.empty() || bytes.size() > pannier::limits::kMiB) std::abort();
    body += pannier::as_text(bytes);
    if (body.size() > kBodyBytesMax) return pannier::Error{pannier::ErrorKind::kLimit, "enough", ""};
    return {};
  }
};

bool read(const std::string& incoming, size_t piece_bytes, bool no_body, Sink& sink) {
  pannier::MemoryStream stream(incoming, piece_bytes);
  pannier::Bytes buffer(pannier::limits::kHttpHeadBytesMax);
  pannier::ResponseOutcome outcome;
  const pannier::Status status = read_response(stream, {"fuzz", no_body, buffer}, sink, outcome);
  if (!status.ok() && outcome.keep_alive) std::abort();
  if (status.ok() && (!sink.has_head || !outcome.got_bytes)) std::abort();
  return status.ok();
}

}  // namespace

// The first byte: whether no body is due, and the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const bool no_body = (data[0] & 1) != 0;
  const size_t piece_bytes = static_cast<size_t>(data[0] >> 1) + 1;
  const std::string incoming(reinterpret_cast<const char*>(data + 1), size - 1);
  Sink whole;
  Sink pieces;
  const bool whole_ok = read(incoming, incoming.size() + 1, no_body, whole);
  const bool pieces_ok = read(incoming, piece_bytes, no_body, pieces);
  if (whole_ok != pieces_ok) std::abort();
  if (whole_ok && (whole.headers != pieces.headers || whole.body != pieces.body)) std::abort();
  return 0;
}
