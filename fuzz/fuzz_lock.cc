// Any bytes as a lock and as a specification; an accepted lock written again is one fixed text.
#include <cstdlib>

#include "format/lock_file.h"
#include "format/spec_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto spec = pannier::parse_spec_file(text, "fuzz"); spec.ok()) {
    if (pannier::canonical_spec(*spec).empty()) std::abort();
  }
  const auto lock = pannier::parse_lock_file(text, "fuzz");
  if (!lock.ok()) return 0;
  const std::string written = pannier::write_lock_file(*lock);
  const auto again = pannier::parse_lock_file(written, "again");
  if (!again.ok() || pannier::write_lock_file(*again) != written) std::abort();
  return 0;
}
