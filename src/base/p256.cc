// The curve's arithmetic is mbedcrypto's: OpenSSL's EVP layer would link sockets and name resolution into an
// executable that must not have them (docs/decisions/0009-mbedcrypto-for-signatures.md). Only calls that the
// library's releases 2.28 and 3.6 both have.
#include "base/p256.h"

#include <fmt/core.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/der.h"
#include "base/secret.h"

namespace pannier {
namespace {

// SubjectPublicKeyInfo up to x: SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING 00 04 …
constexpr std::array<uint8_t, 27> kSpkiHead = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                               0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                               0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr size_t kCoordinateBytes = 32;

// The library blinds secret numbers with these while it computes.
int random_bytes(void* /*state*/, unsigned char* out, size_t count) {
  return fill_random({out, count}).ok() ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

// The three objects of the library, freed (and wiped, as the library does) at the end.
struct Curve {
  Curve() { mbedtls_ecp_group_init(&group); }
  ~Curve() { mbedtls_ecp_group_free(&group); }
  Curve(const Curve&) = delete;
  Curve& operator=(const Curve&) = delete;
  bool load() { return mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0; }
  mbedtls_ecp_group group;
};
struct Number {
  Number() { mbedtls_mpi_init(&value); }
  ~Number() { mbedtls_mpi_free(&value); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  bool read(ByteSpan bytes) { return mbedtls_mpi_read_binary(&value, bytes.data(), bytes.size()) == 0; }
  bool write(MutableByteSpan out) const {
    return mbedtls_mpi_write_binary(&value, out.data(), out.size()) == 0;
  }
  mbedtls_mpi value;
};
struct Point {
  Point() { mbedtls_ecp_point_init(&value); }
  ~Point() { mbedtls_ecp_point_free(&value); }
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;
  // False unless it is a point of the curve.
  bool read(Curve& curve, const P256PublicKey& key) {
    std::array<uint8_t, 1 + 2 * kCoordinateBytes> uncompressed{4};
    std::copy(key.point.begin(), key.point.end(), uncompressed.begin() + 1);
    return mbedtls_ecp_point_read_binary(&curve.group, &value, uncompressed.data(), uncompressed.size()) ==
               0 &&
           mbedtls_ecp_check_pubkey(&curve.group, &value) == 0;
  }
  bool write(Curve& curve, P256PublicKey& out) const {
    std::array<uint8_t, 1 + 2 * kCoordinateBytes> uncompressed{};
    size_t written = 0;
    if (mbedtls_ecp_point_write_binary(&curve.group, &value, MBEDTLS_ECP_PF_UNCOMPRESSED, &written,
                                       uncompressed.data(), uncompressed.size()) != 0 ||
        written != uncompressed.size()) {
      return false;
    }
    std::copy(uncompressed.begin() + 1, uncompressed.end(), out.point.begin());
    return true;
  }
  mbedtls_ecp_point value;
};

// What is left when keys and messages are in order: no memory, no random bytes. Nothing can be signed then,
// and nobody could act on it.
void require(bool done) {
  if (!done) std::abort();
}

Error corrupt(std::string_view what, std::string_view reason) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, reason), ""};
}

// Of bytes that do not begin as ours do: kUnsupported where they are a public key of another kind.
Error other_spki(ByteSpan der, std::string_view what) {
  DerReader reader(der, what);
  auto outer = reader.enter(kDerSequence, "public key");
  if (!outer.ok()) return outer.error();
  if (const Status end = reader.end("public key"); !end.ok()) return end.error();
  const auto algorithm = outer->read(kDerSequence, "algorithm");
  if (!algorithm.ok()) return algorithm.error();
  const auto key = outer->read(kDerBitString, "key");
  if (!key.ok()) return key.error();
  const ByteSpan ours = ByteSpan(kSpkiHead).subspan(4, 19);
  if (std::equal(algorithm->begin(), algorithm->end(), ours.begin(), ours.end()) &&
      !(key->size() == 1 + 1 + kCoordinateBytes && ((*key)[1] | 1) == 3)) {
    return corrupt(what, "not a point of the curve P-256 in its uncompressed form");
  }
  return {ErrorKind::kUnsupported, fmt::format("{}: not an uncompressed key of the curve P-256", what),
          "make one with `pannier keys generate`, or with "
          "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`"};
}

}  // namespace

Bytes write_spki(const P256PublicKey& key) {
  Bytes der(kSpkiHead.begin(), kSpkiHead.end());
  der.insert(der.end(), key.point.begin(), key.point.end());
  return der;
}

Result<P256PublicKey> parse_spki(ByteSpan der, std::string_view what) {
  if (der.size() != kSpkiHead.size() + 2 * kCoordinateBytes ||
      !std::equal(kSpkiHead.begin(), kSpkiHead.end(), der.begin())) {
    return other_spki(der, what);
  }
  P256PublicKey key;
  std::copy(der.begin() + kSpkiHead.size(), der.end(), key.point.begin());
  Curve curve;
  Point point;
  require(curve.load());
  if (!point.read(curve, key)) return corrupt(what, "the key is not a point of the curve P-256");
  return key;
}

