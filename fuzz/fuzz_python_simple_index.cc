// Any bytes as a page of a package index, in both forms: what is handed out is safe to name a file by.
#include <cstdlib>

#include "base/safe_path.h"
#include "format/python_simple_index.h"

namespace {

void check(const pannier::Result<pannier::SimpleIndexPage>& page, size_t size) {
  if (!page.ok()) return;
  if (page->files.size() > size) std::abort();
  for (const pannier::SimpleFile& file : page->files) {
    if (!pannier::SafePath::parse(file.filename).ok()) std::abort();
    if (file.filename.find('/') != std::string::npos) std::abort();
    if (file.url.empty() || file.url.find_first_of("# \n") != std::string::npos) std::abort();
    if (file.metadata_sha256 && !file.has_metadata) std::abort();
    if (!file.yanked && !file.yanked_reason.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(pannier::parse_simple_json(text, "fuzz"), size);
  check(pannier::parse_simple_html(text, "fuzz"), size);
  return 0;
}
