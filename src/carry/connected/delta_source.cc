// From receipts or the ledger to a plan, and from a packed bundle back to the ledger.
#include "carry/connected/delta_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "carry/audit/audit_log.h"
#include "carry/connected/ledger.h"
#include "carry/packing/read_receipts.h"
#include "carry/trust/trust_store.h"

namespace pannier {
namespace {

Result<Ledger> open_ledger(FileSystem& fs, const Environment& environment) {
  std::string folder = ledger_folder(environment);
  if (!folder.empty()) return Ledger(fs, std::move(folder));
  return Error{ErrorKind::kInvalid,
               "there is no place for a ledger: neither PANNIER_HOME, XDG_STATE_HOME nor HOME is set",
               "set PANNIER_HOME to a folder that you may write"};
}

std::string signers_note(const ReadReceipt& receipt) {
  if (!receipt.signers.empty())
    return fmt::format("{} is signed by {}", receipt.path, fmt::join(receipt.signers, ", "));
  return fmt::format(
      "{}: no receiver that is known here signed it; if it is wrong, the bundle cannot be installed, no more",
      receipt.path);
}

std::string news_note(const LedgerReceiptNews& news) {
  if (news.is_another_bundle) {
    return fmt::format(
        "channel {}: the far side stands at number {}, which is not the bundle that this ledger has under "
        "it: somebody else packs for it too",
        news.channel, news.sequence);
  }
  return fmt::format("channel {}: the far side stands at number {}; newly confirmed: {}", news.channel,
                     news.sequence, news.confirmed.size());
}

Result<HeldState> held_by_receipts(FileSystem& fs, const Environment& environment, const Store* store,
                                   const DeltaRequest& request, DeltaSource& source) {
  TrustRoots roots;
  if (store != nullptr) {
    PANNIER_ASSIGN(roots, read_trust_roots(fs, store->root()));
  }
  PANNIER_ASSIGN(std::vector<ReadReceipt> read, read_receipts(fs, request.receipts, roots));
  std::vector<SignedReceipt> receipts;
  for (ReadReceipt& receipt : read) {
    source.notes.push_back(signers_note(receipt));
    if (!receipt.signed_receipt.receipt.channels.empty()) {
      PANNIER_ASSIGN(Ledger ledger, open_ledger(fs, environment));
      PANNIER_ASSIGN(const std::vector<LedgerReceiptNews> all,
                     ledger.confirm_by_receipt(receipt.signed_receipt.receipt));
      for (const LedgerReceiptNews& news : all) source.notes.push_back(news_note(news));
    }
    receipts.push_back(std::move(receipt.signed_receipt));
  }
  return held_by_all(receipts);
}

Result<HeldState> held_by_ledger(FileSystem& fs, const Environment& environment, const DeltaRequest& request,
                                 DeltaSource& source) {
  PANNIER_ASSIGN(const Ledger ledger, open_ledger(fs, environment));
  PANNIER_ASSIGN(const ChannelLedger channel, ledger.read(request.ledger_channel));
  ChannelHeld held = held_by_channel(channel, request.assume_sent);
  if (held.built_on.empty()) {
    return Error{
        ErrorKind::kNotFound,
        fmt::format("nothing that was sent to {} is {}", request.ledger_channel,
                    request.assume_sent ? "open or confirmed" : "confirmed"),
        channel.entries.empty() || request.assume_sent
            ? "pack without --delta-from-ledger"
            : fmt::format("`ledger confirm {} N` says that number N was installed; --assume-sent builds "
                          "on what was sent",
                          request.ledger_channel)};
  }
  source.notes.push_back(fmt::format("the bundle builds on {} of channel {}", fmt::join(held.built_on, ", "),
                                     request.ledger_channel));
  source.ledger_channel = request.ledger_channel;
  source.built_on = std::move(held.built_on);
  return std::move(held.held);
}

// Every blob that the far side has of a model, once the bundle is installed.
LedgerModel ledger_model(const BundleModel& model) {
  LedgerModel entry{model.name, model.manifest.digest, {model.manifest, model.config}};
  for (const BlobInfo& signature : model.signatures) entry.blobs.push_back(signature);
  for (const ModelFile& file : model.files) entry.blobs.push_back({file.digest, file.bytes});
  std::sort(entry.blobs.begin(), entry.blobs.end());
  entry.blobs.erase(std::unique(entry.blobs.begin(), entry.blobs.end()), entry.blobs.end());
  return entry;
}

}  // namespace

Result<DeltaSource> open_delta(FileSystem& fs, const Environment& environment, const Store* store,
                               const DeltaRequest& request) {
  DeltaSource source;
  if (request.receipts.empty() && request.ledger_channel.empty()) return source;
  if (!request.receipts.empty() && !request.ledger_channel.empty()) {
    return Error{ErrorKind::kInvalid, "receipts and the ledger are given, and may say different things",
                 "use --delta-from or --delta-from-ledger, not both"};
  }
  auto held = request.receipts.empty() ? held_by_ledger(fs, environment, request, source)
                                       : held_by_receipts(fs, environment, store, request, source);
  if (!held.ok()) return std::move(held).error();
  source.receipts = held->receipts;
  source.planned = std::make_shared<DeltaPlan>();
  source.plan = [&fs, store, held = *std::move(held),
                 planned = source.planned](const std::vector<BundleModel>& models) -> Result<TransportPlan> {
    PANNIER_ASSIGN(*planned, plan_delta(fs, store, held, models));
    return planned->transport;
  };
  return source;
}

std::vector<std::string> delta_remarks(const DeltaSource& delta) {
  std::vector<std::string> remarks;
  if (delta.planned == nullptr) return remarks;
  const DeltaPlan& plan = *delta.planned;
  remarks.push_back(fmt::format("{} are held over there, {} cross as a difference, {} whole",
                                human_bytes(plan.held_bytes), human_bytes(plan.delta_bytes),
                                human_bytes(plan.whole_bytes)));
  if (plan.without_base_bytes > 0) {
    remarks.push_back(
        fmt::format("{} cross whole since what they could build on is not in this store (as {}): fetch the "
                    "older revision here to send less",
                    human_bytes(plan.without_base_bytes), plan.without_base_example));
  }
  return remarks;
}

Status record_packed(FileSystem& fs, const Environment& environment, const BundleClaim& claim,
                     const PackedBundle& bundle, const DeltaSource& delta) {
  if (claim.channel.empty()) return {};
  PANNIER_ASSIGN(Ledger ledger, open_ledger(fs, environment));
  LedgerEntry entry;
  entry.sequence = claim.sequence;
  entry.time = audit_origin_here(environment).time;
  entry.statement = bundle.statement_digest;
  entry.payload = bundle.payload_digest;
  // Of another channel, numbers say nothing here.
  if (delta.ledger_channel == claim.channel) entry.built_on = delta.built_on;
  for (const BundleModel& model : bundle.contents) entry.models.push_back(ledger_model(model));
  std::sort(entry.models.begin(), entry.models.end(),
            [](const LedgerModel& a, const LedgerModel& b) { return a.name < b.name; });
  return ledger.record_sent(claim.channel, entry);
}

}  // namespace pannier
