// unpack: a bundle's models as plain files.
#include "base/bytes.h"
#include "base/display.h"
#include "carry/isolated/unpack.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace pannier {
namespace {

Result<int> run_unpack(Args& args, std::span<const std::string> words) {
  std::string path;
  std::string folder;
  args.positional("FILE", path, "the bundle", true);
  args.option("-o,--output", "FOLDER", folder, "a new or empty folder; each model becomes a folder in it");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (folder.empty()) return args.usage_error("no folder is given", "say -o FOLDER");
  Progress progress("unpacking");
  PANNIER_ASSIGN(const UnpackResult result,
                 unpack_bundle(real_file_system(), bundle_argument(path), folder, progress.transfer()));
  progress.finish();
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("folder", for_display(folder)).member("files", result.file_count);
    json.member("bytes", result.bytes_written).member("trust", trust_state_name(result.bundle.trust));
    json.member("payload_digest", result.bundle.payload_digest.oci()).end_object();
    print_json(json);
    return kExitOk;
  }
  print_line(for_display(folder) + ": " + counted(result.file_count, "file") + ", " +
             human_bytes(result.bytes_written) + ", every digest matches");
  print_line("The bundle is not signed: nothing proves who made it.");
  return kExitOk;
}

}  // namespace

extern const Command kCmdUnpack;
const Command kCmdUnpack = {
    "unpack",
    "Either side",
    "write a bundle's models as plain files, for a scanner or a look",
    "unpack sentiment.pannier -o to-scan",
    "corrupt, incomplete, not found, unsupported, limit, I/O, interrupted",
    &run_unpack,
};

}  // namespace pannier
