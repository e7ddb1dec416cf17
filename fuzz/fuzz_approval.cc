// An approval: what parses is written again as the very same bytes.
#include <cstdint>
#include <cstdlib>

#include "format/approval.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto approval = pannier::parse_approval(text, "fuzz"); approval.ok()) {
    if (pannier::write_dsse(approval->envelope) != text) std::abort();
    if (pannier::approval_envelope(approval->approval).payload != approval->envelope.payload) std::abort();
  }
  // The payload alone, where the fuzzer need not keep base64 in step.
  if (const auto payload = pannier::parse_approval_payload(text, "fuzz"); payload.ok()) {
    if (pannier::approval_envelope(*payload).payload != text) std::abort();
  }
  return 0;
}
