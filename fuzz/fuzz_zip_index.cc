// Any bytes as a zip archive: what is accepted covers the file, each byte once.
#include <cstdlib>
#include <set>

#include "format/zip_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto index = pannier::parse_zip(pannier::ByteSpan(data, size), "fuzz");
  if (!index.ok()) return 0;
  uint64_t end = 0;
  std::set<std::string> names;
  for (const pannier::ZipEntry& entry : index->entries) {
    if (entry.header < end || entry.begin <= entry.header || entry.end < entry.begin) std::abort();
    if (entry.end > size) std::abort();
    if (entry.header - end > 24) std::abort();  // nothing but a data descriptor lies between two entries
    if (!names.insert(entry.name).second) std::abort();
    end = entry.end;
  }
  return 0;
}
