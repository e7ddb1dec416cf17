// inspect: what a bundle says it holds, from its first pages alone.
#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "carry/isolated/verify.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/trust_report.h"

namespace pannier {
namespace {

void print_machine(const BundleSummary& bundle) {
  JsonWriter json = json_result();
  json.begin_object().member("bundle", for_display(bundle.what)).member("bytes", bundle.bundle_bytes);
  json.member("blocks", bundle.block_count).member("signed", !bundle.signer_ids.empty());
  json.key("signers").begin_array();
  for (const Digest& key : bundle.signer_ids) json.string(key.hex());
  json.end_array();
  write_claim(bundle, json);
  write_layout(bundle, json);
  write_expected(bundle, {}, json);
  write_bundle_models(bundle, json);
  json.end_object();
  print_json(json);
}

std::string signatures_for_people(const BundleSummary& bundle) {
  if (bundle.signer_ids.empty()) return "not signed";
  std::string text = "signed, which nobody has checked, by";
  for (const Digest& key : bundle.signer_ids) text += " " + key.hex().substr(0, 16);
  return text;
}

void print_people(const BundleSummary& bundle) {
  print_bundle_models(bundle, true);
  print_line("");
  print_line(for_display(bundle.what) + ": " + human_bytes(bundle.bundle_bytes) + " in " +
             counted(bundle.block_count, "block") + ", " + signatures_for_people(bundle));
  print_line(layout_for_people(bundle));
  print_expected(bundle, {}, false);
  if (!bundle.statement.channel.empty()) {
    print_line("channel " + bundle.statement.channel + ", number " +
               std::to_string(bundle.statement.sequence));
  }
  print_line("payload sha256:" + bundle.statement.payload_digest.hex());
  print_line("This is what the bundle says; `" + program_name() + " verify` checks every byte of it.");
}

Result<int> run_inspect(Args& args, std::span<const std::string> words) {
  std::vector<std::string> paths;
  args.positionals("FILE", paths, "the bundle; of volumes any of them, or the folders they lie in", true);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  for (std::string& path : paths) path = bundle_argument(path);
  PANNIER_ASSIGN(const BundleInspection inspection, inspect_bundle(real_file_system(), paths));
  if (inspection.manifests_error) {
    log_warning("where its contents come from cannot be told: " + inspection.manifests_error->message);
  }
  if (args.json()) {
    print_machine(inspection.bundle);
  } else {
    print_people(inspection.bundle);
  }
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
