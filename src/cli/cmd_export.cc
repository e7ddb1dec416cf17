// export: a model of the store as a folder that other programs open.
#include "base/bytes.h"
#include "base/display.h"
#include "carry/isolated/export_ref.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

Result<int> run_export(Args& args, std::span<const std::string> words) {
  std::string name;
  std::string store;
  ExportOptions options;
  args.positional("MODEL", name, "a name that `list` shows", true);
  args.option("--local-dir", "FOLDER", options.folder,
              "plain files, as `hf download --local-dir` lays them out");
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  args.flag("--force", options.replace, "replace an earlier export of this model that differs");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (options.folder.empty()) return args.usage_error("no target is given", "say --local-dir FOLDER");
  PANNIER_ASSIGN(const FoundModel found, find_model(real_file_system(), store, name));
  Progress progress("exporting");
  options.transfer = progress.transfer();
  PANNIER_ASSIGN(const ExportResult result, export_ref(real_file_system(), *found.store, name, options));
  progress.finish();
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("name", name).member("folder", for_display(options.folder));
    json.member("files", result.file_count)
        .member("bytes", result.bytes)
        .member("changed", result.changed)
        .end_object();
    print_json(json);
  } else {
    print_line(for_display(options.folder) + ": " + counted(result.file_count, "file") + ", " +
               human_bytes(result.bytes) + (result.changed ? "" : ", as they were already"));
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdExport;
const Command kCmdExport = {
    "export",
    "Isolated side",
    "copy a model out of the store, for transformers and other programs",
    "export sst2-tiny --local-dir ./sst2-tiny",
    "corrupt, not found, I/O, interrupted",
    &run_export,
};

}  // namespace pannier
