#include "cli/passphrase.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr const char* kTerminal = "/dev/tty";

// The last signal that came while a passphrase was being typed; 0 where none did.
volatile std::sig_atomic_t g_signal = 0;
void note_signal(int number) { g_signal = number; }

// Signals that end or stop the process: while this lives they are noted only, so that echo can be switched on
// again first. The destructor puts the old actions back.
class SignalsHeld {
 public:
  SignalsHeld() {
    g_signal = 0;
    struct sigaction action{};
    action.sa_handler = &note_signal;  // no SA_RESTART: the read must come back
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before_[i]);
  }
  ~SignalsHeld() {
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  static constexpr std::array<int, 8> kSignals = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                                  SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU};
  std::array<struct sigaction, kSignals.size()> before_{};
};

class EchoOff {
 public:
  explicit EchoOff(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;  // the line feed alone is shown
    is_off_ = ::tcsetattr(terminal, TCSAFLUSH, &silent) == 0;
  }
  ~EchoOff() {
    // A signal may come here too.
    while (is_off_ && ::tcsetattr(terminal_, TCSAFLUSH, &before_) != 0 && errno == EINTR) {
    }
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  bool is_off() const { return is_off_; }

 private:
  int terminal_;
  termios before_{};
  bool is_off_ = false;
};

Error too_long() {
  return {ErrorKind::kLimit, fmt::format("a passphrase has at most {} bytes", limits::kPassphraseBytesMax),
          ""};
}

// Byte by byte, so that nothing of the next line is taken. kInterrupted where a noted signal came.
Result<Secret> read_line(int descriptor, const std::string& where) {
  std::string line;
  line.reserve(limits::kPassphraseBytesMax + 1);  // never grows: growing leaves copies behind
  Error error{ErrorKind::kIo, "", ""};
  while (true) {
    char byte = 0;
    const ssize_t got = ::read(descriptor, &byte, 1);
    if (got < 0 && errno == EINTR && g_signal == 0) continue;
    if (got < 0) {
      const int code = errno;
      error =
          code == EINTR
              ? Error{ErrorKind::kInterrupted, "interrupted", ""}
              : Error{ErrorKind::kIo,
                      fmt::format("cannot read a passphrase from {}: {}", where, std::strerror(code)), ""};
      break;
    }
    if (got == 0 || byte == '\n') {
      if (line.ends_with('\r')) line.pop_back();
      return Secret(std::move(line));
    }
    if (line.size() == limits::kPassphraseBytesMax) {
      error = too_long();
      break;
    }
    line.push_back(byte);
  }
  wipe(line);
  return error;
}

// One try. `signal` is the one that ended it, raised again by the caller when all is as it was.
Result<Secret> ask_once(int terminal, const std::string& prompt, int& signal) {
  const SignalsHeld held;
  const auto answer = [&]() -> Result<Secret> {
    const EchoOff echo(terminal);
    if (!echo.is_off()) {
      if (g_signal != 0) return Error{ErrorKind::kInterrupted, "interrupted", ""};
      return Error{ErrorKind::kIo,
                   fmt::format("cannot switch off the echo of {}: {}", kTerminal, std::strerror(errno)), ""};
    }
    const std::string text = prompt + ": ";
    if (::write(terminal, text.data(), text.size()) < 0 && g_signal == 0) {
      return Error{ErrorKind::kIo, fmt::format("cannot write to {}: {}", kTerminal, std::strerror(errno)),
                   ""};
    }
    return read_line(terminal, kTerminal);
  };
  Result<Secret> result = answer();
  signal = g_signal;
  return result;
}

Result<Secret> ask_terminal(const std::string& prompt) {
  const int terminal = ::open(kTerminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) {
    return Error{ErrorKind::kInvalid, "a passphrase is needed, and there is no terminal to ask on",
                 "give it by a file descriptor: --passphrase-fd 3 3< FILE"};
  }
  while (true) {
    int signal = 0;
    Result<Secret> result = ask_once(terminal, prompt, signal);
    if (signal == 0) {
      ::close(terminal);
      return result;
    }
    // Echo is on again: now the signal does what it would have done.
    (void)std::raise(signal);
    if (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) continue;  // stopped and gone on
    ::close(terminal);
    return Error{ErrorKind::kInterrupted, "interrupted", ""};
  }
}

Result<Secret> not_empty(Result<Secret> passphrase) {
  if (passphrase.ok() && passphrase->empty()) {
    return Error{ErrorKind::kInvalid, "the passphrase is empty", "keys are always encrypted at rest"};
  }
  return passphrase;
}

Result<Secret> read_descriptor(uint32_t descriptor) {
  if (descriptor > INT_MAX || ::fcntl(static_cast<int>(descriptor), F_GETFD) < 0) {
    return Error{ErrorKind::kInvalid, fmt::format("file descriptor {} is not open", descriptor),
                 "open it in the shell: --passphrase-fd 3 3< FILE"};
  }
  return read_line(static_cast<int>(descriptor), fmt::format("file descriptor {}", descriptor));
}

}  // namespace

Result<Secret> read_passphrase(std::optional<uint32_t> descriptor, const std::string& prompt) {
  return not_empty(descriptor ? read_descriptor(*descriptor) : ask_terminal(prompt));
}

Result<Secret> read_new_passphrase(std::optional<uint32_t> descriptor, const std::string& prompt) {
  PANNIER_ASSIGN(Secret passphrase, read_passphrase(descriptor, prompt));
  if (descriptor) return passphrase;
  PANNIER_ASSIGN(const Secret again, ask_terminal("the same again"));
  if (passphrase.text() != again.text()) {
    return Error{ErrorKind::kInvalid, "the two passphrases differ", "nothing was written; try again"};
  }
  return passphrase;
}

}  // namespace pannier
