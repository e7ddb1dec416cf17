// verify: is every byte of a bundle what it should be?
#include "base/bytes.h"
#include "base/display.h"
#include "carry/isolated/verify.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace pannier {
namespace {

Result<int> run_verify(Args& args, std::span<const std::string> words) {
  std::string path;
  args.positional("FILE", path, "the bundle", true);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  Progress progress("verifying");
  PANNIER_ASSIGN(const VerifyResult result,
                 verify_bundle(real_file_system(), bundle_argument(path), progress.transfer()));
  progress.finish();
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("bundle", for_display(path)).member("whole", true);
    json.member("trust", trust_state_name(result.trust)).member("bytes", result.bundle_bytes);
    json.member("blocks", result.block_count).member("payload_digest", result.payload_digest.oci());
    write_bundle_models(result, json);
    json.end_object();
    print_json(json);
    return kExitOk;
  }
  print_bundle_models(result, false);
  print_line("");
  print_line(for_display(path) + ": whole: " + counted(result.block_count, "block") + ", " +
             human_bytes(result.bundle_bytes) + ", every digest matches");
  print_line("payload sha256:" + result.payload_digest.hex());
  print_line("It is not signed: nothing proves who made it. Compare the payload digest with the packer's.");
  return kExitOk;
}

}  // namespace

extern const Command kCmdVerify;
const Command kCmdVerify = {
    "verify",
    "Either side",
    "check every byte of a bundle",
    "verify sentiment.pannier",
    "corrupt, incomplete, not found, unsupported, limit, I/O, interrupted",
    &run_verify,
};

}  // namespace pannier
