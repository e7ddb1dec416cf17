#include "base/child_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/bytes.h"
#include "base/display.h"

extern char** environ;

namespace pannier {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLookEvery{50};
constexpr std::chrono::milliseconds kGrace{2'000};

// A pipe whose ends no other child inherits; closed with the object.
struct Pipe {
  int read_end = -1;
  int write_end = -1;

  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
};

// posix_spawn's two bags of options, freed with the object.
struct SpawnOptions {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnOptions() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
};

bool is_dropped(std::string_view name, const ProgramCall& call) {
  for (const auto& [set, value] : call.set) {
    if (set == name) return true;
  }
  for (const std::string& dropped : call.dropped) {
    if (!dropped.empty() && dropped.back() == '*') {
      if (name.starts_with(std::string_view(dropped).substr(0, dropped.size() - 1))) return true;
    } else if (dropped == name) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> child_environment(const ProgramCall& call) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!is_dropped(text.substr(0, text.find('=')), call)) out.emplace_back(text);
  }
  for (const auto& [name, value] : call.set) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

Result<pid_t> start(const ProgramCall& call, const Pipe& output, const Pipe& errors) {
  SpawnOptions options;
  posix_spawn_file_actions_addopen(&options.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&options.actions, output.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&options.actions, errors.write_end, STDERR_FILENO);
  if (!call.working_folder.empty()) {
    posix_spawn_file_actions_addchdir_np(&options.actions, call.working_folder.c_str());
  }
  // A group of its own, so that what it starts ends with it; and signals as a fresh program has them.
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal_number : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&defaults, signal_number);
  posix_spawnattr_setpgroup(&options.attributes, 0);
  posix_spawnattr_setsigmask(&options.attributes, &none);
  posix_spawnattr_setsigdefault(&options.attributes, &defaults);
  posix_spawnattr_setflags(&options.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> arguments = call.arguments;
  std::vector<std::string> environment = child_environment(call);
  pid_t child = -1;
  const int failed = posix_spawnp(&child, arguments[0].c_str(), &options.actions, &options.attributes,
                                  pointers(arguments).data(), pointers(environment).data());
  if (failed == 0) return child;
  const ErrorKind kind = failed == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo;
  return Error{kind, fmt::format("cannot start {}: {}", for_message(arguments[0]), std::strerror(failed)),
               ""};
}

// What of a pipe can be read now; closes it at its end.
void read_some(int& end, std::string& into, uint64_t bytes_kept, bool& too_much) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(end, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    Pipe::close_end(end);
    return;
  }
  const uint64_t room = bytes_kept - std::min<uint64_t>(bytes_kept, into.size());
  if (static_cast<uint64_t>(got) > room) too_much = true;
  into.append(buffer.data(), std::min<uint64_t>(room, static_cast<uint64_t>(got)));
}

// A child that is running: reads it, watches it, ends it.
class Running {
 public:
  Running(const ProgramCall& call, pid_t child, Pipe& output, Pipe& errors)
      : call_(call), child_(child), output_(output), errors_(errors), started_(Clock::now()) {}

  Result<ProgramEnd> to_the_end() {
    while (output_.read_end >= 0 || errors_.read_end >= 0) {
      step();
      if (const Status go_on = may_go_on(); !go_on.ok()) {
        stop();
        return go_on.error();
      }
    }
    // Both pipes may be closed long before the program ends; mostly it is just about to.
    for (int wait = 1; !reap(); wait = std::min<int>(2 * wait, kLookEvery.count())) {
      ::poll(nullptr, 0, wait);
      if (const Status go_on = may_go_on(); !go_on.ok()) {
        stop();
        return go_on.error();
      }
    }
    return std::move(end_);
  }

 private:
  void step() {
    std::array<pollfd, 2> waits{{{output_.read_end, POLLIN, 0}, {errors_.read_end, POLLIN, 0}}};
    if (::poll(waits.data(), waits.size(), static_cast<int>(kLookEvery.count())) <= 0) return;
    bool dropped = false;
    if (waits[0].revents != 0) {
      read_some(output_.read_end, end_.output, call_.output_bytes_max, output_too_large_);
    }
    if (waits[1].revents != 0) read_some(errors_.read_end, end_.errors, call_.error_bytes_kept, dropped);
  }

  Status may_go_on() const {
    const std::string name = for_message(call_.arguments[0]);
    if (call_.cancel != nullptr && *call_.cancel) {
      return Error{ErrorKind::kInterrupted, "interrupted while " + name + " was running", ""};
    }
    if (output_too_large_) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{} wrote more than {} to its standard output", name,
                               human_bytes(call_.output_bytes_max)),
                   ""};
    }
    if (call_.time_max.count() > 0 && Clock::now() - started_ > call_.time_max) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{} did not end within {} s", name, call_.time_max.count() / 1000), ""};
    }
    return {};
  }

  bool reap() {
    int status = 0;
    const pid_t got = ::waitpid(child_, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return false;
    end_.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

  void stop() {
    ::kill(-child_, SIGTERM);
    const auto killed_at = Clock::now() + kGrace;
    while (!reap()) {
      if (Clock::now() >= killed_at) ::kill(-child_, SIGKILL);
      ::poll(nullptr, 0, 10);
    }
    ::kill(-child_, SIGKILL);  // what it started and left behind
  }

  const ProgramCall& call_;
  pid_t child_;
  Pipe& output_;
  Pipe& errors_;
  Clock::time_point started_;
  ProgramEnd end_;
  bool output_too_large_ = false;
};

}  // namespace

Result<ProgramEnd> run_program(const ProgramCall& call) {
  assert(!call.arguments.empty());
  Pipe output;
  Pipe errors;
  if (!output.open() || !errors.open()) {
    return Error{ErrorKind::kIo, fmt::format("cannot open a pipe: {}", std::strerror(errno)), ""};
  }
  PANNIER_ASSIGN(const pid_t child, start(call, output, errors));
  Pipe::close_end(output.write_end);
  Pipe::close_end(errors.write_end);
  return Running(call, child, output, errors).to_the_end();
}

}  // namespace pannier
