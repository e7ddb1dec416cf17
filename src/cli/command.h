// A command: one row of a table, its options, and the function that does it.
//
// To add one: a file cmd_<verb>.cc with a `const Command kCmd<Verb>`, and its row in commands.cc (or in
// connected/commands.cc, which only `pannier` links).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace pannier {

class Args;

// The name of the running executable, for help and hints: "pannier" or "pannier-isolated".
const std::string& program_name();

struct Command {
  const char* name;
  const char* group;     // heading in `help`: "Connected side", "Either side", "Isolated side"
  const char* summary;   // one line, lower case
  const char* examples;  // lines without the program's name, each "ARGUMENTS" or "ARGUMENTS   # remark"
  const char* exits;     // names of exit codes beyond ok and usage, for its help: "corrupt, unsigned"
  // Declares its arguments on `args`, parses `words` and does the work; the exit code.
  Result<int> (*run)(Args& args, std::span<const std::string> words);
  // Whether it may dial out and start other programs; every other command is confined (sandbox.h).
  bool needs_network = false;
};

// What this executable can do; set once by its main.
void set_commands(std::vector<const Command*> commands);
std::span<const Command* const> all_commands();
const Command* find_command(const std::string& name);

// Commands that both executables have, in the order of `help`.
std::vector<const Command*> isolated_commands();

// The whole program: finds the command, confines the process, runs it, prints errors. The exit code.
int run_program(int argc, char** argv);

}  // namespace pannier
