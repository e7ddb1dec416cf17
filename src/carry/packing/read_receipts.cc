// Reads receipt files and looks their signatures up in the root.
#include "carry/packing/read_receipts.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"

namespace pannier {
namespace {

bool is_receiver(const RootKey& key) {
  return std::binary_search(key.roles.begin(), key.roles.end(), std::string("receiver"));
}

Result<std::vector<std::string>> signers_of(const DsseEnvelope& envelope, const TrustRoots& roots,
                                            const std::string& path) {
  std::vector<std::string> signers;
  if (roots.current() == nullptr) return signers;
  const std::string message = dsse_signed_bytes(envelope.payload_type, envelope.payload);
  for (const DsseSignature& signature : envelope.signatures) {
    for (const RootKey& known : roots.current()->keys) {
      if (key_id(known.key) != signature.key_id) continue;
      if (!verify_p256(known.key, as_bytes(message), signature.signature)) {
        return Error{ErrorKind::kUntrusted,
                     fmt::format("{}: the signature by {} does not verify", path, known.name),
                     "the receipt was changed or damaged; have it written and carried again"};
      }
      if (is_receiver(known)) signers.push_back(known.name);
    }
  }
  return signers;
}

}  // namespace

Result<std::vector<ReadReceipt>> read_receipts(FileSystem& fs, const std::vector<std::string>& paths,
                                               const TrustRoots& roots) {
  if (paths.size() > limits::kReceiptsPerBundleMax) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} receipts are given, a bundle can be made against {}", paths.size(),
                             limits::kReceiptsPerBundleMax),
                 "pack several bundles"};
  }
  std::vector<ReadReceipt> receipts;
  for (const std::string& path : paths) {
    PANNIER_ASSIGN(const std::string contents, read_small_file(fs, path, limits::kReceiptBytesMax));
    ReadReceipt receipt{path, {}, {}};
    PANNIER_ASSIGN(receipt.signed_receipt, parse_receipt(contents, path));
    for (const ReadReceipt& other : receipts) {
      if (other.signed_receipt.payload_digest != receipt.signed_receipt.payload_digest) continue;
      return Error{ErrorKind::kInvalid, fmt::format("{} and {} are the same receipt", other.path, path), ""};
    }
    PANNIER_ASSIGN(receipt.signers, signers_of(receipt.signed_receipt.envelope, roots, path));
    receipts.push_back(std::move(receipt));
  }
  return receipts;
}

}  // namespace pannier
