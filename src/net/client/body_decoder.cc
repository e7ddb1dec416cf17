#include "net/client/body_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <cassert>

#include "base/display.h"

namespace pannier {
namespace {

constexpr size_t kPieceBytes = 256 * 1024;
// zlib's inflateInit2: the window's size, plus 16 for the header of gzip; negative for no header at all.
constexpr int kZlib = 15;
constexpr int kGzip = 15 + 16;
constexpr int kRaw = -15;

class InflateDecoder : public BodyDecoder {
 public:
  explicit InflateDecoder(bool gzip) : gzip_(gzip), piece_(new uint8_t[kPieceBytes]) {}
  ~InflateDecoder() override {
    if (started_) ::inflateEnd(&stream_);
  }
  InflateDecoder(const InflateDecoder&) = delete;
  InflateDecoder& operator=(const InflateDecoder&) = delete;

  Status decode(ByteSpan bytes, HttpSink& sink) override {
    while (!bytes.empty()) {
      if (!started_) PANNIER_TRY(start(bytes[0]));
      if (ended_) PANNIER_TRY(start_member(bytes[0]));
      PANNIER_TRY(inflate_some(bytes, sink));
    }
    return {};
  }

  Status finish() override {
    if (!started_ || ended_) return {};
    return Error{ErrorKind::kNetwork, "the compressed answer ended early", ""};
  }

 private:
  // "deflate" is a zlib stream (RFC 1950), but some servers send the bare one. The first byte of a zlib
  // stream ends in 8; a bare one cannot begin so, unless its padding is not zero.
  Status start(uint8_t first) {
    const int window = gzip_ ? kGzip : (first & 15) == 8 ? kZlib : kRaw;
    if (::inflateInit2(&stream_, window) != Z_OK) return Error{ErrorKind::kIo, "zlib did not start", ""};
    started_ = true;
    return {};
  }

  // gzip allows several members, one after the other; nothing else may follow.
  Status start_member(uint8_t first) {
    if (!gzip_ || first != 0x1F) return corrupt("bytes behind its end");
    ::inflateReset(&stream_);
    ended_ = false;
    return {};
  }

  Status inflate_some(ByteSpan& bytes, HttpSink& sink) {
    const size_t given = std::min<size_t>(bytes.size(), kPieceBytes);
    stream_.next_in = const_cast<uint8_t*>(bytes.data());  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(given);
    do {
      stream_.next_out = piece_.get();
      stream_.avail_out = kPieceBytes;
      const int code = ::inflate(&stream_, Z_NO_FLUSH);
      // Z_BUF_ERROR: nothing left to do with this input.
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return corrupt(stream_.msg != nullptr ? stream_.msg : "no stream");
      }
      const size_t made = kPieceBytes - stream_.avail_out;
      if (made > 0) PANNIER_TRY(sink.bytes({piece_.get(), made}));
      ended_ = code == Z_STREAM_END;
    } while (!ended_ && stream_.avail_out == 0);
    bytes = bytes.subspan(given - stream_.avail_in);
    return {};
  }

  static Error corrupt(const char* why) {
    return Error{ErrorKind::kCorrupt, std::string("the compressed answer does not decode: ") + why, ""};
  }

  bool gzip_;
  bool started_ = false;
  bool ended_ = false;
  std::unique_ptr<uint8_t[]> piece_;
  z_stream stream_{};
};

}  // namespace

Result<std::unique_ptr<BodyDecoder>> make_body_decoder(std::string_view content_encoding) {
  const auto is = [&](const char* name) { return equal_without_case(content_encoding, name); };
  if (is("") || is("identity")) return std::unique_ptr<BodyDecoder>();
  const bool gzip = is("gzip") || is("x-gzip");
  if (gzip || is("deflate")) return std::unique_ptr<BodyDecoder>(std::make_unique<InflateDecoder>(gzip));
  return Error{ErrorKind::kUnsupported,
               "the server compressed its answer as \"" + for_message(content_encoding) +
                   "\", which was not asked for",
               ""};
}

}  // namespace pannier
