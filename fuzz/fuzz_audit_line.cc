// Any bytes as a line of the audit log; what is accepted survives being written and read again.
#include <cstdlib>

#include "carry/audit/audit_line.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pannier::parse_audit_line(text, "fuzz");
  if (!parsed.ok()) return 0;
  if (!pannier::is_audit_time(parsed->origin.time)) std::abort();
  // Texts that were cut to the limit grow by "…" and are cut again: twice written is written for good.
  const std::string once = pannier::write_audit_line(*parsed);
  const auto again = pannier::parse_audit_line(once, "again");
  if (!again.ok() || again->number != parsed->number || again->previous != parsed->previous) std::abort();
  return 0;
}
