// HeldState: what the far side is known to hold, whether its receipts or our ledger says so.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "format/bundle_parts.h"
#include "format/receipt.h"

namespace pannier {

struct HeldState {
  std::vector<BlobInfo> blobs;  // sorted, none twice
  // Where to look for bases, no more; several may have one name.
  std::vector<ReceiptReference> references;
  std::vector<Digest> receipts = {};  // payloads, sorted, none twice; none where the ledger says it

  bool holds(const Digest& digest, uint64_t bytes) const;
};

// What every one of them lists: a bundle for several far sides may leave out no more. Receipts that list one
// blob with two sizes cancel each other.
HeldState held_by_all(std::span<const SignedReceipt> receipts);

}  // namespace pannier
