#include "cli/interrupt.h"

#include <csignal>

namespace pannier {
namespace {

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

void on_signal(int signal_number) {
  g_interrupted = true;
  std::signal(signal_number, SIG_DFL);
}

}  // namespace

const std::atomic<bool>* interrupt_flag() {
  static const bool installed = [] {
    struct sigaction action{};
    action.sa_handler = &on_signal;
    sigemptyset(&action.sa_mask);
    // No SA_RESTART: a read that waits for a terminal or a pipe must come back.
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return true;
  }();
  (void)installed;
  return &g_interrupted;
}

}  // namespace pannier
