// The low-level SHA-256 functions: OpenSSL's EVP layer would link sockets and name resolution into
// an executable that must not have them (docs/decisions/0003-low-level-sha256.md).
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <openssl/sha.h>

#include <cassert>
#include <cstring>
#include <new>
#include <span>

namespace pannier {
namespace {

// -1 for anything but a lower-case hexadecimal character.
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

SHA256_CTX* context(std::array<uint8_t, 128>& state) { return reinterpret_cast<SHA256_CTX*>(state.data()); }
SHA_CTX* sha1_context(std::array<uint8_t, 128>& state) { return reinterpret_cast<SHA_CTX*>(state.data()); }

std::string hex_of(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(2 * bytes.size(), '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4];
    text[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return text;
}

// Fills `out` from exactly twice as many characters; `name` as "SHA-256" for messages.
Status read_hex(std::string_view hex, std::span<uint8_t> out, const std::string& name) {
  if (hex.size() != 2 * out.size()) {
    return Error{ErrorKind::kCorrupt,
                 "a " + name + " digest has " + std::to_string(2 * out.size()) +
                     " hexadecimal characters, not " + std::to_string(hex.size()),
                 ""};
  }
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      return Error{ErrorKind::kCorrupt,
                   "a " + name + " digest has lower-case hexadecimal characters only; character " +
                       std::to_string(high < 0 ? 2 * i : 2 * i + 1) + " is not one",
                   ""};
    }
    out[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return {};
}

}  // namespace

std::string Digest::hex() const { return hex_of(bytes); }
std::string Sha1::hex() const { return hex_of(bytes); }

Result<Digest> digest_from_hex(std::string_view hex) {
  Digest digest;
  PANNIER_TRY(read_hex(hex, digest.bytes, "SHA-256"));
  return digest;
}

Result<Sha1> sha1_from_hex(std::string_view hex) {
  Sha1 digest;
  PANNIER_TRY(read_hex(hex, digest.bytes, "SHA-1"));
  return digest;
}

Result<Digest> digest_from_oci(std::string_view text) {
  static constexpr std::string_view kPrefix = "sha256:";
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Error{ErrorKind::kCorrupt, "a digest is written \"sha256:<64 hexadecimal characters>\"", ""};
  }
  if (text.substr(0, colon + 1) != kPrefix) {
    return Error{ErrorKind::kUnsupported,
                 "digest algorithm \"" + std::string(text.substr(0, colon > 32 ? 32 : colon)) +
                     "\" is not supported, only sha256",
                 ""};
  }
  return digest_from_hex(text.substr(kPrefix.size()));
}

Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) <= sizeof(state_) && alignof(SHA256_CTX) <= 16);
  new (state_.data()) SHA256_CTX;
  SHA256_Init(context(state_));
}

void Sha256::update(ByteSpan bytes) { SHA256_Update(context(state_), bytes.data(), bytes.size()); }

Digest Sha256::finish() {
  Digest digest;
  SHA256_Final(digest.bytes.data(), context(state_));
  SHA256_Init(context(state_));
  return digest;
}

uint32_t* Sha256Inside::words(Sha256& hash) {
  static_assert(sizeof(SHA_LONG) == sizeof(uint32_t));
  return context(hash.state_)->h;
}

size_t Sha256Inside::waiting_bytes(Sha256& hash) { return context(hash.state_)->num; }

void Sha256Inside::count_blocks(Sha256& hash, uint64_t blocks) {
  SHA256_CTX& state = *context(hash.state_);
  assert(state.num == 0);
  // The message's length in bits, as two halves.
  const uint64_t bits = (static_cast<uint64_t>(state.Nh) << 32 | state.Nl) + blocks * 512;
  state.Nl = static_cast<SHA_LONG>(bits);
  state.Nh = static_cast<SHA_LONG>(bits >> 32);
}

GitBlobHash::GitBlobHash(uint64_t content_bytes) {
  static_assert(sizeof(SHA_CTX) <= sizeof(state_) && alignof(SHA_CTX) <= 16);
  new (state_.data()) SHA_CTX;
  SHA1_Init(sha1_context(state_));
  const std::string head = "blob " + std::to_string(content_bytes);
  SHA1_Update(sha1_context(state_), head.c_str(), head.size() + 1);  // with the zero at its end
}

void GitBlobHash::update(ByteSpan bytes) { SHA1_Update(sha1_context(state_), bytes.data(), bytes.size()); }

Sha1 GitBlobHash::finish() {
  Sha1 digest;
  SHA1_Final(digest.bytes.data(), sha1_context(state_));
  return digest;
}

Digest sha256(ByteSpan bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace pannier
