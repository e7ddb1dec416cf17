#include "base/secret_box.h"

#include <mbedtls/aes.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "base/digest.h"

namespace pannier {
namespace {

constexpr size_t kAesKeyBytes = 32;
constexpr size_t kHashBlockBytes = 64;  // of SHA-256

// HMAC-SHA-256 with one key: both hashes are prepared once and copied for each message.
class Hmac {
 public:
  explicit Hmac(ByteSpan key) {
    std::array<uint8_t, kHashBlockBytes> pad{};
    if (key.size() > pad.size()) {
      const Digest digest = sha256(key);
      std::copy(digest.bytes.begin(), digest.bytes.end(), pad.begin());
    } else {
      std::copy(key.begin(), key.end(), pad.begin());
    }
    for (uint8_t& byte : pad) byte ^= 0x36;
    inner_.update(ByteSpan(pad));
    for (uint8_t& byte : pad) byte ^= 0x36 ^ 0x5C;
    outer_.update(ByteSpan(pad));
    wipe(MutableByteSpan(pad));
  }
  ~Hmac() {
    wipe({reinterpret_cast<uint8_t*>(&inner_), sizeof inner_});
    wipe({reinterpret_cast<uint8_t*>(&outer_), sizeof outer_});
  }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  Digest of(ByteSpan first, ByteSpan second = {}) const {
    Sha256 inner = inner_;
    inner.update(first);
    inner.update(second);
    const Digest digest = inner.finish();
    Sha256 outer = outer_;
    outer.update(ByteSpan(digest.bytes));
    return outer.finish();
  }

 private:
  Sha256 inner_;
  Sha256 outer_;
};

// The library's key schedule, wiped by it at the end.
struct Aes {
  Aes() { mbedtls_aes_init(&context); }
  ~Aes() { mbedtls_aes_free(&context); }
  Aes(const Aes&) = delete;
  Aes& operator=(const Aes&) = delete;
  // REQUIRES: data is whole blocks; works in place.
  void run(int mode, AesBlock start, MutableByteSpan data) {
    if (mbedtls_aes_crypt_cbc(&context, mode, data.size(), start.data(), data.data(), data.data()) != 0) {
      std::abort();  // only a length that is no whole number of blocks
    }
  }
  mbedtls_aes_context context;
};

}  // namespace

Secret derive_key(const Secret& passphrase, ByteSpan salt, uint64_t iterations) {
  assert(iterations > 0);
  const Hmac hmac(passphrase.bytes());
  static constexpr std::array<uint8_t, 4> kFirstBlock = {0, 0, 0, 1};
  Digest round = hmac.of(salt, kFirstBlock);
  Digest sum = round;
  for (uint64_t i = 1; i < iterations; ++i) {
    round = hmac.of(round.bytes);
    for (size_t byte = 0; byte < sum.bytes.size(); ++byte) sum.bytes[byte] ^= round.bytes[byte];
  }
  Secret key{ByteSpan(sum.bytes)};
  wipe(MutableByteSpan(sum.bytes));
  wipe(MutableByteSpan(round.bytes));
  return key;
}

Bytes encrypt_cbc(const Secret& key, const AesBlock& start, ByteSpan plain) {
  assert(key.bytes().size() == kAesKeyBytes);
  const size_t padding = start.size() - plain.size() % start.size();
  Bytes data;
  data.reserve(plain.size() + padding);  // once, so that no copy of the secret stays behind
  data.assign(plain.begin(), plain.end());
  data.insert(data.end(), padding, static_cast<uint8_t>(padding));
  Aes aes;
  if (mbedtls_aes_setkey_enc(&aes.context, key.bytes().data(), 8 * kAesKeyBytes) != 0) std::abort();
  aes.run(MBEDTLS_AES_ENCRYPT, start, data);
  return data;
}

Result<Secret> decrypt_cbc(const Secret& key, const AesBlock& start, ByteSpan encrypted) {
  assert(key.bytes().size() == kAesKeyBytes);
  const Error bad{ErrorKind::kCorrupt, "the encrypted bytes do not end as they must", ""};
  if (encrypted.empty() || encrypted.size() % start.size() != 0) return bad;
  Secret data(encrypted);
  Aes aes;
  if (mbedtls_aes_setkey_dec(&aes.context, key.bytes().data(), 8 * kAesKeyBytes) != 0) std::abort();
  aes.run(MBEDTLS_AES_DECRYPT, start, data.writable());
  const ByteSpan plain = data.bytes();
  const size_t padding = plain.back();
  if (padding == 0 || padding > start.size()) return bad;
  const ByteSpan end = plain.last(padding);
  if (!std::all_of(end.begin(), end.end(), [&](uint8_t byte) { return byte == padding; })) return bad;
  return Secret(plain.first(plain.size() - padding));
}

}  // namespace pannier
