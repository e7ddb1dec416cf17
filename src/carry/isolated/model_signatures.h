// Model signatures: which keys of the root signed a model's own files (OpenSSF Model Signing), whatever
// bundle brings them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/bundle_index.h"
#include "format/trust_root.h"

namespace pannier {

// One signature of one model, as the root sees it.
struct SignedModel {
  std::string model;
  Digest digest;            // of the signature's own bytes
  std::string signer = {};  // name of the key in the root that made it; empty: of no key that is known here
  bool revoked = false;     // that key is revoked
};

// Checks each model's signatures, whose contents are given by digest, against the keys of `root` (null: none
// is trusted here). A signature of a key that the root knows, but of other files or forged, is kUntrusted;
// kCorrupt for what is no signature.
Result<std::vector<SignedModel>> check_model_signatures(const std::vector<BundleModel>& models,
                                                        const std::map<Digest, std::string>& contents,
                                                        const TrustRoot* root, const std::string& what);

}  // namespace pannier
