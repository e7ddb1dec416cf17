// LogFilter: which lines of the audit log are asked for.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/result.h"
#include "carry/audit/audit_line.h"

namespace pannier {

struct LogFilter {
  std::string since;   // "2026-11-24T16:00:00Z"; these members may be empty: then they let everything through
  std::string ref;     // a name, with or without its revision
  std::string signer;  // a name, or the beginning of a key id (8 characters or more)
  std::string action;  // "install"; "keys" also finds "keys rotate"

  bool matches(const AuditLine& line) const;
};

// A date ("2026-11-24"), a time ("2026-11-24T16:00:00Z"), or how long before `now` ("90m", "36h", "7d",
// "4w"), as a time. kInvalid.
Result<std::string> parse_since(std::string_view text, std::time_t now);

}  // namespace pannier
