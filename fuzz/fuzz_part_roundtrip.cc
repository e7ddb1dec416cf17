// Any bytes as weights and as a file with a base: what is encoded must come back, and never be larger.
//
// The first byte says how the bytes are cut into segments and what the base is; the rest are both files, one
// behind the other.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "format/chunk_delta.h"
#include "format/part_codec.h"

namespace {

using pannier::ByteSpan;
using pannier::EncodedPart;

void expect_back(const EncodedPart& part, ByteSpan raw, const pannier::BaseReader& base) {
  if (part.bytes.size() > raw.size()) std::abort();
  pannier::Bytes back(raw.size(), 0xa5);
  if (!pannier::decode_part(part.encoding, part.bytes, base, back, "fuzz").ok()) std::abort();
  if (!std::equal(raw.begin(), raw.end(), back.begin())) std::abort();
}

// Segments of all widths, as long as `seed` says, each over the base where a bit of it does.
std::vector<pannier::WeightSegment> segments_of(uint64_t bytes, uint64_t base_bytes, uint32_t seed) {
  constexpr uint8_t kWidths[] = {1, 2, 4, 8};
  std::vector<pannier::WeightSegment> segments;
  for (uint64_t at = 0; at < bytes; seed = seed * 1664525 + 1013904223) {
    const uint8_t width = kWidths[(seed >> 8) % 4];
    uint64_t length = std::min<uint64_t>(bytes - at, 1 + (seed >> 10) % 5000) / width * width;
    pannier::WeightSegment segment{length, width, width > 1 && (seed >> 30) % 2 != 0, std::nullopt};
    if (length == 0) segment = {bytes - at, 1, false, std::nullopt};
    const bool fits = segment.bytes <= base_bytes;
    if (fits && (seed >> 31) != 0) segment.base_offset = (seed >> 4) % (base_bytes - segment.bytes + 1);
    segments.push_back(segment);
    at += segment.bytes;
  }
  return segments;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const uint32_t seed = data[0] * 2654435761u;
  const ByteSpan all(data + 1, size - 1);
  const ByteSpan raw = all.first(all.size() / 2);
  const ByteSpan base = all.subspan(all.size() / 2);
  const pannier::BaseReader reader = [base](uint64_t offset,
                                            pannier::MutableByteSpan out) -> pannier::Status {
    if (offset > base.size() || out.size() > base.size() - offset) std::abort();
    std::copy_n(base.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  };
  const auto weights = pannier::encode_weights(raw, segments_of(raw.size(), base.size(), seed), reader);
  if (!weights.ok()) std::abort();
  expect_back(*weights, raw, reader);
  pannier::ChunkIndex index(base.size());
  index.add(base);
  index.finish();
  const auto chunks = pannier::encode_chunks(raw, index, reader);
  if (!chunks.ok()) std::abort();
  expect_back(*chunks, raw, reader);
  return 0;
}
