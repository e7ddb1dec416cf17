// Sizes as people type them: bytes, bytes with a unit, or the name of a medium.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace pannier {

inline constexpr const char* kSizeHelp = "bytes, 4GB, 4GiB, or cd, dvd, bd25, bd50, fat32";

// "1500000", "700MB" (powers of 1000), "4GiB" (powers of 1024), or a medium: what fits on it. kInvalid.
Result<uint64_t> parse_size_argument(const std::string& text);

}  // namespace pannier
