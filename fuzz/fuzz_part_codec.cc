// Any bytes as an encoded part: the first says as what, the next three how long it should decode to. Of the
// base no more may be asked for than the part has, and what is accepted comes out the same again.
#include <algorithm>
#include <cstdlib>

#include "format/part_codec.h"

namespace {

constexpr uint64_t kBaseBytes = 4096;
constexpr uint64_t kRawBytesMax = 1 << 20;  // more of the same would only be slower

uint8_t base_byte(uint64_t offset) { return static_cast<uint8_t>(offset * 167 + (offset >> 8)); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const auto encoding = static_cast<pannier::PartEncoding>(data[0] % 4);
  const uint64_t raw_bytes = std::min<uint64_t>(data[1] | data[2] << 8 | data[3] << 16, kRawBytesMax);
  const pannier::ByteSpan encoded(data + 4, size - 4);
  uint64_t asked = 0;
  const pannier::BaseReader base = [&](uint64_t offset, pannier::MutableByteSpan out) -> pannier::Status {
    asked += out.size();
    if (asked > raw_bytes) std::abort();
    if (offset > kBaseBytes || out.size() > kBaseBytes - offset) {
      return pannier::Error{pannier::ErrorKind::kCorrupt, "outside of the base", ""};
    }
    for (uint64_t i = 0; i < out.size(); ++i) out[i] = base_byte(offset + i);
    return {};
  };
  pannier::Bytes raw(raw_bytes, 0);
  if (!pannier::decode_part(encoding, encoded, base, raw, "fuzz").ok()) return 0;
  asked = 0;
  pannier::Bytes again(raw_bytes, 0xff);
  if (!pannier::decode_part(encoding, encoded, base, again, "fuzz").ok() || again != raw) std::abort();
  return 0;
}
