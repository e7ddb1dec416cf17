#include "carry/isolated/model_signatures.h"

#include <fmt/core.h>

#include "format/model_signature.h"

namespace pannier {
namespace {

struct KnownKey {
  P256PublicKey key;
  std::string name;
  bool revoked = false;
};

std::vector<KnownKey> keys_of(const TrustRoot* root) {
  std::vector<KnownKey> keys;
  if (root == nullptr) return keys;
  for (const RootKey& key : root->keys) keys.push_back({key.key, key.name, false});
  for (const RevokedKey& key : root->revoked) keys.push_back({key.key.key, key.key.name, true});
  return keys;
}

// The keys that may have made it: the one that its hint names, or, as it has none, all.
std::vector<KnownKey> candidates(const std::vector<KnownKey>& keys, const std::string& hint) {
  if (hint.empty()) return keys;
  std::vector<KnownKey> found;
  for (const KnownKey& key : keys) {
    if (model_key_hint(key.key) == hint) found.push_back(key);
  }
  return found;
}

// Names the signer in `signature`, where it is one that is known.
Status judge(const BundleModel& model, const std::string& json, const std::vector<KnownKey>& keys,
             const std::string& what, SignedModel& signature) {
  const auto parsed = parse_model_signature(json, what);
  if (!parsed.ok()) {
    // Made with certificates, or by a later release: of no key that we could know.
    if (parsed.error().kind == ErrorKind::kUnsupported) return {};
    return parsed.error();
  }
  for (const KnownKey& key : candidates(keys, parsed->key_hint)) {
    const auto verified = verify_model_signature(json, model.files, {&key.key, 1}, what);
    if (verified.ok()) {
      signature.signer = key.name;
      signature.revoked = key.revoked;
      return {};
    }
    if (parsed->key_hint.empty() && verified.error().kind == ErrorKind::kUntrusted)
      continue;  // another key's
    if (verified.error().kind == ErrorKind::kUnsupported) return {};
    return Error{ErrorKind::kUntrusted,
                 fmt::format("the model signature of {} by {} does not hold: {}", model.name, key.name,
                             verified.error().message),
                 "it was damaged or forged; get the bundle again from whoever packed it"};
  }
  return {};
}

}  // namespace

Result<std::vector<SignedModel>> check_model_signatures(const std::vector<BundleModel>& models,
                                                        const std::map<Digest, std::string>& contents,
                                                        const TrustRoot* root, const std::string& what) {
  const std::vector<KnownKey> keys = keys_of(root);
  std::vector<SignedModel> signatures;
  for (const BundleModel& model : models) {
    for (const BlobInfo& blob : model.signatures) {
      SignedModel signature{model.name, blob.digest};
      const auto json = contents.find(blob.digest);
      if (json != contents.end()) {
        PANNIER_TRY(judge(model, json->second, keys, fmt::format("{}: the signature of {}", what, model.name),
                          signature));
      }
      signatures.push_back(std::move(signature));
    }
  }
  return signatures;
}

}  // namespace pannier
