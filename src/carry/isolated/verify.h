// verify: is this bundle whole, and what is in it?
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/transport/bundle_reader.h"
#include "carry/transport/transfer.h"
#include "format/bundle_index.h"

namespace pannier {

// Whether somebody we trust vouches for a bundle. The only answer until bundles can be signed.
enum class TrustState { kUnsigned };
const char* trust_state_name(TrustState state);  // "unsigned"

struct VerifyResult {
  TrustState trust = TrustState::kUnsigned;
  Digest payload_digest;
  uint64_t bundle_bytes = 0;
  uint64_t block_count = 0;
  std::vector<BundleModel> models;
};

// What the head says, without reading the data: what `inspect` shows, and what verify returns when all
// of it held.
VerifyResult describe_bundle(const BundleReader& reader);

// Reads the whole bundle once: every block, every blob, manifests against index, payload digest.
// Errors as BundleReader's; they name the block, its byte range and the model files in it. Trust is
// reported, not demanded: an unsigned bundle verifies.
Result<VerifyResult> verify_bundle(FileSystem& fs, const std::string& path, const Transfer& transfer = {});

}  // namespace pannier
