// A root and the roots of a bundle: what parses is written again as the very same bytes, and judging its
// signatures ends.
#include <cstdint>
#include <cstdlib>

#include "format/trust_bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto root = pannier::parse_trust_root(text, "fuzz"); root.ok()) {
    if (pannier::write_dsse(root->envelope) != text) std::abort();
    if (pannier::trust_root_envelope(*root).payload != root->envelope.payload) std::abort();
    if (!pannier::check_trust_root(*root).ok()) std::abort();
    // No root follows itself, whoever signed it.
    if (pannier::check_root_chain(*root, *root).ok()) std::abort();
    (void)pannier::check_own_signatures(*root);
  }
  const auto bundle = pannier::parse_trust_bundle(text, "fuzz");
  if (bundle.ok() && pannier::write_trust_bundle(*bundle) != text) std::abort();
  return 0;
}
