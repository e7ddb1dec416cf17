// Writes DSSE envelopes in the one canonical way, and accepts nothing else.
#include "format/dsse.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/base64.h"
#include "format/bundle_canonical.h"

namespace pannier {
namespace {

Error corrupt(std::string_view what, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, detail),
          "it was damaged or changed on its way; fetch it again from where it was made"};
}

Result<DsseSignature> parse_signature(JsonValue value, std::string_view what) {
  if (!value.is_object()) return corrupt(what, "a signature is not a JSON object");
  PANNIER_TRY(check_bundle_members(value, {"keyid", "sig"}, what));
  const JsonReader reader(value, what);
  DsseSignature signature;
  PANNIER_ASSIGN(const std::string id, reader.string("keyid"));
  auto digest = digest_from_hex(id);
  if (!digest.ok()) return corrupt(what, fmt::format("\"keyid\": {}", digest.error().message));
  signature.key_id = *digest;
  PANNIER_ASSIGN(const std::string text, reader.string("sig"));
  const auto bytes = base64_decode(text);
  if (!bytes.ok()) return corrupt(what, fmt::format("\"sig\": {}", bytes.error().message));
  if (bytes->size() != signature.signature.size()) {
    return corrupt(
        what, fmt::format("a signature has {} bytes, not {}", signature.signature.size(), bytes->size()));
  }
  std::copy(bytes->begin(), bytes->end(), signature.signature.begin());
  return signature;
}

}  // namespace

std::string dsse_signed_bytes(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

void sign_envelope(DsseEnvelope& envelope, const P256PrivateKey& key) {
  const DsseSignature signature = {
      key_id(key.public_key()),
      key.sign(as_bytes(dsse_signed_bytes(envelope.payload_type, envelope.payload)))};
  const auto place = std::lower_bound(
      envelope.signatures.begin(), envelope.signatures.end(), signature,
      [](const DsseSignature& left, const DsseSignature& right) { return left.key_id < right.key_id; });
  if (place != envelope.signatures.end() && place->key_id == signature.key_id) {
    *place = signature;
  } else {
    envelope.signatures.insert(place, signature);
  }
}

std::string write_dsse(const DsseEnvelope& envelope) {
  JsonWriter json;
  json.begin_object();
  json.member("payload", base64_encode(envelope.payload));
  json.member("payloadType", envelope.payload_type);
  json.key("signatures").begin_array();
  for (const DsseSignature& signature : envelope.signatures) {
    json.begin_object();
    json.member("keyid", signature.key_id.hex());
    json.member("sig", base64_encode(as_text(signature.signature)));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

Result<DsseEnvelope> parse_dsse(std::string_view json, std::string_view payload_type, uint64_t bytes_max,
                                std::string_view what) {
  if (json.size() > bytes_max) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} bytes, at most {} are allowed", what, json.size(), bytes_max), ""};
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  if (!document.root().is_object()) return corrupt(what, "not a JSON object");
  PANNIER_TRY(check_bundle_members(document.root(), {"payload", "payloadType", "signatures"}, what));
  const JsonReader reader(document.root(), what);
  DsseEnvelope envelope;
  PANNIER_ASSIGN(envelope.payload_type, reader.string("payloadType"));
  if (envelope.payload_type != payload_type) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: payload type \"{}\", not \"{}\"", what,
                             for_display(envelope.payload_type.substr(0, 100)), payload_type),
                 "it is a file of another kind, or made by a newer version of pannier"};
  }
  PANNIER_ASSIGN(const std::string payload, reader.string("payload"));
  auto decoded = base64_decode(payload);
  if (!decoded.ok()) return corrupt(what, fmt::format("\"payload\": {}", decoded.error().message));
  envelope.payload = std::move(decoded).value();
  PANNIER_ASSIGN(const JsonValue signatures, reader.array("signatures"));
  if (signatures.size() > limits::kSignaturesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} signatures, at most {} are allowed", what, signatures.size(),
                             limits::kSignaturesMax),
                 ""};
  }
  for (const JsonValue element : signatures.elements()) {
    PANNIER_ASSIGN(const DsseSignature signature, parse_signature(element, what));
    if (!envelope.signatures.empty() && signature.key_id <= envelope.signatures.back().key_id) {
      return corrupt(what, "signatures are not sorted by key, or a key signed twice");
    }
    envelope.signatures.push_back(signature);
  }
  PANNIER_TRY(check_bundle_canonical(write_dsse(envelope), json, what));
  return envelope;
}

}  // namespace pannier
