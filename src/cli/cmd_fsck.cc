// fsck: reads all of a store, finds what is missing or rotten, and says which bundle heals it.
#include <algorithm>

#include "base/bytes.h"
#include "base/display.h"
#include "base/threads.h"
#include "carry/isolated/check_store.h"
#include "carry/trust/trust_store.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_event.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

// Disks rarely serve more than this many readers well.
constexpr uint32_t kThreadsAtOnceMax = 8;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string remedy_of(const StoreFault& fault) {
  if (!fault.digest) {
    return fault.kind == StoreFaultKind::kMalformed
               ? "restore the file from a backup, or remove it to go back to the generation before it"
               : "move it away";
  }
  if (fault.names.empty()) return "nothing needs it";
  std::string bundles;
  for (const BundleOrigin& origin : fault.origins) {
    bundles += bundles.empty() ? "install again " : " or ";
    if (!origin.channel.empty()) {
      bundles += "number " + std::to_string(origin.sequence) + " of channel " + origin.channel + ", ";
    }
    bundles += "the bundle with payload " + origin.payload_digest.hex().substr(0, 16);
  }
  return bundles.empty() ? "install a bundle again that holds " + joined(fault.names) : bundles;
}

void print_machine(const std::string& store, const CheckResult& result, const Status& trust) {
  JsonWriter json = json_result();
  json.begin_object().member("store", for_display(store));
  json.member("ok", result.faults.empty() && trust.ok());
  json.member("blobs", result.blob_count).member("bytes", result.blob_bytes);
  json.member("generations", result.generation_count);
  if (!trust.ok()) json.member("trust_error", trust.error().message);
  json.key("faults").begin_array();
  for (const StoreFault& fault : result.faults) {
    json.begin_object().member("kind", store_fault_kind_name(fault.kind));
    json.member("path", for_display(fault.path));
    if (fault.digest) json.member("digest", fault.digest->oci());
    json.member("what", for_display(fault.what)).member("in_newest", fault.in_newest);
    json.member("quarantined", fault.quarantined).key("names").begin_array();
    for (const std::string& name : fault.names) json.string(name);
    json.end_array().key("origins").begin_array();
    for (const BundleOrigin& origin : fault.origins) {
      json.begin_object();
      if (!origin.channel.empty()) {
        json.member("channel", origin.channel).member("sequence", origin.sequence);
      }
      json.member("payload_digest", origin.payload_digest.oci()).end_object();
    }
    json.end_array().member("remedy", remedy_of(fault)).end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

void print_people(const std::string& store, const CheckResult& result, const Status& trust) {
  for (const StoreFault& fault : result.faults) {
    print_line(std::string(store_fault_kind_name(fault.kind)) +
               (fault.quarantined ? ", quarantined: " : ": ") + for_display(fault.path));
    print_line("  " + for_display(fault.what));
    if (!fault.names.empty()) {
      print_line("  needed by " + joined(fault.names) +
                 (fault.in_newest ? "" : " of older generations, for rollback"));
    }
    print_line("  hint: " + remedy_of(fault));
  }
  if (!trust.ok()) print_line("trusted roots: " + for_display(trust.error().to_string()));
  if (!result.faults.empty() || !trust.ok()) print_line("");
  print_line(
      "in " + for_display(store) + ": " + counted(result.blob_count, "blob") + ", " +
      human_bytes(result.blob_bytes) + ", " + counted(result.generation_count, "generation") + ": " +
      (result.faults.empty() && trust.ok() ? "all as it should be" : counted(result.faults.size(), "fault")));
}

// Of the newest generation's faults the worst; what only older ones need is no reason to fail a model.
Status status_of(const std::string& store, const CheckResult& result, const Status& trust) {
  if (!trust.ok()) return trust;
  if (result.faults.empty()) return {};
  const bool is_damaged =
      std::any_of(result.faults.begin(), result.faults.end(),
                  [](const StoreFault& fault) { return fault.kind != StoreFaultKind::kMissing; });
  return Error{is_damaged ? ErrorKind::kCorrupt : ErrorKind::kIncomplete,
               "the store at " + for_display(store) + " has " + counted(result.faults.size(), "fault"), ""};
}

Result<int> run_fsck(Args& args, std::span<const std::string> words) {
  std::string store_option;
  std::optional<uint32_t> threads;
  CheckOptions options;
  bool dry_run = false;
  args.flag("--dry-run", dry_run, "only look: rotten blobs stay where they are");
  args.option("--threads", "N", threads, "files that are read at once");
  args.option("--store", "FOLDER", store_option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const std::string store, store_to_change(store_option));
  options.quarantine = !dry_run;
  options.threads = threads.value_or(std::min(usable_processor_count(), kThreadsAtOnceMax));
  if (options.threads < 1 || options.threads > 256) return args.usage_error("--threads is 1 to 256");
  if (!dry_run) PANNIER_TRY(check_store_writable(store));
  Progress progress("checking");
  options.transfer = progress.transfer();
  const auto result = check_store(real_file_system(), store, options);
  progress.finish();
  if (!result.ok()) return result.error();
  const auto roots = read_trust_roots(real_file_system(), store);
  const Status trust = roots.ok() ? Status() : Status(roots.error());
  const Status verdict = status_of(store, *result, trust);
  if (!dry_run) {
    AuditEvent event;
    event.action = "fsck";
    for (const StoreFault& fault : result->faults) {
      event.refs.insert(event.refs.end(), fault.names.begin(), fault.names.end());
      if (fault.digest) event.digests.push_back("blob " + fault.digest->oci());
    }
    std::sort(event.refs.begin(), event.refs.end());
    event.refs.erase(std::unique(event.refs.begin(), event.refs.end()), event.refs.end());
    const Status told = record_store_event(store, std::move(event), verdict);
    if (verdict.ok()) PANNIER_TRY(told);
  }
  if (args.json()) {
    print_machine(store, *result, trust);
  } else {
    print_people(store, *result, trust);
  }
  return verdict.ok() ? kExitOk : exit_code_of(verdict.error().kind);
}

}  // namespace

extern const Command kCmdFsck;
const Command kCmdFsck = {
    "fsck",
    "Isolated side",
    "read all of the store, put rot aside and say what heals it",
    "fsck\nfsck --dry-run --json --store /var/lib/pannier",
    "corrupt, incomplete, untrusted, not found, I/O, interrupted",
    &run_fsck,
};

}  // namespace pannier
