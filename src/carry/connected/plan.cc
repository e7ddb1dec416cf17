#include "carry/connected/plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/display.h"
#include "carry/connected/closure/closure.h"
#include "carry/connected/pack.h"
#include "format/oci.h"

namespace pannier {
namespace {

// Repositories that need others that need others: no model goes deeper, a hostile one could.
constexpr size_t kDepthMax = 4;
constexpr size_t kDependenciesMax = 32;
// Files that are taken back may need others in turn.
constexpr size_t kRoundsMax = 8;

// A snapshot in the making: what is known beside what is taken.
struct Draft {
  Snapshot snapshot;
  std::vector<SnapshotFile> all;  // before anything was left out
  FileSelection selection;
  std::vector<Finding> findings;
  size_t depth = 0;  // 0: asked for
  // Of a dependency of which only some files are needed: that it is so, and of which code.
  bool is_part = false;
  std::vector<std::string> code;
};

class ResolverReader : public SnapshotReader {
 public:
  ResolverReader(SnapshotResolver& resolver, const Snapshot& snapshot)
      : resolver_(resolver), snapshot_(snapshot) {}
  Result<std::string> read(const SnapshotFile& file, uint64_t bytes_max) override {
    return resolver_.read(snapshot_, file, bytes_max);
  }

 private:
  SnapshotResolver& resolver_;
  const Snapshot& snapshot_;
};

PlanFinding::Severity severity_of(Severity severity) {
  switch (severity) {
    case Severity::kRemark:
      return PlanFinding::Severity::kRemark;
    case Severity::kWarning:
      return PlanFinding::Severity::kWarning;
    case Severity::kError:
      return PlanFinding::Severity::kError;
  }
  return PlanFinding::Severity::kError;
}

bool sort_by_path(const SnapshotFile& a, const SnapshotFile& b) { return a.path < b.path; }

// What the Hub says that whoever plans should know before it costs time.
void add_warnings(Snapshot& snapshot) {
  if (snapshot.commit.empty() || snapshot.ref.kind == RefKind::kHfCache) return;
  if (!snapshot.gated.empty()) {
    snapshot.warnings.push_back(
        fmt::format("{}: access is restricted ({}): the token's account must have been let in on {}",
                    for_message(snapshot.name),
                    snapshot.gated == "auto" ? "given on acceptance of the terms" : "its owner decides",
                    snapshot.source));
  }
  if (snapshot.licence.empty()) {
    snapshot.warnings.push_back(for_message(snapshot.name) + ": the card names no licence");
  }
}

class Planner {
 public:
  Planner(SnapshotResolver& resolver, const PlanOptions& options) : resolver_(resolver), options_(options) {}

  Result<Plan> run(const std::vector<PlanEntry>& entries) {
    for (const PlanEntry& entry : entries) PANNIER_TRY(add_entry(entry));
    while (!open_.empty()) {
      const size_t index = open_.front();
      open_.pop_front();
      PANNIER_TRY(close(index));
    }
    Plan plan;
    plan.findings = std::move(findings_);
    for (Draft& draft : drafts_) plan.snapshots.push_back(std::move(draft.snapshot));
    return plan;
  }

 private:
  Status add_entry(const PlanEntry& entry) {
    PANNIER_ASSIGN(Draft draft, make_draft(entry.ref, entry.selection));
    if (!entry.name.empty()) {
      PANNIER_TRY(check_ref_name(entry.name));
      draft.snapshot.name = entry.name;
    }
    if (draft.snapshot.name.empty()) {
      PANNIER_ASSIGN(draft.snapshot.name, default_ref_name(entry.ref.folder));
    }
    for (Draft& other : drafts_) {
      if (other.snapshot.name != draft.snapshot.name) continue;
      if (!is_same_contents(other, draft)) {
        return Error{ErrorKind::kInvalid,
                     fmt::format("\"{}\" is the name of two different things: {} and {}",
                                 for_message(draft.snapshot.name), for_message(other.snapshot.ref.text),
                                 for_message(draft.snapshot.ref.text)),
                     "give one of them another name"};
      }
      merge(other.snapshot.aliases, draft.snapshot.aliases);
      return {};
    }
    add_warnings(draft.snapshot);
    open_.push_back(drafts_.size());
    drafts_.push_back(std::move(draft));
    return {};
  }

