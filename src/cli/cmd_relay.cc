// relay: what a store holds becomes a bundle for the next zone, with the signatures that came with it.
#include <algorithm>

#include "base/limits.h"
#include "carry/packing/delta_plan.h"
#include "carry/packing/read_receipts.h"
#include "carry/packing/stored_source.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/packing_options.h"
#include "cli/packing_report.h"
#include "cli/progress.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

struct RelayCommand {
  std::vector<std::string> names;
  std::string store;
  std::vector<std::string> receipts;
  PackingOptions packing;
};

// The same thing by two names is packed once, under the name it has in its store.
Result<std::vector<BundleModelSource>> find_sources(const RelayCommand& command,
                                                    std::unique_ptr<Store>& store) {
  std::vector<BundleModelSource> sources;
  for (const std::string& name : command.names) {
    PANNIER_ASSIGN(FoundModel found, find_model(real_file_system(), command.store, name));
    const auto same = [&](const BundleModelSource& source) {
      return source.index_entry.name == found.reference.name;
    };
    if (std::any_of(sources.begin(), sources.end(), same)) continue;
    PANNIER_ASSIGN(BundleModelSource source,
                   stored_source(real_file_system(), *found.store, found.reference));
    sources.push_back(std::move(source));
    store = std::move(found.store);
  }
  std::sort(sources.begin(), sources.end(), [](const BundleModelSource& a, const BundleModelSource& b) {
    return a.index_entry.name < b.index_entry.name;
  });
  return sources;
}

// What the next zone's receipts list is left out, or told as changes.
Status plan_by_receipts(const std::vector<std::string>& paths, const Store& store,
                        PackBundleOptions& options) {
  if (paths.empty()) return {};
  FileSystem& fs = real_file_system();
  PANNIER_ASSIGN(const TrustRoots roots, read_trust_roots(fs, store.root()));
  PANNIER_ASSIGN(const std::vector<ReadReceipt> read, read_receipts(fs, paths, roots));
  std::vector<SignedReceipt> receipts;
  receipts.reserve(read.size());
  for (const ReadReceipt& receipt : read) receipts.push_back(receipt.signed_receipt);
  const HeldState held = held_by_all(receipts);
  options.claim.receipts = held.receipts;
  options.plan = [&fs, &store, held](const std::vector<BundleModel>& models) -> Result<TransportPlan> {
    PANNIER_ASSIGN(DeltaPlan plan, plan_delta(fs, &store, held, models));
    return std::move(plan.transport);
  };
  return {};
}

Status check(const RelayCommand& command, const Args& args) {
  PANNIER_TRY(command.packing.check(args));
  if (!command.packing.channel.empty() && !command.packing.sequence.empty()) return {};
  if (command.packing.channel.empty()) return {};
  return args.usage_error("--channel without --sequence",
                          "say which bundle of this channel it is: one more than the last that was sent");
}

Result<int> run_relay(Args& args, std::span<const std::string> words) {
  RelayCommand command;
  args.positionals("REF", command.names, "what to pack: names or aliases in the store", true);
  args.option("--store", "FOLDER", command.store, kStoreOptionHelp);
  args.option("--delta-from", "RECEIPT", command.receipts,
              "leave out what this receipt of the next zone lists (may be repeated)");
  args.flag("--dry-run", command.packing.dry_run, "show what would be packed, write nothing");
  command.packing.declare(args);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_TRY(check(command, args));
  if (command.packing.plain && !command.receipts.empty()) {
    return args.usage_error("--plain and --delta-from do not go together", "use one of them");
  }

  std::unique_ptr<Store> store;
  PANNIER_ASSIGN(std::vector<BundleModelSource> sources, find_sources(command, store));
  PANNIER_ASSIGN(OpenedPacking packing, open_packing(command.packing));
  packing.options.claim.sequence = command.packing.wanted_sequence().value_or(0);
  PANNIER_TRY(plan_by_receipts(command.receipts, *store, packing.options));
  warn_of_missing_claims(command.packing);
  Progress progress("packing");
  packing.options.transfer = progress.transfer();
  const auto packed = pack_bundle(real_file_system(), std::move(sources), packing.options);
  progress.finish();
  record_packed_in_log("relay", store->root(), packing.options, packed);
  if (!packed.ok()) return packed.error();
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object();
    write_packed(json, *packed, packing.options);
    json.end_object();
    print_json(json);
  } else {
    print_packed(*packed, packing.options);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdRelay;
const Command kCmdRelay = {
    "relay",
    "Isolated side",
    "carry what a store holds on to the next zone, with the signatures of models",
    "relay sst2-tiny -o zone-b.pannier --key zone-a --channel zone-b --sequence 4\n"
    "relay sst2-tiny wheels/linux-x86_64-glibc2.28-cp312 -o all.pannier --key zone-a\n"
    "relay sst2-tiny -o delta.pannier --key zone-a --delta-from zone-b.receipt",
    "corrupt, incomplete, untrusted, not found, unsupported, limit, I/O, interrupted",
    &run_relay,
};

}  // namespace pannier
