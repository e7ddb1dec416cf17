// DSSE envelopes: what parses is written again as the very same bytes.
#include <cstdint>
#include <cstdlib>

#include "base/limits.h"
#include "format/dsse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed =
      pannier::parse_dsse(text, "application/vnd.pannier.root.v1+json", pannier::limits::kMiB, "fuzz");
  if (parsed.ok() && pannier::write_dsse(*parsed) != text) std::abort();
  return 0;
}
