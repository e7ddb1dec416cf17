// Any bytes as a volume's header; what is accepted is exactly what we would have written, and its geometry
// stays within bounds. The digest is set right, so that the fuzzer gets beyond it.
#include <algorithm>
#include <cstdlib>

#include "format/volume.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kDigestBytes = 32;
  std::string bytes(pannier::kVolumeMagic);
  bytes.append(reinterpret_cast<const char*>(data), size);
  bytes.resize(pannier::kVolumeHeaderBytes - kDigestBytes, '\0');
  const pannier::Digest digest = pannier::sha256(bytes);
  bytes.append(digest.bytes.begin(), digest.bytes.end());
  const auto parsed = pannier::parse_volume_header(pannier::as_bytes(bytes), "fuzz");
  if (!parsed.ok()) return 0;
  if (pannier::write_volume_header(*parsed) != bytes) std::abort();
  const pannier::VolumeSetShape& set = parsed->set;
  for (uint32_t group = 0; group < set.parity.groups; ++group) {
    if (set.data_shards(group) == 0) std::abort();
    if (set.data_shards(group) + set.parity_shards(group) > pannier::kShardsPerGroupMax) std::abort();
  }
  return 0;
}
