// A file that is no weights, told as copies from an older one and what is new: the encoding "chunks-delta".
// Page: docs/formats/encodings.md.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "format/chunk_index.h"
#include "format/part_codec.h"

namespace pannier {

// Encodes a part over the base that `index` was made of. Every copy is compared with the base byte by byte.
// kStored where nothing is saved. REQUIRES: raw.size() <= kPartBytes, the index is finished. Thread-safe.
// Errors: those of `base`; kLimit: no memory.
Result<EncodedPart> encode_chunks(ByteSpan raw, const ChunkIndex& index, const BaseReader& base);

// What decode_part does for it. REQUIRES: encoded.size() < raw.size() <= kPartBytes.
Status decode_chunks(ByteSpan encoded, const BaseReader& base, MutableByteSpan raw, std::string_view what);

}  // namespace pannier
