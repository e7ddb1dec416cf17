// Bars on a terminal, plain lines in a log, JSON lines for a program.
#include "cli/connected/fetch_display.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "cli/output.h"

namespace pannier {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(150);
constexpr auto kLineEvery = std::chrono::seconds(10);
constexpr auto kJsonEvery = std::chrono::milliseconds(500);
constexpr auto kRateOver = std::chrono::seconds(8);
constexpr size_t kBarCells = 20;
constexpr size_t kBarsMax = 6;  // files in work that have a bar of their own
constexpr size_t kNarrowest = 40;
constexpr size_t kWide = 110;  // from here the total has room for a bar beside its figures
// In a log, a line for each of a thousand tokenizer files says nothing.
constexpr uint64_t kLineFromBytes = 16ull << 20;

void write_to_standard_error(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

size_t terminal_columns() {
  struct winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= kNarrowest) return size.ws_col;
  return 80;
}

std::string bar(uint64_t done, uint64_t total) {
  const double share =
      total == 0 ? 1 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  const auto cells = static_cast<size_t>(share * kBarCells);
  return fmt::format("[{}{}] {:3} %", std::string(cells, '#'), std::string(kBarCells - cells, '.'),
                     static_cast<int>(share * 100));
}

std::string duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  const auto minutes = static_cast<uint64_t>(seconds / 60);
  if (minutes < 100) return fmt::format("{} min", minutes);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

// At most `width` cells; what is cut is the front, where paths say least.
std::string cut_front(const std::string& text, size_t width) {
  const std::string safe = for_display(text);
  if (display_width(safe) <= width) return safe + std::string(width - display_width(safe), ' ');
  std::string cut = safe;
  while (!cut.empty() && display_width(cut) + 1 > width) {
    cut.erase(0, 1);
    while (!cut.empty() && (static_cast<unsigned char>(cut[0]) & 0xc0) == 0x80) cut.erase(0, 1);
  }
  return "…" + cut + std::string(width - std::min(width, display_width(cut) + 1), ' ');
}

}  // namespace

DisplayKind display_kind(bool json) {
  if (log_level() == LogLevel::kQuiet) return DisplayKind::kQuiet;
  if (json) return DisplayKind::kJson;
  const char* term = std::getenv("TERM");
  const bool smart = ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
  return smart ? DisplayKind::kBars : DisplayKind::kLines;
}

FetchDisplay::FetchDisplay(std::string label, DisplayKind kind, std::function<void(const std::string&)> write)
    : label_(std::move(label)), kind_(kind), write_(std::move(write)) {
  if (!write_) write_ = write_to_standard_error;
}

FetchDisplay::~FetchDisplay() { finish(); }

DownloadEvents FetchDisplay::events() {
  DownloadEvents events;
  events.begin = [this](const std::vector<DownloadItem>& items) { begin(items, Clock::now()); };
  events.progress = [this](size_t item, uint64_t bytes) { progress(item, bytes, Clock::now()); };
  events.note = [this](size_t item, const std::string& what) { note(item, what); };
  return events;
}

void FetchDisplay::begin(const std::vector<DownloadItem>& items, Clock::time_point now) {
  files_.clear();
  bytes_total_ = bytes_done_ = 0;
  files_done_ = 0;
  for (const DownloadItem& item : items) {
    files_.push_back({item.label, item.bytes, 0, false, now});
    bytes_total_ += item.bytes;
  }
  start_ = next_ = now;
  samples_ = {{now, 0}};
  if (kind_ == DisplayKind::kLines) {
    line(fmt::format("{} {}, {}", label_, counted(items.size(), "file"), human_bytes(bytes_total_)));
    next_ = now + kLineEvery;
  } else if (kind_ == DisplayKind::kJson) {
    JsonWriter json;
    json.begin_object().member("event", "begin").member("files", uint64_t{items.size()});
    json.member("bytes", bytes_total_).end_object();
    write_(json.take() + "\n");
  }
}

