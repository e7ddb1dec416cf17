// The audit log: append-only JSON lines, each bound to the one before it by a digest. Page:
// docs/formats/audit.md.
#pragma once

#include <cstdint>
#include <string>

#include "base/digest.h"
#include "base/environment.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/audit/audit_line.h"

namespace pannier {

// Where the log of a store lies.
std::string audit_log_path(const std::string& store_root);
// Where a user's own log lies: $PANNIER_HOME/audit, else $XDG_STATE_HOME/pannier/audit, else
// ~/.local/state/pannier/audit. Empty where none of these is set.
std::string user_audit_log_path(const Environment& environment);

// This process, now.
AuditOrigin audit_origin_here(const Environment& environment);

// Appends the event with time (UTC), uid and user, host, version and the digest of the line before, under a
// lock, and syncs it. Makes the folder where missing. A last line that a crash has cut off stays as it is and
// is told by a "cut" event; nothing is ever overwritten. kIo (also where another holds the lock for longer
// than five seconds); kCorrupt where there is no whole line near the end of a log that should have one.
Status append_audit(FileSystem& fs, const std::string& log_path, const AuditEvent& event);
Status append_audit(FileSystem& fs, const std::string& log_path, const AuditEvent& event,
                    const AuditOrigin& origin);

// That append_audit could write now: what changes something asks before it does, so that nothing is changed
// that cannot be told. Makes an empty log where there is none.
Status check_audit_writable(FileSystem& fs, const std::string& log_path);

// Appends to the log of the store, and where that cannot be written (a store of the system, read by a user
// who may not change it), or `store_root` is empty or holds no store (an install that was refused), to the
// user's own. Fails where neither takes it: commands
// that change something fail then, those that only judge warn.
Status record_audit(FileSystem& fs, const Environment& environment, const std::string& store_root,
                    const AuditEvent& event);

// Number and digest of the last whole line: what a receipt carries. Zero where there is no log.
struct AuditHead {
  uint64_t count = 0;
  Digest digest;

  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};
Result<AuditHead> audit_head(FileSystem& fs, const std::string& log_path);

}  // namespace pannier
