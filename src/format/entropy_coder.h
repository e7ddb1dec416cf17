// Zstandard frames of a plane of bytes: the one unit that knows the library. What it writes are ordinary
// frames (RFC 8878), so any zstd reads them. Page: docs/formats/encodings.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// Where the encoder looks for what can be saved. What comes out is decoded alike.
enum class Effort {
  kHuffman,  // in how often each byte occurs: bytes of weights hardly ever repeat in a row. Over 1 GB/s
  kMatches,  // in repetitions too; for what has runs: text, XORs, tables
};

// Appends one frame that holds `plain` to `out` and returns true, or returns false and leaves `out` alone
// where the frame would be longer than `bytes_max`. The same bytes on every thread, with one version of
// the library. kLimit where there is no memory. Thread-safe: each thread keeps a context (under 2 MiB).
Result<bool> append_frame(ByteSpan plain, Effort effort, uint64_t bytes_max, Bytes& out);

// Fills `plain` from `frame`, which is exactly one frame and holds exactly as much. kCorrupt, with `what`
// in the message. Takes no memory by what the frame says; each thread keeps a context (about 160 KiB).
Status decode_frame(ByteSpan frame, MutableByteSpan plain, std::string_view what);

}  // namespace pannier
