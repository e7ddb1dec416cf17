// The ledger of one channel as a file: what was sent to a far side from which nothing may come back, and what
// became of it. Pure. Page: docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/bundle_parts.h"

namespace pannier {

enum class LedgerState {
  kSent,       // packed for the channel
  kApproved,   // a reviewer on the way let it pass
  kConfirmed,  // installed on the far side, as a person or a receipt says
  kDropped,    // rejected or lost: it will never be installed
};
std::string_view ledger_state_name(LedgerState state);  // "sent", "approved", "confirmed", "dropped"

// A model, data set or wheelhouse of a bundle, with every blob that it needs, whether it crossed then or
// before.
struct LedgerModel {
  std::string name;
  Digest manifest;
  std::vector<BlobInfo> blobs;  // sorted, none twice: the manifest, its configuration, files, signatures

  friend bool operator==(const LedgerModel&, const LedgerModel&) = default;
};

struct LedgerEntry {
  uint64_t sequence = 0;
  LedgerState state = LedgerState::kSent;
  std::string time;                 // of packing, UTC: "2026-11-24T16:00:00Z"
  Digest statement;                 // of the envelope at the front of the bundle
  Digest payload;                   // the payload digest that a reviewer sees
  std::vector<uint64_t> built_on;   // sequence numbers whose contents it takes to be there; sorted
  std::vector<LedgerModel> models;  // sorted by name

  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

struct ChannelLedger {
  std::string channel;
  uint64_t next = 1;                 // sequence number that was not given to any bundle yet
  std::vector<LedgerEntry> entries;  // ascending by sequence; gaps are packs that failed

  const LedgerEntry* find(uint64_t sequence) const;
  LedgerEntry* find(uint64_t sequence);

  friend bool operator==(const ChannelLedger&, const ChannelLedger&) = default;
};

std::string write_channel_ledger(const ChannelLedger& ledger);

// Accepts what write_channel_ledger writes, else kCorrupt; kUnsupported for another version; kLimit.
Result<ChannelLedger> parse_channel_ledger(std::string_view json, std::string_view what);

}  // namespace pannier