  Result<Draft> make_draft(const ModelRef& ref, const FileSelection& selection) {
    Draft draft;
    PANNIER_ASSIGN(draft.snapshot, resolver_.resolve(ref));
    draft.all = draft.snapshot.files;
    draft.selection = selection;
    PANNIER_TRY(select_files(draft.snapshot, selection));
    return draft;
  }

  // The same commit asked for twice, by the repository's old name and by its new one, say.
  static bool is_same_contents(const Draft& a, const Draft& b) {
    return !a.snapshot.commit.empty() && a.snapshot.commit == b.snapshot.commit &&
           a.snapshot.repo == b.snapshot.repo && a.snapshot.files.size() == b.snapshot.files.size() &&
           std::equal(a.snapshot.files.begin(), a.snapshot.files.end(), b.snapshot.files.begin(),
                      [](const SnapshotFile& x, const SnapshotFile& y) { return x.path == y.path; });
  }

  static void merge(std::vector<std::string>& into, const std::vector<std::string>& from) {
    for (const std::string& name : from) {
      if (std::find(into.begin(), into.end(), name) == into.end()) into.push_back(name);
    }
  }

  // Finds what one snapshot needs, takes it along where that is wanted, and notes what is to be told.
  Status close(size_t index) {
    for (size_t round = 0; round < kRoundsMax; ++round) {
      Draft& draft = drafts_[index];
      ResolverReader reader(resolver_, draft.snapshot);
      PANNIER_ASSIGN(draft.findings, draft.is_part
                                         ? find_code_dependencies(draft.snapshot, reader, draft.code)
                                         : find_dependencies(draft.snapshot, reader));
      if (!options_.closure || !take_back(draft)) break;
    }
    const std::vector<Finding> findings = std::move(drafts_[index].findings);
    for (const Finding& finding : findings) {
      if (finding.kind == FindingKind::kOtherRepository) {
        PANNIER_TRY(take_along(index, finding));
      } else {
        note(index, finding);
      }
    }
    return {};
  }

  // Files that exist, and that nobody excluded by name, are taken after all; false where there were none.
  bool take_back(Draft& draft) {
    bool any = false;
    for (const Finding& finding : draft.findings) {
      if (finding.kind != FindingKind::kMissingFile) continue;
      auto& left_out = draft.snapshot.left_out;
      const auto left = std::find_if(left_out.begin(), left_out.end(),
                                     [&](const LeftOutFile& file) { return file.path == finding.path; });
      const auto file = std::find_if(draft.all.begin(), draft.all.end(), [&](const SnapshotFile& candidate) {
        return candidate.path == finding.path;
      });
      if (left == left_out.end() || file == draft.all.end() || left->reason.starts_with("--exclude"))
        continue;
      left_out.erase(left);
      draft.snapshot.files.push_back(*file);
      std::sort(draft.snapshot.files.begin(), draft.snapshot.files.end(), sort_by_path);
      findings_.push_back({PlanFinding::Severity::kRemark, draft.snapshot.name, finding.needed_by,
                           for_message(finding.path) + " is taken although no --include names it", true});
      any = true;
    }
    return any;
  }

  void note(size_t index, const Finding& finding) {
    const Draft& draft = drafts_[index];
    tell({severity_of(finding.severity), draft.snapshot.name, finding.needed_by, finding.message, false});
  }

  // Once: a repository whose needs are found again for a wider part of it says the same again.
  void tell(PlanFinding told) {
    for (const PlanFinding& other : findings_) {
      if (other.snapshot == told.snapshot && other.needed_by == told.needed_by &&
          other.message == told.message) {
        return;
      }
    }
    findings_.push_back(std::move(told));
  }

  Status take_along(size_t index, const Finding& finding) {
    PlanFinding told{severity_of(finding.severity), drafts_[index].snapshot.name, finding.needed_by,
                     finding.message, false};
    if (Draft* there = find_draft(finding)) {
      told.severity = PlanFinding::Severity::kRemark;
      told.taken_along = true;
      PANNIER_TRY(widen(*there, drafts_[index].snapshot.name + ": " + finding.needed_by, finding));
    } else if (!options_.closure) {
      told.severity = PlanFinding::Severity::kWarning;
      told.message += "; it is not taken along (--no-closure)";
    } else {
      PANNIER_TRY(add_dependency(index, finding, told));
    }
    tell(std::move(told));
    return {};
  }

