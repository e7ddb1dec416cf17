// OpenSSF Model Signing v1: a signature over the digests of a model's files, as the `model_signing` program
// and the Hub know it: a Sigstore bundle, in it a DSSE envelope, in it an in-toto statement. Page:
// docs/formats/model-signature.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/p256.h"
#include "base/result.h"
#include "format/oci.h"

namespace pannier {

// What `model_signing` calls the signature, in the folder of the model.
inline constexpr std::string_view kModelSignatureName = "model.sig";

// The signature of one key over these files: bytes of a `model.sig`. `name` is for people (the subject).
// Files that git knows (.git, .gitattributes, .github, .gitignore) and model.sig itself are left out and
// recorded as ignored, since `model_signing` never looks at them. Equal input gives equal bytes.
// REQUIRES: paths are unique. kInvalid where no file is left.
Result<std::string> sign_model(std::string_view name, std::span<const ModelFile> files,
                               const P256PrivateKey& key);

// By which key a signature says it was made: the SHA-256 of the key's PEM file, in hexadecimal.
std::string model_key_hint(const P256PublicKey& key);

// The outer layers, nothing of them checked by a key yet.
struct ModelSignature {
  std::string key_hint;  // of model_key_hint; empty: older signatures do not say
  std::string payload;   // the statement, JSON
  std::string signature_der;
};

// kCorrupt; kUnsupported (certificates, keyless signatures, other versions: by name); kLimit.
Result<ModelSignature> parse_model_signature(std::string_view json, std::string_view what);

struct VerifiedModel {
  P256PublicKey key;                        // the one of `keys` that made it
  std::string name;                         // as the signer called the model
  uint64_t files = 0;                       // how many of the files it vouches for
  std::vector<std::string> unsigned_paths;  // files that are here, and that it ignores on purpose; sorted
};

// Whether one of `keys` signed exactly these files: each that is not ignored by the signature is in it with
// its digest, and it names no other. Works from digests alone. `what` names the signature in messages.
//
// kUntrusted: none of the keys made it, or it is not a signature of its contents; kCorrupt: other files than
// those that were signed (which, by name), or malformed; kUnsupported: other hash algorithms, shards, other
// statements; kLimit.
Result<VerifiedModel> verify_model_signature(std::string_view json, std::span<const ModelFile> files,
                                             std::span<const P256PublicKey> keys, std::string_view what);

}  // namespace pannier
