// What a command that changes a store does before and after: that it may, that it can be told in the audit
// log, and the telling.
#pragma once

#include <string>

#include "base/result.h"
#include "carry/audit/audit_log.h"

namespace pannier {

// That this user may write to the store (kIo, saying who may), and that its audit log takes a line. Fine
// where there is no store yet.
Status check_store_writable(const std::string& store_root);

// Writes the event to the store's audit log: verdict and detail from `outcome`. Gives the outcome back, or
// the log's own error where only that failed.
Status record_store_event(const std::string& store_root, AuditEvent event, const Status& outcome);

}  // namespace pannier
