#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <string>

namespace pannier {
namespace {

std::atomic<LogLevel> g_level{LogLevel::kNormal};

void write_line(std::string_view prefix, std::string_view message) {
  // One call, so that lines of several threads do not mix.
  std::string line = "pannier: ";
  line.append(prefix).append(message).push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void set_log_level(LogLevel level) { g_level = level; }

LogLevel log_level() { return g_level; }

void log_note(std::string_view message) {
  if (g_level != LogLevel::kQuiet) write_line("", message);
}

void log_warning(std::string_view message) { write_line("warning: ", message); }

}  // namespace pannier
