// Refusals that all signed documents of trust share.
#include "format/trust_json.h"

#include <fmt/core.h>

#include <algorithm>

namespace pannier {

Error corrupt_trust_file(std::string_view file, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", file, detail),
          "it was damaged or changed on its way; fetch it again from whoever made it"};
}

Status check_trust_canonical(std::string_view expected, std::string_view found, std::string_view file) {
  if (expected == found) return {};
  const auto place = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
  return corrupt_trust_file(
      file, fmt::format("not written canonically from byte {} on", place.first - expected.begin()));
}

}  // namespace pannier
