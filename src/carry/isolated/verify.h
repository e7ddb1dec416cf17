// verify: is this bundle whole, and what is in it?
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/isolated/contents_check.h"
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
  std::map<std::string, ArtifactFacts> facts;  // of the models, by name
};

// What the head says, without reading the data: no facts, and nothing is verified.
VerifyResult describe_bundle(const BundleReader& reader);

// What `inspect` shows: the head, and the manifests, which come first in the data. Where these are damaged
// the head is told all the same, with the error.
struct BundleInspection {
  VerifyResult bundle;
  std::optional<Error> manifests_error;
};
// Errors of the head as BundleReader::open.
Result<BundleInspection> inspect_bundle(FileSystem& fs, const std::string& path);

// Reads the whole bundle once: every block, every blob, manifests against index, payload digest.
// Errors as BundleReader's; they name the block, its byte range and the model files in it. Trust is
// reported, not demanded: an unsigned bundle verifies.
Result<VerifyResult> verify_bundle(FileSystem& fs, const std::string& path, const Transfer& transfer = {});

}  // namespace pannier
