// help and version.
#include <cstdio>
#include <string>

#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

#ifndef PANNIER_VERSION
#define PANNIER_VERSION "0.1.0"
#endif

namespace pannier {
namespace {

void print_commands() {
  std::printf(
      "%s carries Hugging Face models across an air gap and runs them there.\n\nUsage: %s COMMAND "
      "[arguments]\n",
      program_name().c_str(), program_name().c_str());
  std::string group;
  for (const Command* command : all_commands()) {
    if (group != command->group) {
      group = command->group;
      std::printf("\n%s:\n", group.c_str());
    }
    std::printf("  %-10s%s\n", command->name, command->summary);
  }
  std::printf(
      "\n`%s COMMAND --help` shows a command with examples.\nTopics: %s help exit-codes | refs | "
      "environment\n",
      program_name().c_str(), program_name().c_str());
}

void print_exit_codes() {
  for (const ExitCodeRow& row : exit_code_rows())
    std::printf("%4d  %-12s %s\n", row.code, row.name, row.meaning);
}

constexpr const char* kRefsTopic =
    "A model is named by\n"
    "  dir:PATH        a folder; the path of an existing folder means the same\n"
    "  NAME            a model in the store, as `list` shows it\n\n"
    "`pack` takes folders. `run` takes both; a folder of that name is taken first, and we say so.";

constexpr const char* kEnvironmentTopic =
    "  PANNIER_HOME    $PANNIER_HOME/store is read first and written\n"
    "  XDG_DATA_HOME   the user's store is $XDG_DATA_HOME/pannier\n"
    "  HOME            ~/.local/share/pannier where XDG_DATA_HOME is not set\n"
    "  TERM            \"dumb\": no progress bar\n\n"
    "Stores are read in this order: --store alone; else $PANNIER_HOME/store, the user's, and the\n"
    "system's, /var/lib/pannier. The first of them that has a name is the one that is meant.";

Result<int> run_help(Args& args, std::span<const std::string> words) {
  std::string topic;
  args.positional("TOPIC", topic, "a command, or exit-codes, refs, environment", false);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (topic.empty()) {
    print_commands();
  } else if (topic == "exit-codes") {
    print_exit_codes();
  } else if (topic == "refs") {
    print_line(kRefsTopic);
  } else if (topic == "environment") {
    print_line(kEnvironmentTopic);
  } else if (const Command* command = find_command(topic)) {
    Args other(*command);
    const std::vector<std::string> ask = {"--help"};
    return command->run(other, ask);
  } else {
    return args.usage_error("there is no help on \"" + topic + "\"");
  }
  return kExitOk;
}

Result<int> run_version(Args& args, std::span<const std::string> words) {
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("program", program_name()).member("version", PANNIER_VERSION).end_object();
    print_json(json);
  } else {
    print_line(program_name() + " " PANNIER_VERSION);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdHelp;
const Command kCmdHelp = {
    "help", "About", "this overview, a command, or a topic", "help\nhelp exit-codes\nhelp run", "", &run_help,
};

extern const Command kCmdVersion;
const Command kCmdVersion = {
    "version", "About", "the version", "version", "", &run_version,
};

}  // namespace pannier
