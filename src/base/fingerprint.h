// The fingerprint of a key or a root, for two people to compare: as groups of hexadecimal digits, and as
// words that can be read over a telephone.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"

namespace pannier {

// All 256 bits: 16 groups of four, "e3b0 c442 …".
std::string fingerprint_hex(const Digest& digest);

// 16 words for the first 128 bits, a byte each, in groups of four: "acid chalk … / …" (docs/formats/keys.md
// has the list). Finding another key with the same words is out of reach.
std::string fingerprint_words(const Digest& digest);

// Whether what a person typed is this fingerprint: all 64 hexadecimal digits, or all 16 words; "sha256:",
// spaces, slashes and upper case do not matter.
bool is_fingerprint_of(const Digest& digest, std::string_view typed);

}  // namespace pannier
