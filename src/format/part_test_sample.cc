#include "format/part_test_sample.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace pannier {

Bytes noise(uint64_t bytes, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes out(bytes);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
  return out;
}

Bytes weights(uint64_t count, uint64_t element_bytes, uint32_t seed, float deviation) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, deviation);
  Bytes bytes(count * element_bytes);
  for (uint64_t i = 0; i < count; ++i) {
    const float value = normal(random);
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(value));
    if (element_bytes == 8) bits = bits << 32 | random();
    if (element_bytes < 4) bits >>= 8 * (4 - element_bytes);
    std::memcpy(bytes.data() + i * element_bytes, &bits, element_bytes);
  }
  return bytes;
}

BaseReader base_reader_of(const Bytes& base) {
  return [&base](uint64_t offset, MutableByteSpan out) -> Status {
    if (offset > base.size() || out.size() > base.size() - offset) {
      return Error{ErrorKind::kCorrupt, "outside of the base", ""};
    }
    std::copy_n(base.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  };
}

}  // namespace pannier
