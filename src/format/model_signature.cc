#include "format/model_signature.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/base64.h"
#include "format/dsse.h"
#include "format/key_file.h"
#include "format/model_statement.h"

namespace pannier {
namespace {

constexpr std::string_view kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";

Error corrupt(std::string_view what, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, detail),
          "the signature was damaged; fetch it again"};
}

Error unsupported(std::string_view what, std::string_view detail) {
  return {ErrorKind::kUnsupported, fmt::format("{}: {}", what, detail),
          "sign the model with a key of P-256, as `model_signing sign key` does"};
}

Result<std::string> decoded(const JsonReader& reader, std::string_view key, std::string_view what) {
  PANNIER_ASSIGN(const std::string text, reader.string(key));
  auto bytes = base64_decode(text);
  if (!bytes.ok()) return corrupt(what, fmt::format("\"{}\": {}", key, bytes.error().message));
  return bytes;
}

// "publicKey" alone is what keys leave; certificates and transparency logs are another kind of trust.
Result<std::string> parse_hint(JsonValue material, std::string_view what) {
  for (const char* name : {"certificate", "x509CertificateChain"}) {
    if (material[name])
      return unsupported(what, fmt::format("signed with a certificate (\"{}\"), not a key", name));
  }
  const JsonValue key = material["publicKey"];
  if (!key.is_object()) return corrupt(what, "\"publicKey\" is missing");
  const JsonValue hint = key["hint"];
  if (!hint || hint.is_null()) return std::string();
  const auto text = hint.as_string();
  if (!text) return corrupt(what, "\"hint\" is not a string");
  return std::string(*text);
}

Error no_such_key(const ModelSignature& signature, std::string_view what) {
  return {ErrorKind::kUntrusted,
          fmt::format("{}: made by another key than those that are trusted (key hint {})", what,
                      for_message(signature.key_hint)),
          "`pannier keys show` shows which keys there are"};
}

// The key that made the signature. The hint only says which to try; what counts is the mathematics.
Result<P256PublicKey> signing_key(const ModelSignature& signature, std::span<const P256PublicKey> keys,
                                  std::string_view what) {
  std::vector<P256PublicKey> candidates(keys.begin(), keys.end());
  if (!signature.key_hint.empty()) {
    std::erase_if(candidates,
                  [&](const P256PublicKey& key) { return model_key_hint(key) != signature.key_hint; });
  }
  if (candidates.empty()) return no_such_key(signature, what);
  PANNIER_ASSIGN(const P256Signature numbers, signature_from_der(as_bytes(signature.signature_der), what));
  const std::string signed_bytes = dsse_signed_bytes(kPayloadType, signature.payload);
  for (const P256PublicKey& key : candidates) {
    if (verify_p256(key, as_bytes(signed_bytes), numbers)) return key;
  }
  return Error{ErrorKind::kUntrusted, fmt::format("{}: the signature does not fit its contents", what),
               "it was changed after it was made, or made by another key; fetch it again"};
}

}  // namespace

std::string model_key_hint(const P256PublicKey& key) { return sha256(write_public_key_file(key)).hex(); }

Result<std::string> sign_model(std::string_view name, std::span<const ModelFile> files,
                               const P256PrivateKey& key) {
  PANNIER_ASSIGN(const std::string payload, write_model_statement(name, files));
  const P256Signature signature = key.sign(as_bytes(dsse_signed_bytes(kPayloadType, payload)));
  JsonWriter json;
  json.begin_object().member("mediaType", kBundleType);
  json.key("verificationMaterial").begin_object();
  json.key("publicKey").begin_object().member("hint", model_key_hint(key.public_key())).end_object();
  json.key("tlogEntries").begin_array().end_array().end_object();
  json.key("dsseEnvelope").begin_object();
  json.member("payload", base64_encode(payload)).member("payloadType", kPayloadType);
  json.key("signatures").begin_array().begin_object();
  json.member("sig", base64_encode(as_text(signature_to_der(signature)))).member("keyid", "");
  json.end_object().end_array().end_object().end_object();
  return json.take();
}

Result<ModelSignature> parse_model_signature(std::string_view json, std::string_view what) {
  if (json.size() > limits::kModelSignatureBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} bytes, at most {} are allowed", what, json.size(),
                             limits::kModelSignatureBytesMax),
                 ""};
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt(what, "not a JSON object");
  const JsonReader reader(root, what);
  PANNIER_ASSIGN(const std::string media_type, reader.string("mediaType"));
  if (media_type != kBundleType) {
    return unsupported(
        what, fmt::format("a file of type \"{}\", not \"{}\"", for_message(media_type), kBundleType));
  }
  PANNIER_ASSIGN(const JsonValue material, reader.object("verificationMaterial"));
  ModelSignature signature;
  PANNIER_ASSIGN(signature.key_hint, parse_hint(material, what));
  if (root["messageSignature"]) return unsupported(what, "a signature of one message, not of a statement");
  PANNIER_ASSIGN(const JsonValue envelope, reader.object("dsseEnvelope"));
  const JsonReader envelope_reader(envelope, what);
  PANNIER_ASSIGN(const std::string type, envelope_reader.string("payloadType"));
  if (type != kPayloadType) {
    return unsupported(
        what, fmt::format("signed contents of type \"{}\", not \"{}\"", for_message(type), kPayloadType));
  }
  PANNIER_ASSIGN(signature.payload, decoded(envelope_reader, "payload", what));
  PANNIER_ASSIGN(const JsonValue signatures, envelope_reader.array("signatures"));
  if (signatures.size() != 1) {
    return unsupported(what,
                       fmt::format("{} signatures in one file, where there must be one", signatures.size()));
  }
  const JsonValue only = *signatures.elements().begin();
  if (!only.is_object()) return corrupt(what, "a signature is not a JSON object");
  PANNIER_ASSIGN(signature.signature_der, decoded(JsonReader(only, what), "sig", what));
  return signature;
}

Result<VerifiedModel> verify_model_signature(std::string_view json, std::span<const ModelFile> files,
                                             std::span<const P256PublicKey> keys, std::string_view what) {
  PANNIER_ASSIGN(const ModelSignature signature, parse_model_signature(json, what));
  VerifiedModel verified;
  PANNIER_ASSIGN(verified.key, signing_key(signature, keys, what));
  // Only what a key vouches for is parsed further.
  PANNIER_ASSIGN(ModelStatement statement, parse_model_statement(signature.payload, what));
  PANNIER_TRY(compare_with_statement(statement, files, what, verified.unsigned_paths));
  verified.name = std::move(statement.name);
  verified.files = statement.files.size();
  return verified;
}

}  // namespace pannier
