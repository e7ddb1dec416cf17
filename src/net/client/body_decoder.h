// BodyDecoder: undoes Content-Encoding gzip and deflate, for servers that compress although nobody asked.
// Source: RFC 9110, 8.4; RFC 1950, 1951, 1952.
#pragma once

#include <memory>

#include "net/client/http.h"

namespace pannier {

class BodyDecoder {
 public:
  virtual ~BodyDecoder() = default;
  // Hands what the bytes decode to on, in pieces of at most 256 KiB, so that the sink can stop a bomb.
  // kCorrupt where they do not decode; what the sink returns.
  virtual Status decode(ByteSpan bytes, HttpSink& sink) = 0;
  // The body is over. kNetwork where the coding is not: it was cut.
  virtual Status finish() = 0;
};

// Null for "identity" and "": nothing to undo. kUnsupported for any other coding.
Result<std::unique_ptr<BodyDecoder>> make_body_decoder(std::string_view content_encoding);

}  // namespace pannier
