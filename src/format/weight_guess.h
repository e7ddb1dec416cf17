// Which elements bytes are made of, where no header tells: measured on a sample.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace pannier {

struct WeightGuess {
  uint8_t element_bytes = 1;
  bool is_float = false;
  uint8_t phase = 0;  // so many bytes before the first whole element; < element_bytes
};

// The split after which the sample's planes have the least entropy, and bytes where none is worth it.
// REQUIRES: sample.size() <= 1 MiB.
WeightGuess guess_weights(ByteSpan sample);

}  // namespace pannier
