// plan: what will be carried for a list of refs: their files, chosen, and what these need of other
// repositories.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/closure/needed_files.h"
#include "carry/connected/resolve.h"

namespace pannier {

struct PlanEntry {
  ModelRef ref;
  std::string name;  // on the far side; empty: the ref's own
  FileSelection selection;
};

struct PlanFinding {
  enum class Severity { kRemark, kWarning, kError };  // error: what is carried will not load, or load wrong
  Severity severity = Severity::kRemark;
  std::string snapshot;      // the name of the snapshot it is about
  std::string needed_by;     // "config.json: auto_map"
  std::string message;       // what is missing or hidden, and what follows from it
  bool taken_along = false;  // another repository that closure added to the plan
};

struct Plan {
  std::vector<Snapshot> snapshots;  // as asked for, in order; then what they need (needed_by is set)
  std::vector<PlanFinding> findings;
};

struct PlanOptions {
  bool closure = true;  // take other repositories along that are needed, not only tell
};

// kInvalid: two entries with one name; all that resolving returns. A missing file is a finding, no error.
Result<Plan> make_plan(SnapshotResolver& resolver, const std::vector<PlanEntry>& entries,
                       const PlanOptions& options);

}  // namespace pannier
