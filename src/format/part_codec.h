// A part: up to 16 MiB of a blob, encoded on its own so that it crosses smaller. Weights are split into byte
// planes and entropy-coded, alone or as the XOR with a blob that the far side holds; other files are told
// as copies from such a blob and what is new. Page: docs/formats/encodings.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

inline constexpr uint64_t kPartBytes = 16ull << 20;  // decoded; the last part of a blob may be shorter

enum class PartEncoding { kStored, kPlanes, kPlanesDelta, kChunksDelta };
std::string_view part_encoding_name(
    PartEncoding encoding);  // "stored", "planes", "planes-delta", "chunks-delta"
std::optional<PartEncoding> part_encoding_of_name(std::string_view name);

// A run of elements of one width: what the encoder needs to know of weights.
struct WeightSegment {
  uint64_t bytes = 0;         // a multiple of element_bytes
  uint8_t element_bytes = 1;  // 1, 2, 4 or 8
  bool is_float = false;      // the sign bit is then moved beside the mantissa's last bit
  // Where the elements that these are like begin in the base blob; absent: encoded alone.
  std::optional<uint64_t> base_offset = std::nullopt;
};

// Fills `out` with bytes of the base blob from `offset`. kCorrupt where they lie outside of it.
using BaseReader = std::function<Status(uint64_t offset, MutableByteSpan out)>;

// What an encoder made of a part: never larger than the raw bytes and a few more, since what does not
// shrink is kStored.
struct EncodedPart {
  PartEncoding encoding = PartEncoding::kStored;
  Bytes bytes;
};

// REQUIRES: raw.size() <= kPartBytes; segments cover it exactly. With base offsets: `base` is given.
// Deterministic: the same on every thread, with one version of zstd. Thread-safe; each thread keeps some
// 4 MiB of scratch, so `base` must not encode or decode itself. kLimit: no memory.
Result<EncodedPart> encode_weights(ByteSpan raw, std::span<const WeightSegment> segments,
                                   const BaseReader& base);
// The same into `part`, whose memory is used again: a third faster where many parts follow each other.
Status encode_weights(ByteSpan raw, std::span<const WeightSegment> segments, const BaseReader& base,
                      EncodedPart& part);

// Decodes any of them. REQUIRES: raw.size() is the part's decoded size. Hostile bytes: kCorrupt, kLimit;
// reads of the base are bounded by a few times raw.size(). `base` may be empty where the encoding has none.
Status decode_part(PartEncoding encoding, ByteSpan encoded, const BaseReader& base, MutableByteSpan raw,
                   std::string_view what);

}  // namespace pannier
