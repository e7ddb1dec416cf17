#include "format/key_file.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/der.h"
#include "base/display.h"
#include "base/limits.h"
#include "format/pem.h"

namespace pannier {
namespace {

constexpr std::string_view kSealedLabel = "ENCRYPTED PRIVATE KEY";
constexpr std::string_view kPlainLabel = "PRIVATE KEY";
constexpr std::string_view kEcLabel = "EC PRIVATE KEY";
constexpr std::string_view kPublicLabel = "PUBLIC KEY";
constexpr size_t kSecretBytes = 32;
constexpr uint64_t kSaltBytesMax = 1024;

// Object identifiers, as their contents in DER.
constexpr uint8_t kEcPublicKey[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr uint8_t kPrime256v1[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr uint8_t kPbes2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D};
constexpr uint8_t kPbkdf2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0C};
constexpr uint8_t kHmacSha256[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x09};
constexpr uint8_t kAes256Cbc[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A};

// Others that people meet, for messages.
struct KnownObject {
  std::string_view id;
  const char* name;
};
constexpr KnownObject kOtherObjects[] = {
    {"1.2.840.113549.1.1.1", "RSA"},
    {"1.2.840.113549.1.1.10", "RSA-PSS"},
    {"1.2.840.10040.4.1", "DSA"},
    {"1.3.101.112", "Ed25519"},
    {"1.3.101.113", "Ed448"},
    {"1.3.132.0.34", "P-384"},
    {"1.3.132.0.35", "P-521"},
    {"1.3.132.0.10", "secp256k1"},
    {"1.3.6.1.4.1.11591.4.11", "scrypt"},
    {"1.2.840.113549.1.5.3", "PBES1 with MD5 and DES"},
    {"1.2.840.113549.1.5.10", "PBES1 with SHA-1 and DES"},
    {"1.2.840.113549.1.12.1.3", "PKCS #12 with SHA-1 and 3DES"},
    {"1.2.840.113549.2.7", "HMAC with SHA-1"},
    {"1.2.840.113549.2.11", "HMAC with SHA-512"},
    {"1.2.840.113549.3.7", "3DES"},
    {"2.16.840.1.101.3.4.1.2", "AES-128-CBC"},
    {"2.16.840.1.101.3.4.1.22", "AES-192-CBC"},
};

bool is(ByteSpan found, ByteSpan expected) {
  return std::equal(found.begin(), found.end(), expected.begin(), expected.end());
}

// "1.2.840…" of an object identifier, and its name where it has one here.
std::string object_name(ByteSpan contents) {
  std::string id;
  uint64_t value = 0;
  for (const uint8_t byte : contents.first(std::min<size_t>(contents.size(), 32))) {
    value = (value & (~0ull >> 7)) << 7 | (byte & 0x7F);
    if ((byte & 0x80) != 0) continue;
    if (id.empty()) {
      const uint64_t first = std::min<uint64_t>(value / 40, 2);
      id = fmt::format("{}.{}", first, value - 40 * first);
    } else {
      id += fmt::format(".{}", value);
    }
    value = 0;
  }
  for (const KnownObject& known : kOtherObjects) {
    if (known.id == id) return known.name;
  }
  return id;
}

Error corrupt(std::string_view what, std::string_view reason) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, reason), ""};
}

Error unsupported_key(std::string_view what, ByteSpan object) {
  return {ErrorKind::kUnsupported,
          fmt::format("{}: the key is of {}; only P-256 is supported", what, object_name(object)),
          "make one with `pannier keys generate`"};
}

Error unsupported_encryption(std::string_view what, const std::string& name) {
  return {
      ErrorKind::kUnsupported, fmt::format("{}: it is encrypted with {}", what, name),
      "write it anew with PBKDF2, HMAC-SHA-256 and AES-256: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD "
      "-out NEW`"};
}