Digest key_id(const P256PublicKey& key) { return sha256(ByteSpan(write_spki(key))); }

Result<P256PrivateKey> P256PrivateKey::generate() {
  std::array<uint8_t, kCoordinateBytes> secret;
  // One in 2^32 draws lies beyond the order of the curve; 8 in a row do not happen.
  for (int draw = 0; draw < 8; ++draw) {
    PANNIER_TRY(fill_random(secret));
    auto key = from_bytes(secret, "a new key");
    wipe(MutableByteSpan(secret));
    if (key.ok()) return key;
  }
  return Error{ErrorKind::kIo, "the kernel's random bytes are not random", ""};
}

Result<P256PrivateKey> P256PrivateKey::from_bytes(ByteSpan secret, std::string_view what) {
  if (secret.size() != kCoordinateBytes) {
    return corrupt(what, fmt::format("a secret number of P-256 has 32 bytes, not {}", secret.size()));
  }
  Curve curve;
  Number number;
  require(curve.load() && number.read(secret));
  if (mbedtls_ecp_check_privkey(&curve.group, &number.value) != 0) {
    return corrupt(what, "the secret number is not between 1 and the order of the curve P-256");
  }
  P256PrivateKey key;
  Point point;
  require(mbedtls_ecp_mul(&curve.group, &point.value, &number.value, &curve.group.G, &random_bytes,
                          nullptr) == 0);
  require(point.write(curve, key.public_key_));
  std::copy(secret.begin(), secret.end(), key.secret_.begin());
  return key;
}

P256PrivateKey::P256PrivateKey(P256PrivateKey&& other) noexcept
    : secret_(other.secret_), public_key_(other.public_key_) {
  wipe(MutableByteSpan(other.secret_));
}

P256PrivateKey& P256PrivateKey::operator=(P256PrivateKey&& other) noexcept {
  if (this != &other) {
    secret_ = other.secret_;
    public_key_ = other.public_key_;
    wipe(MutableByteSpan(other.secret_));
  }
  return *this;
}

P256PrivateKey::~P256PrivateKey() { wipe(MutableByteSpan(secret_)); }

P256Signature P256PrivateKey::sign(ByteSpan message) const {
  const Digest digest = sha256(message);
  Curve curve;
  Number secret;
  Number r;
  Number s;
  require(curve.load() && secret.read(secret_));
  require(mbedtls_ecdsa_sign_det_ext(&curve.group, &r.value, &s.value, &secret.value, digest.bytes.data(),
                                     digest.bytes.size(), MBEDTLS_MD_SHA256, &random_bytes, nullptr) == 0);
  P256Signature signature;
  const MutableByteSpan out(signature);
  require(r.write(out.first(kCoordinateBytes)) && s.write(out.last(kCoordinateBytes)));
  return signature;
}

bool verify_p256(const P256PublicKey& key, ByteSpan message, const P256Signature& signature) {
  const Digest digest = sha256(message);
  Curve curve;
  Point point;
  Number r;
  Number s;
  const ByteSpan halves(signature);
  // The library refuses r and s outside [1, order).
  return curve.load() && point.read(curve, key) && r.read(halves.first(kCoordinateBytes)) &&
         s.read(halves.last(kCoordinateBytes)) &&
         mbedtls_ecdsa_verify(&curve.group, digest.bytes.data(), digest.bytes.size(), &point.value, &r.value,
                              &s.value) == 0;
}

Bytes signature_to_der(const P256Signature& signature) {
  const ByteSpan halves(signature);
  const Bytes r = der_unsigned(halves.first(kCoordinateBytes));
  const Bytes s = der_unsigned(halves.last(kCoordinateBytes));
  return der_element(kDerSequence, {r, s});
}

Result<P256Signature> signature_from_der(ByteSpan der, std::string_view what) {
  DerReader reader(der, what);
  PANNIER_ASSIGN(DerReader numbers, reader.enter(kDerSequence, "signature"));
  PANNIER_TRY(reader.end("signature"));
  P256Signature signature{};
  for (size_t end = kCoordinateBytes; end <= signature.size(); end += kCoordinateBytes) {
    PANNIER_ASSIGN(const ByteSpan number, numbers.unsigned_integer(end == kCoordinateBytes ? "r" : "s"));
    if (number.size() > kCoordinateBytes) return corrupt(what, "a number of the signature is above 256 bits");
    std::copy(number.begin(), number.end(), signature.begin() + (end - number.size()));
  }
  PANNIER_TRY(numbers.end("signature"));
  return signature;
}

}  // namespace pannier
