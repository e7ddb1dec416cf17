// Intersects receipts.
#include "carry/packing/held_state.h"

#include <algorithm>
#include <iterator>

namespace pannier {

bool HeldState::holds(const Digest& digest, uint64_t bytes) const {
  return std::binary_search(blobs.begin(), blobs.end(), BlobInfo{digest, bytes});
}

HeldState held_by_all(std::span<const SignedReceipt> receipts) {
  HeldState held;
  bool is_first = true;
  for (const SignedReceipt& signed_receipt : receipts) {
    const Receipt& receipt = signed_receipt.receipt;
    held.receipts.push_back(signed_receipt.payload_digest);
    held.references.insert(held.references.end(), receipt.references.begin(), receipt.references.end());
    if (is_first) {
      held.blobs = receipt.blobs;
    } else {
      std::vector<BlobInfo> both;
      std::set_intersection(held.blobs.begin(), held.blobs.end(), receipt.blobs.begin(), receipt.blobs.end(),
                            std::back_inserter(both));
      held.blobs = std::move(both);
    }
    is_first = false;
  }
  std::sort(held.receipts.begin(), held.receipts.end());
  held.receipts.erase(std::unique(held.receipts.begin(), held.receipts.end()), held.receipts.end());
  return held;
}

}  // namespace pannier
