// Unpacks deflated bytes (RFC 1951, as zips hold them) piece by piece, never beyond the size that was
// promised.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// Gets the unpacked bytes in order, at most 64 KiB at a time; the view lives until it returns. Its error
// ends the unpacking.
using InflateSink = std::function<Status(ByteSpan piece)>;
// Called about every 256 KiB with how many packed bytes were read; its error ends the unpacking. May be
// empty.
using InflateProgress = std::function<Status(uint64_t packed_bytes)>;

// `packed` is one whole deflate stream and nothing else; `bytes` what it must unpack to, to the byte.
// kCorrupt (without saying of what: the caller knows) where it is damaged, ends early, has bytes behind its
// end, or unpacks to more or less. Takes about 110 KiB of memory, whatever the sizes.
Status inflate_exactly(ByteSpan packed, uint64_t bytes, const InflateSink& sink,
                       const InflateProgress& progress = {});

// The checksum that zips keep, of bytes that come in pieces: `before` is what the earlier ones gave, 0 at the
// start.
uint32_t running_crc32(uint32_t before, ByteSpan piece);

}  // namespace pannier
