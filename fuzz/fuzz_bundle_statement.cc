// The statement of a bundle: what parses is written again as the very same bytes.
#include <cstdint>
#include <cstdlib>

#include "format/bundle_statement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pannier::parse_bundle_statement(text, "fuzz");
  if (!parsed.ok()) return 0;
  if (pannier::write_dsse(parsed->envelope) != text) std::abort();
  if (pannier::bundle_statement_envelope(parsed->statement).payload != parsed->envelope.payload) std::abort();
  return 0;
}
