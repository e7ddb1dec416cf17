// Quotes cells as RFC 4180 says, and keeps spreadsheets from calculating with them.
#include "cli/audit/log_csv.h"

#include <vector>

#include "base/display.h"

namespace pannier {
namespace {

std::string cell(const std::string& text) {
  std::string safe = for_display(text);
  if (!safe.empty() && std::string_view("=+-@").find(safe.front()) != std::string_view::npos)
    safe.insert(0, "'");
  if (safe.find_first_of("\",") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char character : safe) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  return quoted + '"';
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& element : list) text += (text.empty() ? "" : "; ") + element;
  return text;
}

}  // namespace

std::string log_csv_heading() {
  return "n,time,uid,user,host,version,action,verdict,detail,refs,digests,signers,medium,permissions";
}

std::string log_csv_row(const AuditLine& line) {
  const AuditOrigin& origin = line.origin;
  const AuditEvent& event = line.event;
  std::string row = std::to_string(line.number) + "," + origin.time + "," + std::to_string(origin.uid);
  const std::vector<std::string> cells = {
      origin.user,           origin.host,  origin.version,           event.action,
      event.verdict,         event.detail, joined(event.refs),       joined(event.digests),
      joined(event.signers), event.medium, joined(event.permissions)};
  for (const std::string& text : cells) row += "," + cell(text);
  return row;
}

}  // namespace pannier
