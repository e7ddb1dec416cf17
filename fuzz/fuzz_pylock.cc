// Any bytes as a lock of Python packages: file names that are accepted are plain, packages have a source.
#include <cstdlib>

#include "base/bytes.h"
#include "format/pylock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto packages = pannier::parse_pylock(pannier::as_text(pannier::ByteSpan(data, size)), "fuzz");
  if (!packages.ok()) return 0;
  for (const pannier::PylockPackage& package : *packages) {
    if (package.name.empty()) std::abort();
    if (package.wheels.empty() && !package.sdist && package.other_source.empty()) std::abort();
    for (const pannier::PylockFile& wheel : package.wheels) {
      if (wheel.filename.empty() || wheel.filename.find('/') != std::string::npos) std::abort();
    }
  }
  return 0;
}
