// What the signed documents of trust (roots, approvals, the roots in a bundle) share when they are read.
// Page: docs/formats/trust.md.
#pragma once

#include <string_view>

#include "base/result.h"

namespace pannier {

// kCorrupt: "FILE: DETAIL", with the hint to fetch it again from whoever made it.
Error corrupt_trust_file(std::string_view file, std::string_view detail);

// kCorrupt at the first byte where `found` is not `expected`: there is one way to write each document.
Status check_trust_canonical(std::string_view expected, std::string_view found, std::string_view file);

}  // namespace pannier
