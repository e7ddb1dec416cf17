// Base64 (RFC 4648 section 4), with padding, and one text for each sequence of bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pannier {

std::string base64_encode(std::string_view bytes);

// kCorrupt with the place: a character outside the alphabet, wrong padding, or unused bits of the
// last character that are not zero.
Result<std::string> base64_decode(std::string_view text);

}  // namespace pannier
