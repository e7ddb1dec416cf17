// run_program: from argv to an exit code.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/sandbox.h"

namespace pannier {
namespace {

std::vector<const Command*> g_commands;
std::string g_program_name = "pannier";

// An error as JSON on standard output would be taken for a result: errors always go to standard error.
int report(const Error& error) {
  std::fprintf(stderr, "%s: %s: %s\n", g_program_name.c_str(), error_kind_name(error.kind),
               error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
  return exit_code_of(error.kind);
}

Error unknown_command(const std::string& name) {
  std::vector<std::string> names;
  names.reserve(g_commands.size());
  for (const Command* command : g_commands) names.emplace_back(command->name);
  if (name == "pack" && g_program_name == "pannier-isolated") {
    return Error{ErrorKind::kInvalid,
                 "pannier-isolated has no command \"pack\": packing belongs to the connected side",
                 "use the executable `pannier` there"};
  }
  const std::string near = nearest(name, names);
  return Error{ErrorKind::kInvalid, "there is no command \"" + name + "\"",
               near.empty() ? "`" + g_program_name + " help` lists them" : "did you mean " + near + "?"};
}

// What was printed must have arrived: a full disk or a closed pipe is a failure, not a success.
Status flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Error{ErrorKind::kIo, "cannot write to standard output: " + std::string(std::strerror(errno)), ""};
  }
  return {};
}

}  // namespace

const std::string& program_name() { return g_program_name; }
void set_commands(std::vector<const Command*> commands) { g_commands = std::move(commands); }
std::span<const Command* const> all_commands() { return g_commands; }

const Command* find_command(const std::string& name) {
  for (const Command* command : g_commands) {
    if (name == command->name) return command;
  }
  return nullptr;
}

int run_program(int argc, char** argv) {
  if (argc > 0) g_program_name = file_name(argv[0]);
  std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty()) words = {"help"};
  if (words[0] == "--help" || words[0] == "-h") words[0] = "help";
  if (words[0] == "--version") words[0] = "version";
  const Command* command = find_command(words[0]);
  if (command == nullptr) return report(unknown_command(words[0]));

  // Before a byte from outside is read, the command gives up all that it does not need.
  const Sandbox kind = command->needs_network ? Sandbox::kConnected : Sandbox::kIsolated;
  if (const Status status = enter_sandbox(kind); !status.ok()) log_warning(status.error().to_string());
  Args args(*command);
  const Result<int> result = command->run(args, std::span(words).subspan(1));
  if (const Status status = flush_output(); !status.ok()) return report(status.error());
  return result.ok() ? *result : report(result.error());
}

}  // namespace pannier
