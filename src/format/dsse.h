// DSSE envelopes: a payload, its type, and signatures over both.
// Source: secure-systems-lab/dsse v1.0.0 (envelope.md, protocol.md). Page: docs/formats/trust.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/p256.h"
#include "base/result.h"

namespace pannier {

struct DsseSignature {
  Digest key_id;
  P256Signature signature{};

  friend bool operator==(const DsseSignature&, const DsseSignature&) = default;
};

struct DsseEnvelope {
  std::string payload_type;
  std::string payload;
  std::vector<DsseSignature> signatures;  // sorted by key id, none twice, at most limits::kSignaturesMax
};

// What is signed: "DSSEv1 LEN(type) type LEN(payload) payload".
std::string dsse_signed_bytes(std::string_view payload_type, std::string_view payload);

// Adds (or replaces) this key's signature, keeping the order.
void sign_envelope(DsseEnvelope& envelope, const P256PrivateKey& key);

// Canonical; its length depends on the payload's length and the number of signatures alone.
std::string write_dsse(const DsseEnvelope& envelope);

// Accepts exactly what write_dsse writes, else kCorrupt; kUnsupported for another payload type or members;
// kLimit above `bytes_max`. `what` names the file in messages. No signature is checked.
Result<DsseEnvelope> parse_dsse(std::string_view json, std::string_view payload_type, uint64_t bytes_max,
                                std::string_view what);

}  // namespace pannier
