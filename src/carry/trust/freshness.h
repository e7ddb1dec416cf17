// check_freshness: whether a bundle is newer than what a store has, without a clock: by the sequence numbers
// of its channel and the receipts it was made against. Page: docs/formats/trust.md, section 6.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/bundle_statement.h"
#include "format/oci.h"
#include "format/trust_root.h"

namespace pannier {

// Payload digests of the receipts that this store issued and still knows.
struct ReceiptsHere {
  std::vector<Digest> issued;
};

struct FreshnessOptions {
  bool allow_older = false;  // --allow-older
  std::vector<std::string>
      channels;  // --channel NAME: taken from now on, beside those that the store has seen
  // Whether judge_bundle found it trusted. What nobody vouches for never moves a channel: its claims are only
  // held against it.
  bool is_trusted = false;
  // The root in force; what keys signed that it revokes is no measure for what comes. Null: none.
  const TrustRoot* root = nullptr;
  // Statement envelopes (file bytes) by digest, as the store keeps them. Unset: none can be read.
  std::function<Result<std::string>(const Digest&)> read_statement;
};

enum class Freshness {
  kNew,           // newer than what is here, or of no channel
  kSame,          // the very bundle that came last on this channel: nothing to do
  kOlderAllowed,  // older, and --allow-older was said
};
const char* freshness_name(Freshness freshness);  // "new", "same", "older, allowed"

struct FreshnessVerdict {
  Freshness state = Freshness::kNew;
  uint64_t sequence_here = 0;  // the highest that counts on this channel; 0: none yet
  // Whether the store moves its channel to this bundle's sequence number and statement when it commits: a
  // trusted bundle that is newer. (The number may be lower than what stood there, if that was a revoked
  // key's.)
  bool moves_channel = false;
  bool is_first_of_channel = false;  // the channel was not known here; the options allow it
};

// kStale: older than what is here, of another channel than the store takes, or made against receipts that
// this store never issued; kUntrusted: the same number with other contents (two bundles say they are the
// 17th: somebody with a packer's key made a fork). Each says what to do.
Result<FreshnessVerdict> check_freshness(const BundleStatement& statement, const Digest& statement_digest,
                                         const ImageIndex& here, const ReceiptsHere& receipts,
                                         const FreshnessOptions& options);

}  // namespace pannier
