// Reads one HTTP/1 answer from a connection and feeds it to a sink as it comes in.
// Source: RFC 9112. Boost.Beast parses; what it lets pass and we do not take is refused here.
#pragma once

#include "net/client/byte_stream.h"
#include "net/client/http.h"

namespace pannier {

struct ResponseRequest {
  std::string name;        // whom messages speak of: the address that was asked
  bool no_body = false;    // an answer to HEAD or CONNECT ends with its head
  MutableByteSpan buffer;  // for what comes in; at least limits::kHttpHeadBytesMax, more is faster
};

struct ResponseOutcome {
  bool got_bytes = false;   // at least one byte of an answer came in
  bool left_over = false;   // more came in than belongs to the answer
  bool keep_alive = false;  // the connection may carry another request
};

// The errors are those of HttpClient::send; after one the connection must be dropped.
Status read_response(ByteStream& stream, const ResponseRequest& request, HttpSink& sink,
                     ResponseOutcome& outcome);

}  // namespace pannier
