// What a pack may leave out, as receipts or the ledger say; and writing down in the ledger what was packed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/environment.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/packing/delta_plan.h"
#include "carry/packing/pack_bundle.h"
#include "carry/store/store.h"

namespace pannier {

struct DeltaRequest {
  std::vector<std::string> receipts;  // files: what all of them list is left out
  std::string ledger_channel;         // or what the ledger says was confirmed on this channel
  bool assume_sent = false;           // and what was sent there
};

struct DeltaSource {
  PlanMaker plan = {};                 // empty: nothing is left out
  std::vector<Digest> receipts;        // for the bundle's statement
  std::string ledger_channel;          // whose numbers follow
  std::vector<uint64_t> built_on;      // of the ledger
  std::vector<std::string> notes;      // for people: who vouches for a receipt, what it confirmed
  std::shared_ptr<DeltaPlan> planned;  // filled when `plan` is called
};

// Reads what is asked for; nothing is asked for: nothing is left out. Receipts also confirm in the ledger
// what they show to be installed. `store` is where bases lie, and whose roots judge receipts; null: neither.
// Both must outlive the result. kInvalid (receipts and a ledger at once), kNotFound (nothing is confirmed
// there), and as read_receipts and Ledger.
Result<DeltaSource> open_delta(FileSystem& fs, const Environment& environment, const Store* store,
                               const DeltaRequest& request);

// After success of a pack: what the whole delta did, one sentence each; empty without one.
std::vector<std::string> delta_remarks(const DeltaSource& delta);

// Writes the bundle into the ledger of its channel; nothing without one. REQUIRES: the number is reserved.
Status record_packed(FileSystem& fs, const Environment& environment, const BundleClaim& claim,
                     const PackedBundle& bundle, const DeltaSource& delta);

}  // namespace pannier
