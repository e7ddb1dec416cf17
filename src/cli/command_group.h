// A command that is a table of commands: `keys generate`, `keys list`. Its rows are Commands whose names
// begin with the group's ("keys generate"), so that each has its own arguments, help and exit codes.
//
// To add one: a file with a `const Command`, and its row in the group's table.
#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace pannier {

// Runs the row that the first word names; without words, or asked for help, prints the table. kInvalid.
Result<int> run_command_group(const Command& group, std::span<const Command* const> rows,
                              std::span<const std::string> words);

}  // namespace pannier