void FetchDisplay::progress(size_t item, uint64_t bytes_done, Clock::time_point now) {
  File& file = files_[item];
  bytes_done_ = bytes_done_ - file.done + bytes_done;
  const bool was_done = file.in_work && file.done == file.bytes;
  if (!file.in_work) file.started = now;
  file.in_work = true;
  file.done = bytes_done;
  const bool is_done = file.done == file.bytes;
  if (is_done && !was_done) {
    ++files_done_;
    if (kind_ == DisplayKind::kJson) write_json("file", item, "");
    if (kind_ == DisplayKind::kLines && file.bytes >= kLineFromBytes) {
      line(fmt::format("{}: {}", for_display(file.label), human_bytes(file.bytes)));
    }
  } else if (was_done && !is_done) {
    --files_done_;
  }
  if (now < next_ || kind_ == DisplayKind::kQuiet) return;
  switch (kind_) {
    case DisplayKind::kBars:
      next_ = now + kRedrawEvery;
      draw(now);
      break;
    case DisplayKind::kLines:
      next_ = now + kLineEvery;
      line(total_line(now, false));
      break;
    case DisplayKind::kJson:
      next_ = now + kJsonEvery;
      write_json("progress", item, "");
      break;
    case DisplayKind::kQuiet:
      break;
  }
}

void FetchDisplay::note(size_t item, const std::string& what) {
  if (kind_ == DisplayKind::kQuiet) return;
  if (kind_ == DisplayKind::kJson) {
    write_json("note", item, what);
    return;
  }
  wipe();
  // An error's text names the file already.
  std::string text = for_display(what);
  const std::string label = for_display(files_[item].label) + ": ";
  for (size_t at = text.find(label); at != std::string::npos; at = text.find(label))
    text.erase(at, label.size());
  line(label + text);
}

void FetchDisplay::write_json(const char* event, size_t item, const std::string& text) {
  const File& file = files_[item];
  JsonWriter json;
  json.begin_object().member("event", event).member("file", for_display(file.label));
  json.member("file_bytes", file.bytes).member("file_bytes_done", file.done);
  json.member("bytes", bytes_total_).member("bytes_done", bytes_done_);
  json.member("files", uint64_t{files_.size()}).member("files_done", uint64_t{files_done_});
  if (!text.empty()) json.member("note", for_display(text));
  json.end_object();
  write_(json.take() + "\n");
}

void FetchDisplay::line(const std::string& text) { write_("pannier: " + text + "\n"); }

double FetchDisplay::rate(Clock::time_point now) {
  samples_.push_back({now, bytes_done_});
  while (samples_.size() > 2 && now - samples_[1].when > kRateOver) samples_.erase(samples_.begin());
  const double seconds = std::chrono::duration<double>(now - samples_.front().when).count();
  const uint64_t before = samples_.front().bytes;
  if (seconds < 0.3 || bytes_done_ <= before) return 0;
  return static_cast<double>(bytes_done_ - before) / seconds;
}

std::string FetchDisplay::total_line(Clock::time_point now, bool with_bar) {
  std::string text = label_ + " ";
  if (with_bar) {
    text += bar(bytes_done_, bytes_total_) + "  ";
  } else if (bytes_total_ > 0) {
    text += fmt::format("{:3} %  ", bytes_done_ * 100 / bytes_total_);
  }
  text += fmt::format("{} of {}, {} of {} files", human_bytes(bytes_done_), human_bytes(bytes_total_),
                      files_done_, files_.size());
  if (const double bytes_per_second = rate(now); bytes_per_second > 0) {
    const double left = static_cast<double>(bytes_total_ - std::min(bytes_done_, bytes_total_));
    text += fmt::format(", {}/s, {} left", human_bytes(static_cast<uint64_t>(bytes_per_second)),
                        duration(left / bytes_per_second));
  }
  return text;
}

void FetchDisplay::draw(Clock::time_point now) {
  const size_t columns = terminal_columns();
  std::vector<std::string> lines;
  for (const File& file : files_) {
    if (!file.in_work || file.done == file.bytes || lines.size() == kBarsMax) continue;
    const std::string figures =
        fmt::format("  {}  {:>9}", bar(file.done, file.bytes), human_bytes(file.bytes));
    const size_t width = columns - 1 - std::min(columns - 1, figures.size());
    lines.push_back(cut_front(file.label, width) + figures);
  }
  std::string total = total_line(now, columns > kWide);
  if (total.size() >= columns) total.resize(columns - 1);
  lines.push_back(total);
  wipe();
  std::string text;
  for (const std::string& each : lines) text += each + "\n";
  lines_drawn_ = lines.size();
  write_(text);
}

// The cursor goes back to the first line drawn, and all below it is cleared.
void FetchDisplay::wipe() {
  if (lines_drawn_ == 0) return;
  write_(fmt::format("\x1b[{}A\r\x1b[J", lines_drawn_));
  lines_drawn_ = 0;
}

void FetchDisplay::finish() { wipe(); }

}  // namespace pannier
