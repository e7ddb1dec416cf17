// read_pieces: all of a file, from its beginning to its end, in pieces that memory is never short of.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "base/fs.h"
#include "base/limits.h"

namespace pannier {

// Calls take(piece) -> Status for each piece of at most 1 MiB, in order; ends with the first error of reading
// or taking. An empty file has no pieces. A piece is valid during its call only.
template <class Take>
Status read_pieces(ReadableFile& file, const Take& take) {
  Bytes buffer(std::min<uint64_t>(limits::kMiB, file.size()));
  for (uint64_t offset = 0; offset < file.size();) {
    const MutableByteSpan piece(buffer.data(), std::min<uint64_t>(buffer.size(), file.size() - offset));
    PANNIER_TRY(file.read_at(offset, piece));
    PANNIER_TRY(take(ByteSpan(piece)));
    offset += piece.size();
  }
  return {};
}

}  // namespace pannier
