// The audit log: append-only JSON lines, each bound to the one before it by a digest. Page:
// docs/formats/audit.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"

namespace pannier {

// One thing that was done. Members may be empty; texts are made safe when shown, not when written.
struct AuditEvent {
  std::string action;  // "pack", "verify", "install", "export", "rollback", "remove", "gc", "fsck", "keys …",
                       // "approve", "receipt"
  std::string verdict;                   // "ok", or the name of an error's kind
  std::string detail;                    // the error's message, or "older than what is here (--allow-older)"
  std::vector<std::string> refs;         // names of models, data sets, wheelhouses
  std::vector<std::string> digests;      // "payload sha256:…", "statement sha256:…", "root sha256:…"
  std::vector<std::string> signers;      // names (or key ids) of whoever vouched
  std::string medium;                    // the path of the bundle, volume or folder
  std::vector<std::string> permissions;  // "--allow-unsigned", "--allow-older"
};

// Where the log of a store lies.
std::string audit_log_path(const std::string& store_root);

// Appends the event with time (UTC), uid and user, host, version and the digest of the line before, under a
// lock, and syncs it. Makes the folder where missing. kIo; kCorrupt where the end of the log is not what it
// should be (a cut last line is completed by a "cut" event, never overwritten).
Status append_audit(FileSystem& fs, const std::string& log_path, const AuditEvent& event);

// Number and digest of the last line: what a receipt carries. Zero where there is no log.
struct AuditHead {
  uint64_t count = 0;
  Digest digest;
};
Result<AuditHead> audit_head(FileSystem& fs, const std::string& log_path);

}  // namespace pannier
