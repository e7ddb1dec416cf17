// The audit log as CSV, for spreadsheets and for whoever audits the auditors.
#pragma once

#include <string>

#include "carry/audit/audit_line.h"

namespace pannier {

// The names of the columns, and one line: RFC 4180 without the line break. Lists are joined by "; ". A cell
// that a spreadsheet would take for a formula gets an apostrophe before it, since its text may come from a
// hostile medium.
std::string log_csv_heading();
std::string log_csv_row(const AuditLine& line);

}  // namespace pannier
