// Any bytes as a tar header; what is accepted is exactly what we would have written.
#include <cstdlib>

#include "base/safe_path.h"
#include "format/tar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const pannier::ByteSpan bytes(data, size);
  const auto parsed = pannier::parse_tar_header(bytes, 0, "fuzz");
  if (!parsed.ok()) return 0;
  if (parsed->header_bytes > size) std::abort();
  if (!pannier::SafePath::parse(parsed->entry.path).ok()) std::abort();
  const std::string written = pannier::write_tar_header(parsed->entry);
  if (written != pannier::as_text(bytes.first(parsed->header_bytes))) std::abort();
  return 0;
}
