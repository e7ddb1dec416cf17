// Rows of the command table that only `pannier` has.
#pragma once

#include <vector>

#include "cli/command.h"

namespace pannier {

std::vector<const Command*> connected_commands();

}  // namespace pannier