  Draft* find_draft(const Finding& finding) {
    for (Draft& draft : drafts_) {
      const Snapshot& snapshot = draft.snapshot;
      const bool is_asked = std::find(snapshot.aliases.begin(), snapshot.aliases.end(), finding.ref.text) !=
                            snapshot.aliases.end();
      const bool is_revision = finding.ref.revision.empty() || finding.ref.revision == snapshot.revision ||
                               finding.ref.revision == snapshot.commit;
      if (is_asked || (snapshot.repo == finding.ref.repo && is_revision)) return &draft;
    }
    return nullptr;
  }

  // What is there for one may be needed by others too, and more of it than its code.
  Status widen(Draft& draft, const std::string& needed_by, const Finding& finding) {
    const auto index = static_cast<size_t>(&draft - drafts_.data());
    if (draft.depth != 0) merge(draft.snapshot.needed_by, {needed_by});
    if (!draft.is_part) return {};
    if (!finding.only.empty()) {
      const size_t known = draft.code.size();
      if (!finding.code.empty()) merge(draft.code, {finding.code});
      if (draft.code.size() != known) open_.push_back(index);
      return {};
    }
    draft.is_part = false;
    draft.selection = {};
    draft.snapshot.files = draft.all;
    draft.snapshot.left_out.clear();
    open_.push_back(index);
    return select_files(draft.snapshot, draft.selection);
  }

  // What a cached model needs may be in the cache too.
  Result<Draft> make_dependency(RefKind parent, const ModelRef& ref, const FileSelection& selection) {
    if (parent == RefKind::kHfCache) {
      ModelRef cached = ref;
      cached.kind = RefKind::kHfCache;
      auto draft = make_draft(cached, selection);
      if (draft.ok()) return draft;
    }
    return make_draft(ref, selection);
  }

  Status add_dependency(size_t index, const Finding& finding, PlanFinding& told) {
    const size_t depth = drafts_[index].depth + 1;
    const bool is_too_many =
        depth > kDepthMax ||
        static_cast<size_t>(std::count_if(drafts_.begin(), drafts_.end(),
                                          [](const auto& d) { return d.depth != 0; })) >= kDependenciesMax;
    if (is_too_many) {
      told.message += "; it is not taken along: too many repositories need each other";
      return {};
    }
    FileSelection selection;
    // A folder is taken whole because it is one's own; that says nothing of others.
    if (drafts_[index].snapshot.ref.kind != RefKind::kFolder) {
      selection.choice = drafts_[index].selection.choice;
    }
    selection.include = finding.only;
    auto draft = make_dependency(drafts_[index].snapshot.ref.kind, finding.ref, selection);
    if (!draft.ok()) {
      const ErrorKind kind = draft.error().kind;
      const bool is_fact =
          kind != ErrorKind::kNetwork && kind != ErrorKind::kInterrupted && kind != ErrorKind::kIo;
      if (!is_fact && drafts_[index].snapshot.ref.kind == RefKind::kHub) {
        return with_context(std::move(draft).error(), finding.needed_by);
      }
      told.message += "; it cannot be taken along: " + draft.error().message;
      return {};
    }
    draft->depth = depth;
    draft->is_part = !finding.only.empty();
    if (!finding.code.empty()) draft->code.push_back(finding.code);
    draft->snapshot.needed_by.push_back(drafts_[index].snapshot.name + ": " + finding.needed_by);
    add_warnings(draft->snapshot);
    told.severity = PlanFinding::Severity::kRemark;
    told.taken_along = true;
    open_.push_back(drafts_.size());
    drafts_.push_back(std::move(*draft));
    return {};
  }

  SnapshotResolver& resolver_;
  const PlanOptions& options_;
  std::vector<Draft> drafts_;
  std::deque<size_t> open_;  // drafts whose needs are still to be found
  std::vector<PlanFinding> findings_;
};

}  // namespace

Result<Plan> make_plan(SnapshotResolver& resolver, const std::vector<PlanEntry>& entries,
                       const PlanOptions& options) {
  return Planner(resolver, options).run(entries);
}

}  // namespace pannier
