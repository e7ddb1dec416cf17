// install: what a bundle holds enters the store, all or none.
#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "carry/isolated/install.h"
#include "carry/transport/volumes/stage.h"
#include "carry/trust/trust_store.h"
#include "cli/args.h"
#include "cli/artifact_report.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/export_report.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_event.h"
#include "cli/store_location.h"
#include "cli/trust_report.h"

namespace pannier {
namespace {

// What a change of the store means for what else is on this machine.
struct Aftermath {
  std::vector<StaleExport> stale;
  std::vector<TouchedReference> touched;  // by revocations that came with the bundle
};

Result<std::vector<TouchedReference>> touched_in(const std::string& store_root) {
  FileSystem& fs = real_file_system();
  PANNIER_ASSIGN(const TrustRoots roots, read_trust_roots(fs, store_root));
  if (roots.current() == nullptr) return std::vector<TouchedReference>{};
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, store_root));
  return touched_by_revocations(fs, *store, *roots.current());
}

// The models are in the store by now, so what cannot be found out is a warning.
Aftermath aftermath_of(const InstallResult& result, const InstallOptions& options) {
  Aftermath aftermath;
  if (!result.changed || options.dry_run) return aftermath;
  auto stale = stale_exports_of(options.store_root);
  if (stale.ok()) {
    aftermath.stale = std::move(stale).value();
  } else {
    log_warning("which exports are stale now is unknown: " + stale.error().to_string());
  }
  if (result.new_roots == 0) return aftermath;
  auto touched = touched_in(options.store_root);
  if (touched.ok()) {
    aftermath.touched = std::move(touched).value();
  } else {
    log_warning("what the new root's revocations touch is unknown: " + touched.error().to_string());
  }
  return aftermath;
}

void print_machine(const InstallResult& result, const InstallOptions& options, const Aftermath& aftermath) {
  JsonWriter json = json_result();
  json.begin_object().member("store", for_display(options.store_root)).member("changed", result.changed);
  json.member("dry_run", options.dry_run).member("generation", result.generation);
  write_trust(result.admission, json);
  write_claim(result.bundle, json);
  write_freshness(result.admission, json);
  json.member("new_roots", result.new_roots);
  json.member("blobs_written", result.blobs_written).member("bytes_written", result.bytes_written);
  write_model_signatures(result.model_signatures, json);
  json.key("models").begin_array();
  for (const InstalledModel& model : result.models) {
    json.begin_object().member("name", model.name).member("state", installed_state_name(model.state));
    json.member("files", model.file_count).member("bytes", model.bytes);
    json.member("manifest", model.manifest_digest.oci());
    write_facts(model.kind, model.facts.upstream, model.facts.wheelhouse, json);
    json.end_object();
  }
  json.end_array();
  write_touched(aftermath.touched, json);
  write_stale(aftermath.stale, json);
  json.end_object();
  print_json(json);
}

void print_people(const InstallResult& result, const InstallOptions& options) {
  Table table;
  table.column("NAME");
  table.column("KIND");
  table.column("STATE");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("UPSTREAM");
  for (const InstalledModel& model : result.models) {
    table.row({model.name, kind_for_people(model.kind), installed_state_name(model.state),
               std::to_string(model.file_count), human_bytes(model.bytes),
               origin_for_table(model.facts.upstream, model.facts.wheelhouse)});
  }
  table.print();
  print_line("");
  const std::string where = "in " + for_display(options.store_root) + ": ";
  const std::string generation = "generation " + std::to_string(result.generation);
  const std::string blobs =
      counted(result.blobs_written, "new blob") + ", " + human_bytes(result.bytes_written);
  if (options.dry_run) {
    print_line(where + "would write " + blobs);
  } else if (!result.changed) {
    print_line(where + "all of it is there already, at " + generation);
  } else {
    print_line(where + "now at " + generation + ", " + blobs);
  }
  if (result.new_roots > 0) {
    print_line(counted(result.new_roots, "new root") + (options.dry_run ? " would be trusted" : " trusted"));
  }
  print_freshness(result.bundle, result.admission);
  print_model_signatures(result.model_signatures);
  if (result.admission.verdict.state == TrustState::kTrusted) print_trust(result.admission);
}

