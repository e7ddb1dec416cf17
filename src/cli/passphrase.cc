#include "cli/passphrase.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
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
// again first. Those that come from outside are let in while `wait_for_input` waits and nowhere else: one
// that came between a look at the note and the read would be noted too late. The destructor puts all back.
class SignalsHeld {
 public:
  SignalsHeld() {
    g_signal = 0;
    struct sigaction action{};
    action.sa_handler = &note_signal;  // no SA_RESTART: the read must come back
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before_[i]);
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < kHeld; ++i) sigaddset(&held, kSignals[i]);
    pthread_sigmask(SIG_BLOCK, &held, &mask_before_);
  }
  ~SignalsHeld() {
    // What is still waiting is noted before the old actions are back: it is raised again afterwards.
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

  // False, with EINTR, where a signal came first.
  bool wait_for_input(int descriptor) const {
    pollfd waiting{descriptor, POLLIN, 0};
    return ::ppoll(&waiting, 1, nullptr, &mask_before_) >= 0;
  }

 private:
  static constexpr std::array<int, 8> kSignals = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                                  SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU};
  // The first of them; the last two come from our own calls in the background, so they cannot come between.
  static constexpr size_t kHeld = 6;
  std::array<struct sigaction, kSignals.size()> before_{};
  sigset_t mask_before_{};
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
Result<Secret> read_line(int descriptor, const std::string& where, const SignalsHeld* held = nullptr) {
  std::string line;
  line.reserve(limits::kPassphraseBytesMax + 1);  // never grows: growing leaves copies behind
  Error error{ErrorKind::kIo, "", ""};
  while (true) {
    char byte = 0;
    const bool is_ready = held == nullptr || held->wait_for_input(descriptor);
    const ssize_t got = is_ready ? ::read(descriptor, &byte, 1) : -1;
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

// One try. Where g_signal is set afterwards, the caller raises it again: all is as it was then.
Result<Secret> ask_once(int terminal, const std::string& prompt) {
  const SignalsHeld held;
  const EchoOff echo(terminal);
  if (!echo.is_off()) {
    if (g_signal != 0) return Error{ErrorKind::kInterrupted, "interrupted", ""};
    return Error{ErrorKind::kIo,
                 fmt::format("cannot switch off the echo of {}: {}", kTerminal, std::strerror(errno)), ""};
  }
  const std::string text = prompt + ": ";
  if (::write(terminal, text.data(), text.size()) < 0 && g_signal == 0) {
    return Error{ErrorKind::kIo, fmt::format("cannot write to {}: {}", kTerminal, std::strerror(errno)), ""};
  }
  return read_line(terminal, kTerminal, &held);
}

Result<Secret> ask_terminal(const std::string& prompt) {
  const int terminal = ::open(kTerminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) {
    return Error{ErrorKind::kInvalid, "a passphrase is needed, and there is no terminal to ask on",
                 "give it by a file descriptor: --passphrase-fd 3 3< FILE"};
  }
  while (true) {
    Result<Secret> result = ask_once(terminal, prompt);
    const int signal = g_signal;
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