// ECPrivateKey. The curve may be left out where what surrounds it names it.
Result<P256PrivateKey> parse_ec_private_key(ByteSpan der, bool needs_curve, std::string_view what) {
  DerReader outer(der, what);
  PANNIER_ASSIGN(DerReader key, outer.enter(kDerSequence, "EC private key"));
  PANNIER_TRY(outer.end("EC private key"));
  PANNIER_ASSIGN(const uint64_t version, key.unsigned_integer("version", 1));
  if (version != 1) return corrupt(what, "an EC private key has version 1");
  PANNIER_ASSIGN(const ByteSpan secret, key.read(kDerOctetString, "secret number"));
  if (key.next_is(kDerContext0)) {
    PANNIER_ASSIGN(DerReader parameters, key.enter(kDerContext0, "curve"));
    PANNIER_ASSIGN(const ByteSpan curve, parameters.read(kDerObjectId, "curve"));
    if (!is(curve, kPrime256v1)) return unsupported_key(what, curve);
    PANNIER_TRY(parameters.end("curve"));
  } else if (needs_curve) {
    return corrupt(what, "the curve is not named");
  }
  PANNIER_ASSIGN(P256PrivateKey parsed, P256PrivateKey::from_bytes(secret, what));
  if (key.next_is(kDerContext1)) {
    PANNIER_ASSIGN(DerReader wrapped, key.enter(kDerContext1, "public key"));
    PANNIER_ASSIGN(const ByteSpan bits, wrapped.read(kDerBitString, "public key"));
    PANNIER_TRY(wrapped.end("public key"));
    // No unused bits, uncompressed: as write_spki has it.
    if (!is(bits, ByteSpan(write_spki(parsed.public_key())).last(2 + 2 * kSecretBytes))) {
      return corrupt(what, "the public key in it does not belong to the private one");
    }
  }
  PANNIER_TRY(key.end("EC private key"));
  return parsed;
}

// PrivateKeyInfo. Attributes, which openssl never writes, are read past.
Result<P256PrivateKey> parse_private_key_info(ByteSpan der, std::string_view what) {
  DerReader outer(der, what);
  PANNIER_ASSIGN(DerReader info, outer.enter(kDerSequence, "private key"));
  PANNIER_TRY(outer.end("private key"));
  PANNIER_ASSIGN(const uint64_t version, info.unsigned_integer("version", 1));
  if (version != 0) return corrupt(what, "a private key has version 0");
  PANNIER_ASSIGN(DerReader algorithm, info.enter(kDerSequence, "algorithm"));
  PANNIER_ASSIGN(const ByteSpan kind, algorithm.read(kDerObjectId, "algorithm"));
  if (!is(kind, kEcPublicKey)) return unsupported_key(what, kind);
  PANNIER_ASSIGN(const ByteSpan curve, algorithm.read(kDerObjectId, "curve"));
  if (!is(curve, kPrime256v1)) return unsupported_key(what, curve);
  PANNIER_TRY(algorithm.end("algorithm"));
  PANNIER_ASSIGN(const ByteSpan key, info.read(kDerOctetString, "private key"));
  if (info.next_is(kDerContext0)) {
    PANNIER_TRY(info.read(kDerContext0, "attributes"));
  }
  PANNIER_TRY(info.end("private key"));
  return parse_ec_private_key(key, false, what);
}

