// log: what was done with a store, by whom and when.
#include <ctime>

#include "base/display.h"
#include "base/environment.h"
#include "base/log.h"
#include "carry/audit/audit_reader.h"
#include "cli/args.h"
#include "cli/audit/log_csv.h"
#include "cli/audit/log_filter.h"
#include "cli/audit/log_place.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

namespace pannier {

extern const Command kCmdLog;
extern const Command kCmdLogVerify;

namespace {

struct LogOptions {
  std::string store;
  bool own = false;
  std::string since;
  bool csv = false;
  LogFilter filter;
};

void declare(LogOptions& options, Args& args) {
  args.option("--since", "WHEN", options.since, "a date, a time, or how long ago: 7d, 36h, 90m");
  args.option("--ref", "NAME", options.filter.ref, "of this model, data set or wheelhouse");
  args.option("--signer", "NAME", options.filter.signer, "vouched for by this key: its name or id");
  args.option("--action", "ACTION", options.filter.action, "install, export, verify, \"keys\", …");
  args.flag("--csv", options.csv, "as CSV");
  declare_log_place(options.store, options.own, args);
}

std::string joined(const std::vector<std::string>& list) {
  constexpr size_t kShownMax = 3;
  std::string text;
  for (size_t i = 0; i < list.size() && i < kShownMax; ++i) text += (i == 0 ? "" : ", ") + list[i];
  if (list.size() > kShownMax) text += " and " + std::to_string(list.size() - kShownMax) + " more";
  return text;
}

void add_row(const AuditLine& line, Table& table) {
  const AuditEvent& event = line.event;
  std::string detail = event.detail;
  for (const std::string& permission : event.permissions) detail += (detail.empty() ? "" : "; ") + permission;
  const std::string who = line.origin.user.empty()
                              ? std::to_string(line.origin.uid)
                              : line.origin.user + " (" + std::to_string(line.origin.uid) + ")";
  table.row({std::to_string(line.number), line.origin.time, who, event.action, event.verdict,
             joined(event.refs), joined(event.signers), event.medium, for_message(detail)});
}

void write_texts(std::string_view key, const std::vector<std::string>& list, JsonWriter& json) {
  json.key(key).begin_array();
  for (const std::string& text : list) json.string(for_display(text));
  json.end_array();
}

void write_line(const AuditLine& line, JsonWriter& json) {
  const AuditEvent& event = line.event;
  json.begin_object().member("n", line.number).member("time", line.origin.time);
  json.member("uid", line.origin.uid).member("user", for_display(line.origin.user));
  json.member("host", for_display(line.origin.host)).member("version", for_display(line.origin.version));
  json.member("action", for_display(event.action)).member("verdict", for_display(event.verdict));
  json.member("detail", for_display(event.detail));
  write_texts("refs", event.refs, json);
  write_texts("digests", event.digests, json);
  write_texts("signers", event.signers, json);
  json.member("medium", for_display(event.medium));
  write_texts("permissions", event.permissions, json);
  json.end_object();
}

Table log_table() {
  Table table;
  table.column("N", Table::kRight);
  for (const char* heading : {"TIME", "WHO", "ACTION", "VERDICT", "WHAT", "SIGNED BY", "MEDIUM", "DETAIL"}) {
    table.column(heading);
  }
  return table;
}

Result<AuditReport> print_log(const std::string& path, const LogOptions& options, bool as_json) {
  Table table = log_table();
  JsonWriter json = json_result();
  json.begin_array();
  if (options.csv) print_line(log_csv_heading());
  const auto visit = [&](const AuditLine& line) -> Status {
    if (!options.filter.matches(line)) return {};
    if (options.csv) {
      print_line(log_csv_row(line));
    } else if (as_json) {
      write_line(line, json);
    } else {
      add_row(line, table);
    }
    return {};
  };
  PANNIER_ASSIGN(AuditReport report, read_audit_log(real_file_system(), path, visit));
  json.end_array();
  if (!options.csv && as_json) print_json(json);
  if (!options.csv && !as_json) table.print();
  return report;
}

Result<int> run_log(Args& args, std::span<const std::string> words) {
  if (!words.empty() && words.front() == "verify") {
    Args verify(kCmdLogVerify);
    return kCmdLogVerify.run(verify, words.subspan(1));
  }
  LogOptions options;
  declare(options, args);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (options.csv && args.json()) return args.usage_error("--csv and --json exclude each other");
  if (!options.since.empty()) {
    PANNIER_ASSIGN(options.filter.since, parse_since(options.since, std::time(nullptr)));
  }
  PANNIER_ASSIGN(const LogPlace place, find_log(options.store, options.own));
  PANNIER_ASSIGN(const AuditReport report, print_log(place.path, options, args.json()));
  if (report.damage_count > 0) {
    log_warning(for_display(place.path) + " is not as it was written: `" + program_name() +
                " log verify` says where");
  }
  return kExitOk;
}

}  // namespace

const Command kCmdLog = {
    "log",
    "Either side",
    "what was done with a store, by whom, and with what verdict",
    "log\n"
    "log --since 7d --action install\n"
    "log --ref sst2-tiny --signer alice --csv\n"
    "log verify --receipt plant-7.receipt   # is the log whole? (log verify --help)",
    "not found, I/O",
    &run_log,
};

}  // namespace pannier
