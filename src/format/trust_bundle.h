// pannier/trust.json: the roots that travel in a bundle, so that a rotation or a revocation reaches a site
// that is behind. Page: docs/formats/trust.md, section 5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/trust_root.h"

namespace pannier {

// Canonical. REQUIRES: roots as they were parsed, of ascending consecutive numbers, at least one.
std::string write_trust_bundle(const std::vector<TrustRoot>& roots);

// Accepts exactly what write_trust_bundle writes, else kCorrupt; kUnsupported, kLimit. The numbers are
// consecutive; no signature is checked.
Result<std::vector<TrustRoot>> parse_trust_bundle(std::string_view json, std::string_view what);

}  // namespace pannier