void warn(const InstallResult& result) {
  if (result.admission.verdict.state != TrustState::kTrusted) {
    log_warning(std::string("the bundle is ") +
                (result.admission.verdict.state == TrustState::kUnsigned ? "not signed" : "not trusted") +
                "; it was taken because of --allow-unsigned");
  }
  if (result.admission.freshness.state == Freshness::kOlderAllowed) {
    log_warning("the bundle is older than what is here; it was taken because of --allow-older");
  }
}

// Volumes from one drive after another: what is on this one goes to the folder. kIncomplete until all are
// there, or enough with parity.
Status stage(const Args& args, const std::vector<std::string>& paths, const std::string& folder) {
  Progress progress("copying volumes");
  const auto staged = stage_volumes(real_file_system(), paths, folder, progress.transfer());
  progress.finish();
  if (!staged.ok()) return staged.error();
  for (const std::string& name : staged->damaged) log_warning(name + " is damaged; parity may make it good");
  if (staged->is_enough) return {};
  if (!args.json()) {
    for (const std::string& name : staged->copied) print_line(for_display(name) + ": copied");
  }
  std::string missing;
  for (const std::string& name : staged->missing) missing += (missing.empty() ? "" : ", ") + name;
  return Error{ErrorKind::kIncomplete, for_display(staged->what) + ": still missing: " + for_display(missing),
               "put the next medium in, and give the same command again"};
}

Result<int> run_install(Args& args, std::span<const std::string> words) {
  std::vector<std::string> paths;
  std::string store;
  std::string stage_folder;
  InstallOptions options;
  args.positionals("FILE", paths, "the bundle; of volumes any of them, or the folders they lie in", true);
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  args.option("--approval", "FILE", options.approvals, kApprovalOptionHelp);
  args.option("--channel", "NAME", options.channels, kChannelOptionHelp);
  args.flag("--allow-unsigned", options.allow_unsigned, "take a bundle that nobody here trusts has signed");
  args.flag("--allow-older", options.allow_older, "take a bundle that is older than what is here");
  args.flag("--dry-run", options.dry_run, "verify all of it, say what would change, write nothing");
  args.option("--stage", "FOLDER", stage_folder,
              "collect volumes here, from one medium after another; install when all are there");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  for (std::string& path : paths) path = bundle_argument(path);
  if (!stage_folder.empty()) {
    PANNIER_TRY(stage(args, paths, stage_folder));
    paths = {stage_folder};
  }
  PANNIER_ASSIGN(options.store_root, store_to_write(store));
  AuditEvent event;
  event.action = "install";
  event.medium = paths.front();
  if (!options.dry_run) {
    PANNIER_TRY(check_store_writable(options.store_root));
    options.audit = &event;
  }
  Progress progress("installing");
  options.transfer = progress.transfer();
  const auto result = install_bundle(real_file_system(), paths, options);
  progress.finish();
  if (result.ok() && result->changed) event.digests.push_back(audit_generation(result->generation));
  if (!options.dry_run) {
    PANNIER_TRY(
        record_store_event(options.store_root, event, result.ok() ? Status() : Status(result.error())));
  }
  if (!result.ok()) return result.error();
  warn(*result);
  const Aftermath aftermath = aftermath_of(*result, options);
  if (args.json()) {
    print_machine(*result, options, aftermath);
  } else {
    print_people(*result, options);
    print_touched(aftermath.touched);
    print_stale(aftermath.stale, true);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdInstall;
const Command kCmdInstall = {
    "install",
    "Isolated side",
    "verify a bundle and put what it holds into the store, all or none",
    "install sentiment.pannier\n"
    "install /media/stick --channel plant-7\n"
    "install /media/disc --stage incoming\n"
    "install sentiment.pannier --allow-unsigned --store /srv/models --dry-run",
    "corrupt, incomplete, untrusted, unsigned, stale, not found, unsupported, limit, I/O, interrupted",
    &run_install,
};

}  // namespace pannier
