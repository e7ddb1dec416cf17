// What fetch, pack and lock tell: the plan before a byte is fetched, and what was taken afterwards.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/fetch.h"
#include "cli/connected/session.h"

namespace pannier {

// A plan with what the store holds of it.
struct PlanReport {
  const Resolved* resolved = nullptr;
  std::vector<std::vector<HeldFile>> held;  // one for each snapshot and file; folders: all false

  uint64_t bytes() const;  // of all files and wheels
  uint64_t bytes_to_fetch() const;
};

Result<PlanReport> make_plan_report(const Session& session, const Resolved& resolved);

// A table of files with sizes, what is held and what will be fetched, and for each snapshot its commit,
// licence, gating and what was left out; findings and warnings.
void print_plan(const PlanReport& report);
// {"snapshots":[…],"wheelhouses":[…],"findings":[…],"warnings":[…],"bytes":…,"bytes_to_fetch":…}, as members
// of the object that is open.
void write_plan(JsonWriter& json, const PlanReport& report);

// On standard error: findings as warnings, in the order of their weight.
void warn_of_findings(const Resolved& resolved);
// One line before a download: "12 files, 268 MB to fetch (1.2 GB held)".
std::string size_line(const PlanReport& report);

// What was taken, from where, how many bytes, which commit.
void print_fetched(const Resolved& resolved, const FetchResult& result);
void write_fetched(JsonWriter& json, const Resolved& resolved, const FetchResult& result);

}  // namespace pannier
