#include "cli/progress.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "base/log.h"
#include "cli/interrupt.h"

namespace pannier {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(100);
constexpr auto kLineEvery = std::chrono::seconds(10);
constexpr size_t kBarCells = 28;

bool is_smart_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

// "packing [#####.......]  42 %  1.2 GB of 2.9 GB, 830.1 MB/s, 2 s left"
std::string describe(const std::string& label, uint64_t done, uint64_t total, double seconds, bool bar) {
  const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  std::string text = label;
  if (bar) {
    const auto cells = static_cast<size_t>(share * kBarCells);
    text += " [" + std::string(cells, '#') + std::string(kBarCells - cells, '.') + "]";
  }
  char percent[16];
  std::snprintf(percent, sizeof percent, " %3d %%", static_cast<int>(share * 100));
  text += percent + ("  " + human_bytes(done)) + " of " + human_bytes(total);
  if (seconds > 0.5 && done > 0) {
    const double rate = static_cast<double>(done) / seconds;
    const auto seconds_left = static_cast<uint64_t>(std::ceil(static_cast<double>(total - done) / rate));
    text +=
        ", " + human_bytes(static_cast<uint64_t>(rate)) + "/s, " + std::to_string(seconds_left) + " s left";
  }
  return text;
}

}  // namespace

Progress::Progress(std::string label)
    : label_(std::move(label)), terminal_(is_smart_terminal()), start_(Clock::now()) {
  next_ = start_ + (terminal_ ? Clock::duration(kRedrawEvery) : Clock::duration(kLineEvery));
}

Progress::~Progress() { finish(); }

Transfer Progress::transfer() {
  return {[this](uint64_t done, uint64_t total) { update(done, total); }, interrupt_flag()};
}

void Progress::update(uint64_t bytes_done, uint64_t bytes_total) {
  if (log_level() == LogLevel::kQuiet) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? Clock::duration(kRedrawEvery) : Clock::duration(kLineEvery));
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const std::string text = describe(label_, bytes_done, bytes_total, seconds, terminal_);
  if (terminal_) {
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    std::fflush(stderr);
    drawn_ = true;
  } else {
    log_note(text);
  }
}

void Progress::finish() {
  if (!drawn_) return;
  std::fprintf(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace pannier
