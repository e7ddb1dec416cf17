#include "cli/args.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"

namespace pannier {
namespace {

// CLI11 takes "[a,b]" for a list of two. Texts must stay as they are, so a word that begins with a
// bracket is handed to it behind this character, which is taken away again afterwards.
constexpr char kShield = '\x01';

void unshield(std::string& word) {
  if (word.starts_with(kShield)) word.erase(0, 1);
}

// What help shows of one argument.
struct Row {
  std::string left;
  std::string help;
};

void print_rows(const char* heading, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.left.size());
  std::printf("\n%s:\n", heading);
  for (const Row& row : rows) {
    std::printf("  %-*s  %s\n", static_cast<int>(width), row.left.c_str(), row.help.c_str());
  }
}

// "-m,--model" as "-m, --model".
std::string spaced(const char* names) {
  std::string out;
  for (const char* c = names; *c != '\0'; ++c) {
    out.push_back(*c);
    if (*c == ',') out.push_back(' ');
  }
  return out;
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(const std::string& word, std::span<const std::string> candidates) {
  std::string best;
  // A swap of two letters counts two; short words are near to everything, so they get less.
  size_t best_distance = word.size() <= 3 ? 2 : std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

struct Args::State {
  explicit State(const Command& row) : command(row) {}

  const Command& command;
  CLI::App app;
  std::string usage;  // "TASK [MODEL] [TEXT...]"
  std::vector<Row> arguments;
  std::vector<Row> options;
  std::vector<std::string*> strings;  // every target that holds text
  std::vector<std::vector<std::string>*> string_lists;
  bool help = false;
  bool json = false;
  bool quiet = false;

  std::vector<std::string> long_names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
  }
};

Args::Args(const Command& command) : state_(std::make_unique<State>(command)) {
  state_->app.set_help_flag();  // ours, below
  flag("--json", state_->json, "print the result as JSON");
  flag("-q,--quiet", state_->quiet, "no progress and no notes; warnings and errors stay");
  flag("-h,--help", state_->help, "show this help");
}

Args::~Args() = default;

void Args::flag(const char* names, bool& target, const char* help) {
  state_->app.add_flag(names, target);
  state_->options.push_back({spaced(names), help});
}

void Args::option(const char* names, const char* value, std::string& target, const char* help) {
  state_->strings.push_back(&target);
  state_->app.add_option(names, target);
  state_->options.push_back({spaced(names) + " " + value, help});
}

void Args::option(const char* names, const char* value, std::optional<uint32_t>& target, const char* help) {
  state_->app.add_option_function<uint32_t>(names, [&target](const uint32_t& number) { target = number; });
  state_->options.push_back({spaced(names) + " " + value, help});
}

void Args::option(const char* names, const char* value, std::vector<std::string>& target, const char* help) {
  state_->string_lists.push_back(&target);
  // One value each time: else "-r a.txt REF" would take the ref too.
  state_->app.add_option(names, target)->allow_extra_args(false);
  state_->options.push_back({spaced(names) + " " + value, help});
}

void Args::positional(const char* name, std::string& target, const char* help, bool required) {
  state_->strings.push_back(&target);
  state_->app.add_option(name, target)->required(required);
  state_->usage += required ? std::string(" ") + name : std::string(" [") + name + "]";
  state_->arguments.push_back({name, help});
}

void Args::positionals(const char* name, std::vector<std::string>& target, const char* help, bool required) {
  state_->string_lists.push_back(&target);
  // CLI11 2.4 and later take no space in a name.
  std::string plain = name;
  std::replace(plain.begin(), plain.end(), ' ', '_');
  state_->app.add_option(plain, target)->required(required);
  // "MODEL TEXT", two things that one list holds, reads "[MODEL] [TEXT...]".
  std::string usage = required ? name : "[" + std::string(name) + "...]";
  if (const size_t space = usage.find(' '); space != std::string::npos) usage.replace(space, 1, "] [");
  state_->usage += " " + usage + (required ? "..." : "");
  state_->arguments.push_back({name, help});
}

bool Args::json() const { return state_->json; }

Error Args::usage_error(const std::string& message, const std::string& hint) const {
  const std::string where = "see `" + program_name() + " " + state_->command.name + " --help`";
  return Error{ErrorKind::kInvalid, message, hint.empty() ? where : hint};
}

void Args::print_help() const {
  const Command& command = state_->command;
  std::printf("%s %s: %s\n\nUsage: %s %s%s [options]\n", program_name().c_str(), command.name,
              command.summary, program_name().c_str(), command.name, state_->usage.c_str());
  print_rows("Arguments", state_->arguments);
  // The command's own options before those that all have.
  std::vector<Row> options(state_->options.begin() + 3, state_->options.end());
  options.insert(options.end(), state_->options.begin(), state_->options.begin() + 3);
  print_rows("Options", options);
  std::printf("\nExamples:\n");
  const std::string examples = command.examples;
  for (size_t begin = 0; begin < examples.size();) {
    const size_t end = std::min(examples.find('\n', begin), examples.size());
    std::printf("  %s %s\n", program_name().c_str(), examples.substr(begin, end - begin).c_str());
    begin = end + 1;
  }
  std::printf("\nExit codes: ok, usage%s%s; `%s help exit-codes` has the numbers.\n",
              *command.exits == '\0' ? "" : ", ", command.exits, program_name().c_str());
}

Result<bool> Args::parse(std::span<const std::string> words) {
  // Before the parse, so that `--help` beside missing arguments helps.
  for (const std::string& word : words) {
    if (word == "--") break;
    if (word == "--help" || word == "-h") {
      print_help();
      return false;
    }
  }
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 wants them
    for (std::string& word : reversed) {
      if (word.starts_with('[') || word.starts_with(kShield)) word.insert(word.begin(), kShield);
    }
    state_->app.parse(std::move(reversed));
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = state_->app.remaining();
    const std::string extra = extras.empty() ? "" : extras.front();
    if (!extra.starts_with("-")) return usage_error("\"" + extra + "\" is one argument too many");
    const std::string near = nearest(extra, state_->long_names());
    return usage_error("there is no option " + extra, near.empty() ? "" : "did you mean " + near + "?");
  } catch (const CLI::Error& error) {
    return usage_error(error.what());
  }
  for (std::string* text : state_->strings) unshield(*text);
  for (std::vector<std::string>* texts : state_->string_lists) {
    for (std::string& text : *texts) unshield(text);
  }
  if (state_->quiet) set_log_level(LogLevel::kQuiet);
  return true;
}

}  // namespace pannier
