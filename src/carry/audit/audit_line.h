// One line of the audit log: what was done, by whom, when, bound to the line before it. Pure.
// Page: docs/formats/audit.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace pannier {

// One thing that was done. Members may be empty; texts are made safe when shown, not when written.
struct AuditEvent {
  // "pack", "verify", "install", "export", "rollback", "remove", "gc", "fsck", "keys …", "approve",
  // "receipt"; "cut" is the log's own.
  std::string action;
  std::string verdict;                   // "ok", or the name of an error's kind
  std::string detail;                    // the error's message, or "older than what is here (--allow-older)"
  std::vector<std::string> refs;         // names of models, data sets, wheelhouses
  std::vector<std::string> digests;      // "payload sha256:…", "statement sha256:…", "generation 17"
  std::vector<std::string> signers;      // names (or key ids) of whoever vouched
  std::string medium;                    // the path of the bundle, volume or folder
  std::vector<std::string> permissions;  // "--allow-unsigned", "--allow-older"

  friend bool operator==(const AuditEvent&, const AuditEvent&) = default;
};

// Who wrote a line, where, when and with what.
struct AuditOrigin {
  std::string time;  // UTC, "2026-11-24T16:00:00Z"
  uint64_t uid = 0;  // as the kernel says
  std::string user;  // as the environment says: a claim; empty: it says nothing
  std::string host;
  std::string version;  // of the program

  friend bool operator==(const AuditOrigin&, const AuditOrigin&) = default;
};

struct AuditLine {
  uint64_t number = 1;  // 1, 2, 3 … in the log
  AuditOrigin origin;
  AuditEvent event;
  std::optional<Digest> previous;  // of the bytes of the line before, without its line feed; none: the first

  friend bool operator==(const AuditLine&, const AuditLine&) = default;
};

// The element of `digests` that says which generation of the store an event made: "generation 17".
std::string audit_generation(uint64_t number);
// The number back; nullopt for every other text.
std::optional<uint64_t> audit_generation_of(std::string_view text);

// Canonical JSON without a line feed, at most limits::kAuditLineBytesMax: texts that are too long end in
// "…", lists in "and N more"; what is not UTF-8 is written as "\xNN".
std::string write_audit_line(const AuditLine& line);

// Accepts only what write_audit_line writes, else kCorrupt; kLimit. `what` names the line in messages.
Result<AuditLine> parse_audit_line(std::string_view json, std::string_view what);

// "2026-11-24T16:00:00Z", and nothing else that looks like it.
bool is_audit_time(std::string_view text);

}  // namespace pannier
