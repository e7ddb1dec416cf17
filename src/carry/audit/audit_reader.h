// Reading the audit log: every line in order, and what is wrong with the chain. Page: docs/formats/audit.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/audit/audit_log.h"

namespace pannier {

struct AuditFinding {
  uint64_t offset = 0;   // in the file
  std::string message;   // one sentence, no final stop
  bool is_note = false;  // explains itself (a crash); everything else is damage, or somebody's hand
};

struct AuditReport {
  AuditHead head;  // the last whole line
  // The first hundred, in the order of the file; and how many there are of either kind.
  std::vector<AuditFinding> findings;
  uint64_t damage_count = 0;
  uint64_t note_count = 0;
  std::set<uint64_t> generations;  // of the store, that some event says it made

  void add(AuditFinding finding);
};

// Called for each whole line, in order.
using AuditVisitor = std::function<Status(const AuditLine&)>;

// Reads the whole log in bounded memory and checks numbers and digests. With `seen`, the head that a receipt
// carries: that the log still has that very line. An absent log is an empty one. kIo, or what `visit` gives.
Result<AuditReport> read_audit_log(FileSystem& fs, const std::string& path, const AuditVisitor& visit,
                                   const std::optional<AuditHead>& seen = std::nullopt);

// Adds a note for each of the store's generations that no line speaks of, from the first on that one does.
void compare_generations(const std::vector<uint64_t>& generations, AuditReport& report);

}  // namespace pannier
