// The index of a bundle: what parses is written again as the very same bytes, and its entries lie
// within the data.
#include <cstdint>
#include <cstdlib>

#include "format/bundle_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pannier::parse_bundle_index(text, "fuzz");
  if (!parsed.ok()) return 0;
  if (pannier::write_bundle_index(*parsed) != text) std::abort();
  for (const pannier::BundleEntry& entry : parsed->entries) {
    if (entry.offset > parsed->data_bytes || entry.bytes > parsed->data_bytes - entry.offset) std::abort();
  }
  (void)pannier::bundle_contents_at(*parsed, 0, parsed->data_bytes);
  return 0;
}
