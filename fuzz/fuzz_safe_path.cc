// Any bytes as a path: what SafePath accepts must stay below the folder it is joined to.
#include <cstdlib>
#include <string>

#include "base/safe_path.h"
#include "base/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (pannier::utf8_find_invalid(pannier::utf8_repair(text)) != std::string::npos) std::abort();
  const auto path = pannier::SafePath::parse(text);
  if (!path.ok()) return 0;
  const std::string framed = "/" + text + "/";
  if (text.front() == '/' || framed.find("/../") != std::string::npos ||
      framed.find("//") != std::string::npos || text.find('\0') != std::string::npos) {
    std::abort();
  }
  pannier::SafePathSet set;
  if (!set.add(*path).ok() || set.add(*path).ok()) std::abort();
  return 0;
}
