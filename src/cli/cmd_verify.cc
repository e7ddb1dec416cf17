// verify: is every byte of a bundle what it should be, who vouches for it, and is it news here?
#include "base/bytes.h"
#include "base/display.h"
#include "carry/isolated/verify.h"
#include "carry/transport/volumes/member_writer.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_event.h"
#include "cli/store_location.h"
#include "cli/trust_report.h"

namespace pannier {
namespace {

struct VerifyRequest {
  std::vector<std::string> paths;
  std::string store_option;
  std::string repair_folder;
  bool repair = false;
  VerifyOptions options;
};

// The first reason why the bundle is not to be installed here, though it is whole. That it is unsigned is
// said, and is none: whoever has other means to know where it is from may want to know that it is whole.
Status objection(const VerifyRequest& request, const VerifyResult& result) {
  const Admission& admission = result.admission;
  const Verdict& verdict = admission.verdict;
  if (verdict.state == TrustState::kUntrusted && verdict.root_number > 0) {
    return Error{ErrorKind::kUntrusted, "the bundle is not trusted: " + verdict.missing, verdict.remedy};
  }
  if (has_history(admission) && admission.freshness_error) return *admission.freshness_error;
  if (!request.store_option.empty() && result.missing_error) return *result.missing_error;
  return {};
}

void print_machine(const VerifyResult& result, JsonWriter json) {
  const BundleSummary& bundle = result.bundle;
  json.begin_object().member("bundle", for_display(bundle.what)).member("whole", true);
  write_trust(result.admission, json);
  json.member("bytes", bundle.bundle_bytes).member("blocks", bundle.block_count);
  write_claim(bundle, json);
  write_freshness(result.admission, json);
  write_layout(bundle, json);
  write_expected(bundle, result.missing, json);
  json.key("not_decoded").begin_array();
  for (const Digest& digest : result.not_decoded) json.string(digest.oci());
  json.end_array();
  write_model_signatures(result.model_signatures, json);
  write_bundle_models(bundle, json);
  json.end_object();
  print_json(json);
}

void print_people(const VerifyResult& result) {
  const BundleSummary& bundle = result.bundle;
  print_bundle_models(bundle, false);
  print_line("");
  print_line(for_display(bundle.what) + ": whole: " + counted(bundle.block_count, "block") + ", " +
             human_bytes(bundle.bundle_bytes) + ", every digest matches");
  if (!result.not_decoded.empty()) {
    print_line(counted(result.not_decoded.size(), "file") +
               " checked as packed only: what they build on is not here");
  }
  print_line("payload sha256:" + bundle.statement.payload_digest.hex());
  print_expected(bundle, result.missing, result.admission.store != nullptr);
  print_freshness(bundle, result.admission);
  print_model_signatures(result.model_signatures);
  print_trust(result.admission);
}

AuditEvent event_of(const VerifyRequest& request, const Result<VerifyResult>& result) {
  AuditEvent event;
  event.action = "verify";
  event.medium = request.paths.front();
  if (!result.ok()) return event;
  for (const BundleModel& model : result->bundle.models) event.refs.push_back(model.name);
  event.digests = {"payload " + result->bundle.statement.payload_digest.oci(),
                   "statement " + result->bundle.statement_digest.oci()};
  event.signers = voucher_names(result->admission.verdict);
  return event;
}

// Of the store that judges; a bundle can be verified where there is none.
std::string store_of(const std::string& option) {
  if (!option.empty()) return option;
  const auto stores = stores_to_read("");
  return stores.ok() && !stores->empty() ? stores->front() : std::string();
}

// Writes what of the volumes is damaged or missing; whose they are is for `verify` of the result.
Result<int> repair(const Args& args, const VerifyRequest& request) {
  Progress progress("repairing");
  const auto result = repair_volumes(real_file_system(), request.paths, request.repair_folder,
                                     /*whole_set=*/false, progress.transfer());
  progress.finish();
  if (!result.ok()) return result.error();
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("bundle", for_display(result->report.what));
    json.key("files").begin_array();
    for (const std::string& path : result->files) json.string(for_display(path));
    json.end_array().end_object();
    print_json(json);
    return kExitOk;
  }
  for (const std::string& path : result->files) print_line(for_display(path));
  print_line(for_display(result->report.what) +
             (result->files.empty() ? ": nothing to repair"
                                    : ": made whole in " + for_display(request.repair_folder)));
  return kExitOk;
}

Result<int> run_verify(Args& args, std::span<const std::string> words) {
  VerifyRequest request;
  args.positionals("FILE", request.paths, "the bundle; of volumes any of them, or the folders they lie in",
                   true);
  args.option("--store", "FOLDER", request.store_option,
              "the store it is for: whose keys and history judge it, and which must have what it builds on");
  args.option("--approval", "FILE", request.options.approvals, kApprovalOptionHelp);
  args.option("--channel", "NAME", request.options.channels, kChannelOptionHelp);
  args.flag("--uncached", request.options.uncached,
            "read what lies on the medium, past what the system remembers of it: after burning or copying");
  args.flag("--repair", request.repair, "write damaged and missing volumes again, out of parity, to --to");
  args.option("--to", "FOLDER", request.repair_folder, "where --repair writes; media are only read");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (request.repair != !request.repair_folder.empty()) {
    return args.usage_error("--repair and --to go together", "say --repair --to FOLDER");
  }
  for (std::string& path : request.paths) path = bundle_argument(path);
  if (request.repair) return repair(args, request);
  request.options.store_root = store_of(request.store_option);
  Progress progress("verifying");
  request.options.transfer = progress.transfer();
  const auto result = verify_bundle(real_file_system(), request.paths, request.options);
  progress.finish();
  const Status outcome = result.ok() ? objection(request, *result) : result.error();
  record_event_or_warn(request.options.store_root, event_of(request, result), outcome);
  if (!result.ok()) return result.error();
  if (args.json()) {
    print_machine(*result, json_result());
  } else {
    print_people(*result);
  }
  if (outcome.ok()) return kExitOk;
  if (args.json()) return exit_code_of(outcome.error().kind);
  return outcome.error();
}

}  // namespace

extern const Command kCmdVerify;
const Command kCmdVerify = {
    "verify",
    "Either side",
    "check every byte of a bundle, who vouches for it, and whether it is news here",
    "verify sentiment.pannier\n"
    "verify /media/stick --store /srv/models\n"
    "verify /media/disc1 /media/disc2 --repair --to mended\n"
    "verify sentiment.pannier --approval from-mail/sentiment.approval --json",
    "corrupt, incomplete, untrusted, stale, not found, unsupported, limit, I/O, interrupted",
    &run_verify,
};

}  // namespace pannier
