#include "cli/command_group.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "cli/args.h"
#include "cli/exit_codes.h"

namespace pannier {
namespace {

// "generate" of "keys generate".
const char* name_in_group(const Command& group, const Command& row) {
  return row.name + std::strlen(group.name) + 1;
}

void print_table(const Command& group, std::span<const Command* const> rows) {
  const char* program = program_name().c_str();
  std::printf("%s %s: %s\n\nUsage: %s %s COMMAND [arguments]\n\nCommands:\n", program, group.name,
              group.summary, program, group.name);
  size_t width = 0;
  for (const Command* row : rows) width = std::max(width, std::strlen(name_in_group(group, *row)));
  for (const Command* row : rows) {
    std::printf("  %-*s  %s\n", static_cast<int>(width), name_in_group(group, *row), row->summary);
  }
  std::printf("\n`%s %s COMMAND --help` shows a command with examples.\n", program, group.name);
}

}  // namespace

Result<int> run_command_group(const Command& group, std::span<const Command* const> rows,
                              std::span<const std::string> words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    print_table(group, rows);
    return kExitOk;
  }
  std::vector<std::string> names;
  for (const Command* row : rows) {
    names.emplace_back(name_in_group(group, *row));
    if (words[0] != names.back()) continue;
    Args args(*row);
    return row->run(args, words.subspan(1));
  }
  const std::string near = nearest(words[0], names);
  return Error{ErrorKind::kInvalid, "`" + std::string(group.name) + "` has no command \"" + words[0] + "\"",
               near.empty() ? "`" + program_name() + " " + group.name + " --help` lists them"
                            : "did you mean " + near + "?"};
}

}  // namespace pannier
