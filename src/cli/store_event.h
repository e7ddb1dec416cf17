// What a command that changes or judges something does before and after: that it may, that it can be told in
// the audit log, and the telling.
#pragma once

#include <string>

#include "base/result.h"
#include "carry/audit/audit_log.h"

namespace pannier {

// That this user may write to the store (kIo, saying who may), and that its audit log takes a line. Fine
// where there is no store yet.
Status check_store_writable(const std::string& store_root);

// That the user's own audit log takes a line; kInvalid where no place for it is known.
Status check_user_audit();

// Writes the event to the store's audit log, or where `store_root` is empty to the user's own: verdict and
// detail from `outcome`. Gives the outcome back, or the log's own error where only that failed.
Status record_store_event(const std::string& store_root, AuditEvent event, const Status& outcome);

// The same for what is done already, or was only judged: a log that cannot be written is a warning.
void record_event_or_warn(const std::string& store_root, AuditEvent event, const Status& outcome);

}  // namespace pannier
