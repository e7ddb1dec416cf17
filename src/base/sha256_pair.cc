// Whole message blocks go through both states at once; what is left at either end goes the ordinary way.
#include "base/sha256_pair.h"

#include <algorithm>
#include <cassert>

#if defined(__x86_64__)
#include <cpuid.h>

#include "base/sha256_pair_shani.h"
#endif

namespace pannier {
namespace sha256_pair_parts {
namespace {

constexpr size_t kMessageBlockBytes = 64;
// What the second digest of a piece would have to fetch again from memory.
constexpr size_t kPieceBytes = 16 * 1024;

}  // namespace

#if defined(__x86_64__)
bool has_instructions() {
  // g++ 12's __builtin_cpu_supports does not know "sha".
  static const bool has = [] {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    constexpr unsigned kSha = 1u << 29;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kSha) != 0 &&
           __builtin_cpu_supports("sse4.1") != 0 && __builtin_cpu_supports("ssse3") != 0;
  }();
  return has;
}

void update_by_instructions(Sha256& first, Sha256& second, ByteSpan bytes) {
  assert(&first != &second);
  const size_t waiting = Sha256Inside::waiting_bytes(first);
  if (waiting != Sha256Inside::waiting_bytes(second)) return update_one_by_one(first, second, bytes);
  if (waiting > 0) {
    const ByteSpan rest = bytes.first(std::min(kMessageBlockBytes - waiting, bytes.size()));
    first.update(rest);
    second.update(rest);
    bytes = bytes.subspan(rest.size());
  }
  if (const size_t blocks = bytes.size() / kMessageBlockBytes; blocks > 0) {
    sha256_pair_shani(Sha256Inside::words(first), Sha256Inside::words(second), bytes.data(), blocks);
    Sha256Inside::count_blocks(first, blocks);
    Sha256Inside::count_blocks(second, blocks);
    bytes = bytes.subspan(blocks * kMessageBlockBytes);
  }
  first.update(bytes);
  second.update(bytes);
}
#else
bool has_instructions() { return false; }
void update_by_instructions(Sha256& first, Sha256& second, ByteSpan bytes) {
  update_one_by_one(first, second, bytes);
}
#endif

void update_one_by_one(Sha256& first, Sha256& second, ByteSpan bytes) {
  for (size_t at = 0; at < bytes.size(); at += kPieceBytes) {
    const ByteSpan piece = bytes.subspan(at, std::min(kPieceBytes, bytes.size() - at));
    first.update(piece);
    second.update(piece);
  }
}

}  // namespace sha256_pair_parts

void update_pair(Sha256& first, Sha256& second, ByteSpan bytes) {
  using namespace sha256_pair_parts;
  if (has_instructions()) return update_by_instructions(first, second, bytes);
  update_one_by_one(first, second, bytes);
}

}  // namespace pannier
