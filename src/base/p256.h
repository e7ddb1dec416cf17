// Signatures: ECDSA over the NIST curve P-256 with SHA-256, the one algorithm that OpenSSF Model Signing, a
// bundle's statement, roots, receipts and approvals share. The only unit that knows the library behind it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace pannier {

// r ‖ s, each 32 bytes, big-endian (IEEE P1363): always as long, so what holds it can be laid out before.
using P256Signature = std::array<uint8_t, 64>;

// A point of the curve: x ‖ y, each 32 bytes, big-endian. Made by the functions below, it is on the curve.
struct P256PublicKey {
  std::array<uint8_t, 64> point{};

  friend auto operator<=>(const P256PublicKey&, const P256PublicKey&) = default;
};

// SubjectPublicKeyInfo, DER (RFC 5480): 91 bytes. The key id is its SHA-256.
Bytes write_spki(const P256PublicKey& key);
// Exactly what write_spki writes, of a point on the curve; kCorrupt, kUnsupported (another algorithm or
// curve).
Result<P256PublicKey> parse_spki(ByteSpan der, std::string_view what);
Digest key_id(const P256PublicKey& key);

// A secret number. Wiped from memory at the end; moved, never copied.
class P256PrivateKey {
 public:
  // From the system's random source (getrandom). kIo.
  static Result<P256PrivateKey> generate();
  // 32 bytes, big-endian. kCorrupt unless 1 <= number < order of the curve.
  static Result<P256PrivateKey> from_bytes(ByteSpan secret, std::string_view what);

  P256PrivateKey(P256PrivateKey&& other) noexcept;
  P256PrivateKey& operator=(P256PrivateKey&& other) noexcept;
  P256PrivateKey(const P256PrivateKey&) = delete;
  P256PrivateKey& operator=(const P256PrivateKey&) = delete;
  ~P256PrivateKey();

  const P256PublicKey& public_key() const { return public_key_; }
  ByteSpan secret() const { return secret_; }
  // Of SHA-256(message), with the nonce of RFC 6979: the same message gives the same signature.
  P256Signature sign(ByteSpan message) const;

 private:
  P256PrivateKey() = default;
  std::array<uint8_t, 32> secret_{};
  P256PublicKey public_key_;
};

bool verify_p256(const P256PublicKey& key, ByteSpan message, const P256Signature& signature);

// The same signature as ASN.1 DER, as Sigstore bundles and `openssl dgst` have it. Strict: kCorrupt.
Bytes signature_to_der(const P256Signature& signature);
Result<P256Signature> signature_from_der(ByteSpan der, std::string_view what);

}  // namespace pannier
