// What encrypts a private key at rest: a key derived from a passphrase (PBKDF2, RFC 8018) and AES-256 in
// CBC mode. Old, plain, and what every tool that reads PKCS#8 files knows.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace pannier {

using AesBlock = std::array<uint8_t, 16>;

// PBKDF2 with HMAC-SHA-256: the first 32 bytes, which are an AES-256 key. Its time is linear in
// `iterations`: 600,000 take about a tenth of a second.
Secret derive_key(const Secret& passphrase, ByteSpan salt, uint64_t iterations);

// REQUIRES: `key` has 32 bytes. The result is a whole number of blocks, at least one (PKCS #7 padding).
Bytes encrypt_cbc(const Secret& key, const AesBlock& start, ByteSpan plain);

// kCorrupt where the length or the padding is wrong, as it almost always is under a wrong key.
Result<Secret> decrypt_cbc(const Secret& key, const AesBlock& start, ByteSpan encrypted);

}  // namespace pannier
