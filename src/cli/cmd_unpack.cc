// unpack: a bundle's models as plain files.
#include "base/bytes.h"
#include "base/display.h"
#include "carry/isolated/unpack.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_location.h"
#include "cli/trust_report.h"

namespace pannier {
namespace {

void print_machine(const std::string& folder, const UnpackResult& result) {
  JsonWriter json = json_result();
  json.begin_object().member("folder", for_display(folder)).member("files", result.file_count);
  json.member("bytes", result.bytes_written);
  write_trust(result.admission, json);
  write_claim(result.bundle, json);
  json.key("unwritten").begin_array();
  for (const UnwrittenFile& file : result.unwritten) {
    json.begin_object().member("path", file.path).member("reason", file.is_held ? "held" : "delta");
    json.member("needs", file.needs.oci()).end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

void print_people(const std::string& folder, const UnpackResult& result) {
  if (!result.unwritten.empty()) {
    Table table;
    table.column("NOT WRITTEN");
    table.column("WHY");
    table.column("NEEDS");
    for (const UnwrittenFile& file : result.unwritten) {
      table.row({file.path, file.is_held ? "not in the bundle" : "a delta", file.needs.hex()});
    }
    table.print();
    print_line("");
  }
  print_line(for_display(folder) + ": " + counted(result.file_count, "file") + ", " +
             human_bytes(result.bytes_written) + ", every digest matches");
  print_trust(result.admission);
}

Result<int> run_unpack(Args& args, std::span<const std::string> words) {
  std::vector<std::string> paths;
  std::string folder;
  std::string store;
  UnpackOptions options;
  args.positionals("FILE", paths, "the bundle; of volumes any of them, or the folders they lie in", true);
  args.option("-o,--output", "FOLDER", folder, "a new or empty folder; each model becomes a folder in it");
  args.option("--store", "FOLDER", store, "that holds what a delta builds on, and whose keys judge");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (folder.empty()) return args.usage_error("no folder is given", "say -o FOLDER");
  for (std::string& path : paths) path = bundle_argument(path);
  options.store_root = store;
  if (store.empty()) {
    const auto stores = stores_to_read("");
    if (stores.ok() && !stores->empty()) options.store_root = stores->front();
  }
  Progress progress("unpacking");
  options.transfer = progress.transfer();
  PANNIER_ASSIGN(const UnpackResult result, unpack_bundle(real_file_system(), paths, folder, options));
  progress.finish();
  if (args.json()) {
    print_machine(folder, result);
  } else {
    print_people(folder, result);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdUnpack;
const Command kCmdUnpack = {
    "unpack",
    "Either side",
    "write a bundle's models as plain files, for a scanner or a look",
    "unpack sentiment.pannier -o to-scan",
    "corrupt, incomplete, untrusted, not found, unsupported, limit, I/O, interrupted",
    &run_unpack,
};

}  // namespace pannier
