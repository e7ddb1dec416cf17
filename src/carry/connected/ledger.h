// Ledger: the connected side's record, one channel at a time, of what was sent and what became of it. Where
// no receipt can come back, it tells what a delta may build on. Page: docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/connected/ledger_file.h"
#include "carry/packing/held_state.h"
#include "format/receipt.h"

namespace pannier {

// $PANNIER_HOME/ledger, else $XDG_STATE_HOME/pannier/ledger, else ~/.local/state/pannier/ledger. Empty where
// none is set.
std::string ledger_folder(const Environment& environment);

// What a receipt told about a channel.
struct LedgerReceiptNews {
  std::string channel;
  std::vector<uint64_t> confirmed;  // bundles that were open (or dropped) before
  // The far side stands at a bundle that is not the one we recorded under that number, or at one that we
  // never sent: somebody else packs for this channel too.
  bool is_another_bundle = false;
  uint64_t sequence = 0;
};

// Files of a folder; every change is made under a lock and appears whole or not at all.
class Ledger {
 public:
  // `fs` must outlive the object.
  Ledger(FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}

  // Names, sorted; none where there is no ledger.
  Result<std::vector<std::string>> channels() const;
  // An empty one where there is none. kInvalid (no name of a channel), kCorrupt, kUnsupported.
  Result<ChannelLedger> read(const std::string& channel) const;

  // A sequence number for a bundle that is about to be packed; never given twice, so that a pack that fails
  // leaves a gap. `wanted`: this one; kStale where it or a later one was given already.
  Result<uint64_t> reserve_sequence(const std::string& channel,
                                    std::optional<uint64_t> wanted = std::nullopt);
  // The bundle is written. REQUIRES: its number was reserved. kInvalid where there is an entry of it.
  Status record_sent(const std::string& channel, const LedgerEntry& entry);
  // kNotFound; kInvalid for `kApproved` of what is confirmed or dropped. Gives the numbers of later bundles
  // that build on it: when it is dropped, they cannot be installed.
  Result<std::vector<uint64_t>> set_state(const std::string& channel, uint64_t sequence, LedgerState state);
  // Confirms what the receipt shows to be installed: the bundle it stands at, and earlier ones all of whose
  // blobs it lists. Channels without a ledger here are left out.
  Result<std::vector<LedgerReceiptNews>> confirm_by_receipt(const Receipt& receipt);

 private:
  std::string path_of(const std::string& channel) const;
  template <class Change>
  Status change(const std::string& channel, const Change& change);

  FileSystem& fs_;
  std::string folder_;
};

// What the channel's far side holds: each name as the newest confirmed bundle left it. With `assume_sent`,
// bundles that are sent or approved count too. `built_on` then says which.
struct ChannelHeld {
  HeldState held;
  std::vector<uint64_t> built_on;  // sorted
};
ChannelHeld held_by_channel(const ChannelLedger& ledger, bool assume_sent);

}  // namespace pannier
