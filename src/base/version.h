// The version of this program, as `version` prints it and the audit log keeps it.
#pragma once

#include <string_view>

#ifndef PANNIER_VERSION
#define PANNIER_VERSION "0.1.0"
#endif

namespace pannier {

inline constexpr std::string_view kPannierVersion = PANNIER_VERSION;

}  // namespace pannier
