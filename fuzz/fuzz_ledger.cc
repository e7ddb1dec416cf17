// Any bytes as the ledger of a channel; what is accepted is written the same again.
#include <cstdlib>

#include "carry/connected/ledger.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pannier::parse_channel_ledger(text, "fuzz");
  if (!parsed.ok()) return 0;
  if (pannier::write_channel_ledger(*parsed) != text) std::abort();
  (void)pannier::held_by_channel(*parsed, true);
  return 0;
}
