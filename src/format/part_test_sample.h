// Bytes for the tests of encodings, the same in every run: noise, weights, and a base that lies in memory.
#pragma once

#include "base/bytes.h"
#include "format/part_codec.h"

namespace pannier {

Bytes noise(uint64_t bytes, uint32_t seed);

// Numbers around zero as weights have them, in the upper bytes of a float of this width.
Bytes weights(uint64_t count, uint64_t element_bytes, uint32_t seed, float deviation = 0.04f);

// Refuses what is outside. REQUIRES: `base` outlives it.
BaseReader base_reader_of(const Bytes& base);

}  // namespace pannier
