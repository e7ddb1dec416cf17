// rollback: the store, or one name in it, says again what it said before.
#include <optional>

#include "base/display.h"
#include "carry/store/history.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/export_report.h"
#include "cli/output.h"
#include "cli/store_event.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

constexpr size_t kStepDigitsMax = 9;

std::optional<uint64_t> parse_steps(const std::string& word) {
  if (word.empty() || word.size() > kStepDigitsMax) return std::nullopt;
  if (word.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoull(word);
}

std::string short_digest(const std::optional<Reference>& reference) {
  return reference ? reference->manifest_digest.hex().substr(0, 12) : "-";
}

void print_machine(const std::string& store, const RollbackRequest& request, const RollbackResult& result,
                   const std::vector<StaleExport>& stale) {
  JsonWriter json = json_result();
  json.begin_object().member("store", for_display(store)).member("dry_run", request.dry_run);
  json.member("changed", !result.changes.empty()).member("restored", result.restored);
  json.member("generation", result.generation).key("changes").begin_array();
  for (const ChangedReference& change : result.changes) {
    json.begin_object().member("name", change.name);
    if (change.before) json.member("before", change.before->manifest_digest.oci());
    if (change.after) json.member("after", change.after->manifest_digest.oci());
    json.end_object();
  }
  json.end_array();
  write_stale(stale, json);
  json.end_object();
  print_json(json);
}

void print_people(const std::string& store, const RollbackRequest& request, const RollbackResult& result) {
  if (result.changes.empty()) {
    print_line("in " + for_display(store) + ": nothing to change, generation " +
               std::to_string(result.restored) + " says the same");
    return;
  }
  Table table;
  table.column("NAME");
  table.column("MANIFEST");
  table.column(request.dry_run ? "WOULD BE" : "NOW");
  for (const ChangedReference& change : result.changes) {
    table.row(
        {change.name, short_digest(change.before), change.after ? short_digest(change.after) : "(removed)"});
  }
  table.print();
  print_line("");
  const std::string what = "as in generation " + std::to_string(result.restored);
  print_line("in " + for_display(store) + ": " +
             (request.dry_run ? "would be " + what
                              : "now at generation " + std::to_string(result.generation) + ", " + what));
}

AuditEvent event_of(const RollbackRequest& request) {
  AuditEvent event;
  event.action = "rollback";
  if (!request.name.empty()) event.refs = {request.name};
  return event;
}

Result<RollbackRequest> request_of(const Args& args, const std::vector<std::string>& words,
                                   const std::optional<uint32_t>& generation) {
  RollbackRequest request;
  if (words.size() > 2) return args.usage_error("at most a NAME and a number are given");
  std::string steps = words.size() == 2 ? words[1] : "";
  if (words.size() == 1 && parse_steps(words[0])) {
    steps = words[0];
  } else if (!words.empty()) {
    request.name = words[0];
  }
  if (!steps.empty()) {
    const auto parsed = parse_steps(steps);
    if (!parsed || *parsed == 0) return args.usage_error("\"" + steps + "\" is no number of steps back");
    if (generation) return args.usage_error("either a number of steps or --to, not both");
    request.steps = *parsed;
  }
  if (generation) request.generation = *generation;
  return request;
}

Result<int> run_rollback(Args& args, std::span<const std::string> words) {
  std::vector<std::string> given;
  std::optional<uint32_t> generation;
  std::string store_option;
  bool dry_run = false;
  bool again = false;
  args.positionals(
      "[NAME] [N]", given,
      "a name, to what it was N changes ago; without it, the whole store N generations back; N is "
      "1 where it is not said",
      false);
  args.option("--to", "GENERATION", generation, "as it was in that generation (`list --generations`)");
  args.flag("--dry-run", dry_run, "say what would change, change nothing");
  args.flag("--re-export", again, "bring exports that are stale then up to date");
  args.option("--store", "FOLDER", store_option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(RollbackRequest request, request_of(args, given, generation));
  request.dry_run = dry_run;
  PANNIER_ASSIGN(const std::string store, store_to_change(store_option));
  if (!dry_run) PANNIER_TRY(check_store_writable(store));
  const auto result = roll_back(real_file_system(), store, request);
  if (!dry_run) {
    AuditEvent event = event_of(request);
    if (result.ok()) {
      event.digests = {audit_generation(result->generation)};
      event.detail = "as in generation " + std::to_string(result->restored);
    }
    PANNIER_TRY(record_store_event(store, std::move(event), result.ok() ? Status() : result.error()));
  }
  if (!result.ok()) return result.error();
  PANNIER_ASSIGN(const std::vector<StaleExport> stale, stale_exports_of(store));
  if (args.json()) {
    print_machine(store, request, *result, stale);
  } else {
    print_people(store, request, *result);
    print_stale(stale, !again);
  }
  if (again && !dry_run) PANNIER_TRY(re_export(store, stale));
  return kExitOk;
}

}  // namespace

extern const Command kCmdRollback;
const Command kCmdRollback = {
    "rollback",
    "Isolated side",
    "go back to what the store, or one name in it, was before",
    "rollback                     # undo the last change\n"
    "rollback org/model 2         # what it was two changes ago\n"
    "rollback --to 17 --re-export",
    "corrupt, incomplete, stale, not found, I/O",
    &run_rollback,
};

}  // namespace pannier
