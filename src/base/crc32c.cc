#include "base/crc32c.h"

#include <array>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace pannier {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, bits reversed

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[byte] = value;
  }
  return table;
}

uint32_t update_by_table(uint32_t state, ByteSpan bytes) {
  static constexpr std::array<uint32_t, 256> kTable = make_table();
  for (const uint8_t byte : bytes) state = (state >> 8) ^ kTable[(state ^ byte) & 255];
  return state;
}

#if defined(__x86_64__)
// One instruction for eight bytes.
__attribute__((target("sse4.2"))) uint32_t update_by_instruction(uint32_t state, ByteSpan bytes) {
  uint64_t wide = state;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  auto narrow = static_cast<uint32_t>(wide);
  for (; i < bytes.size(); ++i) narrow = _mm_crc32_u8(narrow, bytes[i]);
  return narrow;
}
#endif

}  // namespace

namespace crc32c_parts {

// For the test, which holds the two against each other.
uint32_t by_table(uint32_t crc, ByteSpan bytes) { return ~update_by_table(~crc, bytes); }

}  // namespace crc32c_parts

uint32_t crc32c(uint32_t crc, ByteSpan bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return ~update_by_instruction(~crc, bytes);
#endif
  return crc32c_parts::by_table(crc, bytes);
}

}  // namespace pannier
