#include "cli/connected/report.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "cli/output.h"

namespace pannier {
namespace {

constexpr size_t kShortCommit = 12;
constexpr size_t kLeftOutShown = 12;
constexpr size_t kFilesShown = 40;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : for_display(text); }

const char* severity_word(PlanFinding::Severity severity) {
  switch (severity) {
    case PlanFinding::Severity::kError:
      return "error";
    case PlanFinding::Severity::kWarning:
      return "warning";
    case PlanFinding::Severity::kRemark:
      return "remark";
  }
  return "remark";
}

std::string held_word(const Snapshot& snapshot, const HeldFile& held) {
  if (snapshot.ref.kind == RefKind::kFolder) return "packed from there";
  if (held.held) return "held";
  return snapshot.files.front().url.empty() ? "copy" : "fetch";
}

uint64_t left_out_bytes(const Snapshot& snapshot) {
  uint64_t bytes = 0;
  for (const LeftOutFile& file : snapshot.left_out) bytes += file.bytes;
  return bytes;
}

std::string heading(const Snapshot& snapshot) {
  std::string text = for_display(snapshot.name);
  if (!snapshot.commit.empty()) text += "  commit " + snapshot.commit.substr(0, kShortCommit);
  if (!snapshot.revision.empty()) text += " (" + for_display(snapshot.revision) + ")";
  text += "  licence " + or_dash(snapshot.licence);
  if (!snapshot.gated.empty()) text += "  gated (" + for_display(snapshot.gated) + ")";
  return text + "  from " + for_display(snapshot.source);
}

// "NAME: MESSAGE", unless the message begins with the name.
std::string about(const std::string& name, const std::string& message) {
  if (message.starts_with(name)) return for_display(message);
  return for_display(name) + ": " + for_display(message);
}

void print_snapshot(const Snapshot& snapshot, const std::vector<HeldFile>& held) {
  print_line(heading(snapshot));
  for (const std::string& who : snapshot.needed_by) print_line("  needed by " + for_display(who));
  Table table;
  table.column("  FILE");
  table.column("SIZE", Table::kRight);
  table.column("");
  for (size_t i = 0; i < snapshot.files.size() && i < kFilesShown; ++i) {
    const SnapshotFile& file = snapshot.files[i];
    table.row({"  " + file.path, human_bytes(file.bytes), held_word(snapshot, held[i])});
  }
  table.print();
  if (snapshot.files.size() > kFilesShown) {
    print_line(fmt::format("  … and {} more (--json lists all)", snapshot.files.size() - kFilesShown));
  }
  if (snapshot.left_out.empty()) return;
  print_line(fmt::format("  left out: {}, {} saved", counted(snapshot.left_out.size(), "file"),
                         human_bytes(left_out_bytes(snapshot))));
  for (size_t i = 0; i < snapshot.left_out.size() && i < kLeftOutShown; ++i) {
    const LeftOutFile& file = snapshot.left_out[i];
    print_line(fmt::format("    {} ({}): {}", for_display(file.path), human_bytes(file.bytes),
                           for_display(file.reason)));
  }
  if (snapshot.left_out.size() > kLeftOutShown) {
    print_line(fmt::format("    … and {} more", snapshot.left_out.size() - kLeftOutShown));
  }
}

void print_wheelhouse(const LockedWheelhouse& wheelhouse) {
  uint64_t bytes = 0;
  Table table;
  table.column("  PACKAGE");
  table.column("VERSION");
  table.column("SIZE", Table::kRight);
  table.column("WHEEL");
  for (const LockedWheel& wheel : wheelhouse.wheels) {
    bytes += wheel.bytes;
    table.row({"  " + wheel.package, wheel.version, human_bytes(wheel.bytes), wheel.filename});
  }
  print_line(fmt::format("wheels/{}  {}, {}", wheelhouse.target, counted(wheelhouse.wheels.size(), "wheel"),
                         human_bytes(bytes)));
  table.print();
  for (const std::string& note : wheelhouse.notes) print_line("  " + for_display(note));
}

void write_snapshot(JsonWriter& json, const Snapshot& snapshot, const std::vector<HeldFile>& held) {
  json.begin_object().member("name", for_display(snapshot.name));
  json.member("kind", snapshot.ref.repo_type == RepoType::kDataset ? "dataset" : "model");
  json.member("source", for_display(snapshot.source)).member("repo", for_display(snapshot.repo));
  json.member("commit", snapshot.commit).member("revision", for_display(snapshot.revision));
  json.member("licence", for_display(snapshot.licence)).member("gated", for_display(snapshot.gated));
  json.key("aliases").begin_array();
  for (const std::string& alias : snapshot.aliases) json.string(for_display(alias));
  json.end_array().key("needed_by").begin_array();
  for (const std::string& who : snapshot.needed_by) json.string(for_display(who));
  json.end_array().key("files").begin_array();
  for (size_t i = 0; i < snapshot.files.size(); ++i) {
    const SnapshotFile& file = snapshot.files[i];
    json.begin_object().member("path", for_display(file.path)).member("bytes", file.bytes);
    if (file.id.sha256) json.member("sha256", file.id.sha256->hex());
    if (file.id.git_blob) json.member("git", file.id.git_blob->hex());
    json.member("held", held[i].held).end_object();
  }
  json.end_array().key("left_out").begin_array();
  for (const LeftOutFile& file : snapshot.left_out) {
    json.begin_object().member("path", for_display(file.path)).member("bytes", file.bytes);
    json.member("reason", for_display(file.reason)).end_object();
  }
  json.end_array().end_object();
}

void write_wheelhouse(JsonWriter& json, const LockedWheelhouse& wheelhouse) {
  json.begin_object().member("target", wheelhouse.target).key("wheels").begin_array();
  for (const LockedWheel& wheel : wheelhouse.wheels) {
    json.begin_object().member("package", wheel.package).member("version", wheel.version);
    json.member("file", wheel.filename).member("bytes", wheel.bytes).member("sha256", wheel.sha256.hex());
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

uint64_t PlanReport::bytes() const {
  uint64_t bytes = 0;
  for (const Snapshot& snapshot : resolved->plan.snapshots) bytes += snapshot.total_bytes();
  for (const LockedWheelhouse& wheelhouse : resolved->wheelhouses) {
    for (const LockedWheel& wheel : wheelhouse.wheels) bytes += wheel.bytes;
  }
  return bytes;
}

uint64_t PlanReport::bytes_to_fetch() const {
  uint64_t bytes = 0;
  for (size_t i = 0; i < held.size(); ++i) {
    const Snapshot& snapshot = resolved->plan.snapshots[i];
    if (snapshot.ref.kind == RefKind::kFolder) continue;
    for (size_t j = 0; j < snapshot.files.size(); ++j) {
      if (!held[i][j].held && !snapshot.files[j].url.empty()) bytes += snapshot.files[j].bytes;
    }
  }
  for (const LockedWheelhouse& wheelhouse : resolved->wheelhouses) {
    for (const LockedWheel& wheel : wheelhouse.wheels) bytes += wheel.url.empty() ? 0 : wheel.bytes;
  }
  return bytes;
}

Result<PlanReport> make_plan_report(const Session& session, const Resolved& resolved) {
  PlanReport report{&resolved, {}};
  for (const Snapshot& snapshot : resolved.plan.snapshots) {
    PANNIER_ASSIGN(std::vector<HeldFile> held, session.held(snapshot));
    report.held.push_back(std::move(held));
  }
  return report;
}

void print_plan(const PlanReport& report) {
  const Resolved& resolved = *report.resolved;
  for (size_t i = 0; i < resolved.plan.snapshots.size(); ++i) {
    print_snapshot(resolved.plan.snapshots[i], report.held[i]);
    print_line("");
  }
  for (const LockedWheelhouse& wheelhouse : resolved.wheelhouses) {
    print_wheelhouse(wheelhouse);
    print_line("");
  }
  print_line(size_line(report));
}

std::string size_line(const PlanReport& report) {
  const uint64_t all = report.bytes();
  const uint64_t to_fetch = report.bytes_to_fetch();
  return fmt::format("{} in all, {} of it to fetch", human_bytes(all), human_bytes(to_fetch));
}

void warn_of_findings(const Resolved& resolved) {
  for (const PlanFinding& finding : resolved.plan.findings) {
    const std::string text = about(finding.snapshot, finding.message) +
                             (finding.needed_by.empty() ? "" : " (" + for_display(finding.needed_by) + ")");
    if (finding.severity == PlanFinding::Severity::kRemark || finding.taken_along) {
      log_note(text);
    } else {
      log_warning(text);
    }
  }
  for (const Snapshot& snapshot : resolved.plan.snapshots) {
    for (const std::string& warning : snapshot.warnings) {
      log_note(about(snapshot.name, warning));
    }
  }
  for (const std::string& warning : resolved.warnings) log_warning(for_display(warning));
}

void write_plan(JsonWriter& json, const PlanReport& report) {
  const Resolved& resolved = *report.resolved;
  json.key("snapshots").begin_array();
  for (size_t i = 0; i < resolved.plan.snapshots.size(); ++i) {
    write_snapshot(json, resolved.plan.snapshots[i], report.held[i]);
  }
  json.end_array().key("wheelhouses").begin_array();
  for (const LockedWheelhouse& wheelhouse : resolved.wheelhouses) write_wheelhouse(json, wheelhouse);
  json.end_array().key("findings").begin_array();
  for (const PlanFinding& finding : resolved.plan.findings) {
    json.begin_object().member("severity", severity_word(finding.severity));
    json.member("snapshot", for_display(finding.snapshot))
        .member("needed_by", for_display(finding.needed_by));
    json.member("message", for_display(finding.message)).member("taken_along", finding.taken_along);
    json.end_object();
  }
  json.end_array().key("warnings").begin_array();
  for (const Snapshot& snapshot : resolved.plan.snapshots) {
    for (const std::string& warning : snapshot.warnings)
      json.string(for_display(snapshot.name + ": " + warning));
  }
  for (const std::string& warning : resolved.warnings) json.string(for_display(warning));
  json.end_array().member("bytes", report.bytes()).member("bytes_to_fetch", report.bytes_to_fetch());
}

void print_fetched(const Resolved& resolved, const FetchResult& result) {
  Table table;
  table.column("NAME");
  table.column("COMMIT");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("HELD", Table::kRight);
  table.column("FROM");
  const std::vector<Snapshot> snapshots = resolved.fetched_snapshots();
  for (size_t i = 0; i < result.snapshots.size(); ++i) {
    const FetchedSnapshot& fetched = result.snapshots[i];
    table.row({fetched.name, or_dash(snapshots[i].commit.substr(0, kShortCommit)),
               std::to_string(fetched.file_count), human_bytes(fetched.bytes),
               human_bytes(fetched.bytes_held), snapshots[i].source});
  }
  for (const FetchedSnapshot& fetched : result.wheelhouses) {
    table.row({fetched.name, "-", std::to_string(fetched.file_count), human_bytes(fetched.bytes),
               human_bytes(fetched.bytes_held), "package index"});
  }
  table.print();
  std::string line = human_bytes(result.totals.bytes_fetched) + " fetched";
  if (result.totals.bytes_resumed > 0) line += ", " + human_bytes(result.totals.bytes_resumed) + " resumed";
  if (result.totals.retries > 0) line += ", " + std::to_string(result.totals.retries) + " tries repeated";
  print_line(line);
}

void write_fetched(JsonWriter& json, const Resolved& resolved, const FetchResult& result) {
  const std::vector<Snapshot> snapshots = resolved.fetched_snapshots();
  json.key("fetched").begin_array();
  for (size_t i = 0; i < result.snapshots.size(); ++i) {
    const FetchedSnapshot& fetched = result.snapshots[i];
    json.begin_object().member("name", fetched.name).member("commit", snapshots[i].commit);
    json.member("source", for_display(snapshots[i].source)).member("files", fetched.file_count);
    json.member("bytes", fetched.bytes).member("bytes_held", fetched.bytes_held);
    json.member("manifest", fetched.reference.manifest_digest.oci()).end_object();
  }
  for (const FetchedSnapshot& fetched : result.wheelhouses) {
    json.begin_object().member("name", fetched.name).member("files", fetched.file_count);
    json.member("bytes", fetched.bytes).member("bytes_held", fetched.bytes_held);
    json.member("manifest", fetched.reference.manifest_digest.oci()).end_object();
  }
  json.end_array().member("bytes_fetched", result.totals.bytes_fetched);
  json.member("bytes_resumed", result.totals.bytes_resumed);
  json.member("retries", uint64_t{result.totals.retries});
}

}  // namespace pannier
