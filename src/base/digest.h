// SHA-256, the one digest that names blobs, blocks and payloads; and SHA-1, by which git names files.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// A SHA-256 value. Value type; compares byte by byte.
struct Digest {
  std::array<uint8_t, 32> bytes{};

  // 64 lower-case hexadecimal characters.
  std::string hex() const;
  // "sha256:" + hex(), as OCI descriptors write it.
  std::string oci() const { return "sha256:" + hex(); }

  friend auto operator<=>(const Digest&, const Digest&) = default;
};

// Exactly 64 lower-case hexadecimal characters, else kCorrupt.
Result<Digest> digest_from_hex(std::string_view hex);
// "sha256:" + 64 hexadecimal characters, else kCorrupt (kUnsupported for another algorithm).
Result<Digest> digest_from_oci(std::string_view text);

// Streaming SHA-256. Not thread-safe; one object a stream.
class Sha256 {
 public:
  Sha256();
  void update(ByteSpan bytes);
  void update(std::string_view text) { update(as_bytes(text)); }
  // The digest of all that was given; the object then starts afresh.
  Digest finish();

 private:
  friend class Sha256Inside;                    // base/sha256_pair.cc compresses whole blocks itself
  alignas(16) std::array<uint8_t, 128> state_;  // an OpenSSL SHA256_CTX (112 bytes), checked in digest.cc
};

// What a faster compression needs of a state: to see and to change what `update` would.
class Sha256Inside {
 public:
  static uint32_t* words(Sha256& hash);                     // eight, in the standard's order
  static size_t waiting_bytes(Sha256& hash);                // fewer than 64: a block that is not whole yet
  static void count_blocks(Sha256& hash, uint64_t blocks);  // compressed from outside; REQUIRES: none waits
};

// A SHA-1 value: how git, and so the Hub, names small files. Never trusted for more than upstream uses it
// for.
struct Sha1 {
  std::array<uint8_t, 20> bytes{};

  std::string hex() const;  // 40 lower-case hexadecimal characters

  friend auto operator<=>(const Sha1&, const Sha1&) = default;
};

// Exactly 40 lower-case hexadecimal characters, else kCorrupt.
Result<Sha1> sha1_from_hex(std::string_view hex);

// Streaming SHA-1 of a git blob: of "blob SIZE\0" and then the contents.
class GitBlobHash {
 public:
  explicit GitBlobHash(uint64_t content_bytes);
  void update(ByteSpan bytes);
  // Once, when all the contents were given.
  Sha1 finish();

 private:
  alignas(16) std::array<uint8_t, 128> state_;  // an OpenSSL SHA_CTX (96 bytes), checked in digest.cc
};

Digest sha256(ByteSpan bytes);
inline Digest sha256(std::string_view text) { return sha256(as_bytes(text)); }

}  // namespace pannier