// PBKDF2-params, behind the identifier.
Status parse_derivation(DerReader derivation, SealedKey& sealed, std::string_view what) {
  PANNIER_ASSIGN(const ByteSpan kind, derivation.read(kDerObjectId, "key derivation"));
  if (!is(kind, kPbkdf2)) return unsupported_encryption(what, object_name(kind));
  PANNIER_ASSIGN(DerReader parameters, derivation.enter(kDerSequence, "PBKDF2"));
  PANNIER_TRY(derivation.end("key derivation"));
  PANNIER_ASSIGN(const ByteSpan salt, parameters.read(kDerOctetString, "salt"));
  if (salt.size() > kSaltBytesMax) return corrupt(what, "a salt of more than 1024 bytes");
  sealed.salt.assign(salt.begin(), salt.end());
  PANNIER_ASSIGN(sealed.iterations, parameters.unsigned_integer("iterations", limits::kKeyIterationsMax));
  if (sealed.iterations < limits::kKeyIterationsMin) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} iterations of the passphrase's hash, at least {} are wanted", what,
                             sealed.iterations, limits::kKeyIterationsMin),
                 "write it anew: `openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in OLD -out NEW`"};
  }
  if (parameters.next_is(kDerInteger)) {
    PANNIER_ASSIGN(const uint64_t length, parameters.unsigned_integer("key length", 1024));
    if (length != 32) return corrupt(what, fmt::format("a key length of {}, not 32", length));
  }
  // Left out, it is HMAC with SHA-1.
  if (parameters.at_end()) return unsupported_encryption(what, "PBKDF2 and HMAC with SHA-1");
  PANNIER_ASSIGN(DerReader hash, parameters.enter(kDerSequence, "hash"));
  PANNIER_ASSIGN(const ByteSpan hash_kind, hash.read(kDerObjectId, "hash"));
  if (!is(hash_kind, kHmacSha256))
    return unsupported_encryption(what, "PBKDF2 and " + object_name(hash_kind));
  PANNIER_TRY(hash.read(kDerNull, "hash"));
  PANNIER_TRY(hash.end("hash"));
  return parameters.end("PBKDF2");
}

// EncryptedPrivateKeyInfo.
Result<SealedKey> parse_sealed(ByteSpan der, std::string_view what) {
  DerReader outer(der, what);
  PANNIER_ASSIGN(DerReader info, outer.enter(kDerSequence, "encrypted key"));
  PANNIER_TRY(outer.end("encrypted key"));
  PANNIER_ASSIGN(DerReader algorithm, info.enter(kDerSequence, "encryption"));
  PANNIER_ASSIGN(const ByteSpan kind, algorithm.read(kDerObjectId, "encryption"));
  if (!is(kind, kPbes2)) return unsupported_encryption(what, object_name(kind));
  PANNIER_ASSIGN(DerReader parameters, algorithm.enter(kDerSequence, "PBES2"));
  PANNIER_TRY(algorithm.end("encryption"));
  SealedKey sealed;
  PANNIER_ASSIGN(const DerReader derivation, parameters.enter(kDerSequence, "key derivation"));
  PANNIER_TRY(parse_derivation(derivation, sealed, what));
  PANNIER_ASSIGN(DerReader cipher, parameters.enter(kDerSequence, "cipher"));
  PANNIER_TRY(parameters.end("PBES2"));
  PANNIER_ASSIGN(const ByteSpan cipher_kind, cipher.read(kDerObjectId, "cipher"));
  if (!is(cipher_kind, kAes256Cbc)) return unsupported_encryption(what, object_name(cipher_kind));
  PANNIER_ASSIGN(const ByteSpan start, cipher.read(kDerOctetString, "start of the cipher"));
  if (start.size() != sealed.start.size()) return corrupt(what, "AES starts with 16 bytes");
  std::copy(start.begin(), start.end(), sealed.start.begin());
  PANNIER_TRY(cipher.end("cipher"));
  PANNIER_ASSIGN(const ByteSpan encrypted, info.read(kDerOctetString, "encrypted bytes"));
  sealed.encrypted.assign(encrypted.begin(), encrypted.end());
  PANNIER_TRY(info.end("encrypted key"));
  return sealed;
}

// PrivateKeyInfo as openssl writes it, with the public key inside.
Secret private_key_info(const P256PrivateKey& key) {
  const Bytes algorithm = der_element(
      kDerSequence, {der_element(kDerObjectId, {kEcPublicKey}), der_element(kDerObjectId, {kPrime256v1})});
  const Bytes spki = write_spki(key.public_key());
  const Bytes bits = der_element(kDerBitString, {ByteSpan(spki).last(2 + 2 * kSecretBytes)});
  Bytes secret = der_element(kDerOctetString, {key.secret()});
  Bytes ec = der_element(kDerSequence, {der_unsigned(1), secret, der_element(kDerContext1, {bits})});
  Bytes wrapped = der_element(kDerOctetString, {ec});
  Bytes info = der_element(kDerSequence, {der_unsigned(0), algorithm, wrapped});
  Secret out{ByteSpan(info)};
  for (Bytes* bytes : {&secret, &ec, &wrapped, &info}) wipe(*bytes);
  return out;
}

}  // namespace

