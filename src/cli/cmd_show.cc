// show: one model, data set or wheelhouse of the store: where it comes from, its wheels, its files.
#include "base/bytes.h"
#include "base/display.h"
#include "cli/args.h"
#include "cli/artifact_report.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

Result<int> run_show(Args& args, std::span<const std::string> words) {
  std::string name;
  std::string option;
  args.positional("MODEL", name, "a name that `list` shows, or another name of it", true);
  args.option("--store", "FOLDER", option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const FoundModel found, find_model(real_file_system(), option, name));
  PANNIER_ASSIGN(const ModelManifest manifest, found.store->manifest(found.reference));
  const uint64_t bytes = total_bytes(manifest.files);
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object()
        .member("name", found.reference.name)
        .member("store", for_display(found.store->root()));
    json.member("manifest", found.reference.manifest_digest.oci()).member("bytes", bytes);
    write_facts(manifest.kind, manifest.upstream, manifest.wheelhouse, json);
    write_wheels(manifest, json);
    write_model_files(manifest.files, json);
    json.end_object();
    print_json(json);
    return kExitOk;
  }
  print_line(found.reference.name + " (" + kind_for_people(manifest.kind) + ") in " +
             for_display(found.store->root()) + ": " + counted(manifest.files.size(), "file") + ", " +
             human_bytes(bytes));
  print_line("manifest sha256:" + found.reference.manifest_digest.hex());
  print_facts(manifest.upstream, manifest.wheelhouse);
  print_line("");
  print_wheels(manifest);
  if (manifest.kind == ArtifactKind::kWheelhouse) print_line("");
  print_model_files(manifest.files);
  return kExitOk;
}

}  // namespace

extern const Command kCmdShow;
const Command kCmdShow = {
    "show",
    "Isolated side",
    "one model, data set or wheelhouse: where it comes from, its files",
    "show sst2-tiny\n"
    "show wheels/linux-x86_64-glibc2.28-cp39",
    "corrupt, not found, I/O",
    &run_show,
};

}  // namespace pannier
