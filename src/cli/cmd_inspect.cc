// inspect: what a bundle says it holds, from its first pages alone.
#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "carry/isolated/verify.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

namespace pannier {
namespace {

void print_machine(const std::string& path, const VerifyResult& bundle) {
  JsonWriter json = json_result();
  json.begin_object().member("bundle", for_display(path)).member("bytes", bundle.bundle_bytes);
  json.member("blocks", bundle.block_count);
  json.member("payload_digest", bundle.payload_digest.oci()).member("signed", false);
  write_bundle_models(bundle, json);
  json.end_object();
  print_json(json);
}

Result<int> run_inspect(Args& args, std::span<const std::string> words) {
  std::string path;
  args.positional("FILE", path, "the bundle", true);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const BundleInspection inspection,
                 inspect_bundle(real_file_system(), bundle_argument(path)));
  const VerifyResult& bundle = inspection.bundle;
  if (inspection.manifests_error) {
    log_warning("where its contents come from cannot be told: " + inspection.manifests_error->message);
  }
  if (args.json()) {
    print_machine(bundle_argument(path), bundle);
    return kExitOk;
  }
  print_bundle_models(bundle, true);
  print_line("");
  print_line(for_display(path) + ": " + human_bytes(bundle.bundle_bytes) + " in " +
             counted(bundle.block_count, "block") + ", not signed");
  print_line("payload sha256:" + bundle.payload_digest.hex());
  print_line("This is what the bundle says; `" + program_name() + " verify` checks every byte of it.");
  return kExitOk;
}

}  // namespace

extern const Command kCmdInspect;
const Command kCmdInspect = {
    "inspect",
    "Either side",
    "list what a bundle holds, without reading all of it",
    "inspect sentiment.pannier\n"
    "inspect sentiment.pannier --json",
    "corrupt, incomplete, not found, unsupported, limit, I/O",
    &run_inspect,
};

}  // namespace pannier
