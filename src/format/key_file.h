// Key files: PEM around PKCS #8 (RFC 5958), encrypted with a passphrase as RFC 8018 says (PBES2), as openssl
// and everything around it read and write them. Page: docs/formats/keys.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/p256.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/secret_box.h"

namespace pannier {

// A private key that needs its passphrase.
struct SealedKey {
  Bytes salt;
  uint64_t iterations = 0;  // of PBKDF2 with HMAC-SHA-256
  AesBlock start{};         // of AES-256-CBC
  Bytes encrypted;          // a PrivateKeyInfo
};

// Either of the two.
struct PrivateKeyFile {
  std::optional<P256PrivateKey> key;  // it was not encrypted
  std::optional<SealedKey> sealed;
};

// "ENCRYPTED PRIVATE KEY", "PRIVATE KEY" and "EC PRIVATE KEY" (RFC 5915). kCorrupt; kUnsupported for other
// algorithms, curves and ways to encrypt, by their names; kLimit.
Result<PrivateKeyFile> parse_private_key_file(std::string_view pem, std::string_view what);

// kInvalid: the passphrase is wrong (or the file is damaged, which looks the same).
Result<P256PrivateKey> open_sealed_key(const SealedKey& sealed, const Secret& passphrase,
                                       std::string_view what);

// The passphrase's hash takes as long as people will wait, for those who guess as well.
inline constexpr uint64_t kKeyIterations = 600'000;

// What must be random for each file, chosen by the caller.
struct SealingNonces {
  std::array<uint8_t, 16> salt{};
  AesBlock start{};
};

std::string write_private_key_file(const P256PrivateKey& key, const Secret& passphrase,
                                   const SealingNonces& nonces, uint64_t iterations = kKeyIterations);

// "PUBLIC KEY": SubjectPublicKeyInfo. kCorrupt, kUnsupported, kLimit.
std::string write_public_key_file(const P256PublicKey& key);
Result<P256PublicKey> parse_public_key_file(std::string_view pem, std::string_view what);

}  // namespace pannier
