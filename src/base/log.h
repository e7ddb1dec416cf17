// Messages for people, on standard error: "pannier: warning: …". Results go to standard output.
#pragma once

#include <string_view>

namespace pannier {

enum class LogLevel { kQuiet, kNormal };

// For the whole process; kNormal at the start. kQuiet drops notes, never warnings.
void set_log_level(LogLevel level);
LogLevel log_level();
void log_note(std::string_view message);
void log_warning(std::string_view message);

}  // namespace pannier
