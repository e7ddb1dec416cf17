// install: what a bundle holds enters the store, all or none.
#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "carry/isolated/install.h"
#include "cli/args.h"
#include "cli/artifact_report.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

void print_machine(const InstallResult& result, const InstallOptions& options) {
  JsonWriter json = json_result();
  json.begin_object().member("store", for_display(options.store_root)).member("changed", result.changed);
  json.member("dry_run", options.dry_run).member("generation", result.generation);
  json.member("trust", trust_state_name(result.trust)).member("payload_digest", result.payload_digest.oci());
  json.member("blobs_written", result.blobs_written).member("bytes_written", result.bytes_written);
  json.key("models").begin_array();
  for (const InstalledModel& model : result.models) {
    json.begin_object().member("name", model.name).member("state", installed_state_name(model.state));
    json.member("files", model.file_count).member("bytes", model.bytes);
    json.member("manifest", model.manifest_digest.oci());
    write_facts(model.kind, model.facts.upstream, model.facts.wheelhouse, json);
    json.end_object();
  }
  json.end_array().end_object();
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
}

Result<int> run_install(Args& args, std::span<const std::string> words) {
  std::string path;
  std::string store;
  InstallOptions options;
  args.positional("FILE", path, "the bundle", true);
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  args.flag("--allow-unsigned", options.allow_unsigned, "take a bundle that nobody signed");
  args.flag("--dry-run", options.dry_run, "verify all of it, say what would change, write nothing");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(options.store_root, store_to_write(store));
  Progress progress("installing");
  options.transfer = progress.transfer();
  PANNIER_ASSIGN(const InstallResult result,
                 install_bundle(real_file_system(), bundle_argument(path), options));
  progress.finish();
  if (result.trust == TrustState::kUnsigned) {
    log_warning("the bundle is not signed; it was taken because of --allow-unsigned");
  }
  if (args.json()) {
    print_machine(result, options);
  } else {
    print_people(result, options);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdInstall;
const Command kCmdInstall = {
    "install",
    "Isolated side",
    "verify a bundle and put what it holds into the store, all or none",
    "install sentiment.pannier --allow-unsigned\n"
    "install sentiment.pannier --allow-unsigned --store /srv/models --dry-run",
    "corrupt, incomplete, unsigned, not found, unsupported, limit, I/O, interrupted",
    &run_install,
};

}  // namespace pannier
