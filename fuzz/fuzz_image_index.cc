// Any bytes as an image index; what is accepted survives being written by us and read again.
#include <cstdlib>

#include "format/oci.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pannier::parse_image_index(text, "fuzz");
  if (!parsed.ok()) return 0;
  for (const pannier::Reference& reference : parsed->references) {
    if (!pannier::check_ref_name(reference.name).ok()) std::abort();
    for (const std::string& alias : reference.aliases) {
      if (!pannier::check_ref_name(alias).ok()) std::abort();
    }
  }
  const std::string written = pannier::write_image_index(*parsed);
  const auto again = pannier::parse_image_index(written, "again");
  if (!again.ok() || again->references != parsed->references) std::abort();
  if (again->generation != parsed->generation || pannier::write_image_index(*again) != written) std::abort();
  return 0;
}
