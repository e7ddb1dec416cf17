// Truncation: how many of a text's own tokens are kept, and from which side.
#pragma once

#include <cstdint>

#include "run/text/tokenizer.h"

namespace pannier {

enum class TruncationSide { kRight, kLeft };  // the side that is cut off

// Trims tokens while they are made, so that a long text that will be cut short takes no memory.
class Truncation {
 public:
  static constexpr uint64_t kNoLimit = UINT64_MAX;

  Truncation(uint64_t keep, TruncationSide side) : keep_(keep), side_(side) {}

  // Drops what surely will not be kept. Call after each batch of new tokens.
  void trim(Encoding& text);
  // Drops all that must go and sets text.dropped_token_count. Call at the end.
  void finish(Encoding& text);

 private:
  void drop(Encoding& text, uint64_t slack);
  uint64_t keep_;
  TruncationSide side_;
  uint64_t dropped_ = 0;
};

}  // namespace pannier
