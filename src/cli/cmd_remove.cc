// remove: takes names out of the store; what only they need is garbage then.
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

Result<int> run_remove(Args& args, std::span<const std::string> words) {
  std::vector<std::string> names;
  std::string store_option;
  args.positionals("NAME", names, "names that `list` shows, or other names of the same; all or none", true);
  args.option("--store", "FOLDER", store_option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const std::string store, store_to_change(store_option));
  PANNIER_TRY(check_store_writable(store));
  const auto result = remove_references(real_file_system(), store, names);
  AuditEvent event;
  event.action = "remove";
  event.refs = names;
  if (result.ok()) event.digests = {audit_generation(result->generation)};
  PANNIER_TRY(record_store_event(store, std::move(event), result.ok() ? Status() : result.error()));
  if (!result.ok()) return result.error();
  PANNIER_ASSIGN(const std::vector<StaleExport> stale, stale_exports_of(store));
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("store", for_display(store)).member("generation", result->generation);
    json.key("removed").begin_array();
    for (const Reference& reference : result->removed) json.string(reference.name);
    json.end_array();
    write_stale(stale, json);
    json.end_object();
    print_json(json);
    return kExitOk;
  }
  for (const Reference& reference : result->removed) print_line("removed " + reference.name);
  print_line("in " + for_display(store) + ": now at generation " + std::to_string(result->generation) +
             "; `" + program_name() + " rollback` undoes it, `" + program_name() + " gc` frees the room");
  print_stale(stale, false);
  return kExitOk;
}

}  // namespace

extern const Command kCmdRemove;
const Command kCmdRemove = {
    "remove",
    "Isolated side",
    "take models, data sets and wheelhouses out of the store",
    "remove sst2-tiny\nremove org/model datasets/org/reviews --store /srv/models",
    "corrupt, not found, I/O",
    &run_remove,
};

}  // namespace pannier
