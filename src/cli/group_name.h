// Names of the machine's groups, read from /etc/group: the C library's own look-up loads the host's modules,
// which a static executable must not do.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace pannier {

// The number of a group by its name, or the number itself where it is one. kNotFound.
Result<uint32_t> group_number(const std::string& name);
// Its name, or its number where no line of the file has it.
std::string group_name(uint32_t number);

}  // namespace pannier
