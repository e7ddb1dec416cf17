// The word for each byte of a fingerprint that is read over a telephone.
#pragma once

#include <array>
#include <string_view>

namespace pannier {

// Sorted; the word's place is the byte it stands for.
extern const std::array<std::string_view, 256> kFingerprintWords;

}  // namespace pannier