Result<PrivateKeyFile> parse_private_key_file(std::string_view pem, std::string_view what) {
  PANNIER_ASSIGN(const PemBlock block, parse_pem(pem, what));
  PrivateKeyFile file;
  if (block.label == kSealedLabel) {
    PANNIER_ASSIGN(file.sealed, parse_sealed(block.der.bytes(), what));
  } else if (block.label == kPlainLabel) {
    PANNIER_ASSIGN(file.key, parse_private_key_info(block.der.bytes(), what));
  } else if (block.label == kEcLabel) {
    PANNIER_ASSIGN(file.key, parse_ec_private_key(block.der.bytes(), true, what));
  } else if (block.label == kPublicLabel) {
    return Error{ErrorKind::kInvalid, fmt::format("{}: a public key, where a private one is needed", what),
                 ""};
  } else {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: \"{}\" is no kind of private key that is known here", what,
                             for_message(block.label)),
                 "make one with `pannier keys generate`"};
  }
  return file;
}

Result<P256PrivateKey> open_sealed_key(const SealedKey& sealed, const Secret& passphrase,
                                       std::string_view what) {
  const Secret cipher_key = derive_key(passphrase, sealed.salt, sealed.iterations);
  const auto info = decrypt_cbc(cipher_key, sealed.start, sealed.encrypted);
  auto key = info.ok() ? parse_private_key_info(info->bytes(), what) : Result<P256PrivateKey>(info.error());
  // A wrong passphrase gives random bytes; one in 256 looks well padded and is then no DER. What is DER of
  // another algorithm was decrypted, and is told as such.
  if (!key.ok() && key.error().kind == ErrorKind::kCorrupt) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("{}: the passphrase is wrong, or the file is damaged", what),
                 "try again; nothing can open it without its passphrase"};
  }
  return key;
}

std::string write_private_key_file(const P256PrivateKey& key, const Secret& passphrase,
                                   const SealingNonces& nonces, uint64_t iterations) {
  const Secret cipher_key = derive_key(passphrase, nonces.salt, iterations);
  const Bytes encrypted = encrypt_cbc(cipher_key, nonces.start, private_key_info(key).bytes());
  const Bytes hash =
      der_element(kDerSequence, {der_element(kDerObjectId, {kHmacSha256}), der_element(kDerNull, {})});
  const Bytes pbkdf2 = der_element(
      kDerSequence, {der_element(kDerOctetString, {nonces.salt}), der_unsigned(iterations), hash});
  const Bytes derivation = der_element(kDerSequence, {der_element(kDerObjectId, {kPbkdf2}), pbkdf2});
  const Bytes cipher = der_element(
      kDerSequence, {der_element(kDerObjectId, {kAes256Cbc}), der_element(kDerOctetString, {nonces.start})});
  const Bytes pbes2 = der_element(kDerSequence, {derivation, cipher});
  const Bytes encryption = der_element(kDerSequence, {der_element(kDerObjectId, {kPbes2}), pbes2});
  const Bytes info = der_element(kDerSequence, {encryption, der_element(kDerOctetString, {encrypted})});
  return write_pem(kSealedLabel, info);
}

std::string write_public_key_file(const P256PublicKey& key) {
  return write_pem(kPublicLabel, write_spki(key));
}

Result<P256PublicKey> parse_public_key_file(std::string_view pem, std::string_view what) {
  PANNIER_ASSIGN(const PemBlock block, parse_pem(pem, what));
  if (block.label != kPublicLabel) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("{}: \"{}\", where a public key is needed", what, for_message(block.label)),
                 "`pannier keys export NAME` writes it"};
  }
  return parse_spki(block.der.bytes(), what);
}

}  // namespace pannier
