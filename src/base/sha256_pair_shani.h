// The kernel behind base/sha256_pair.h, for processors that have the SHA instructions.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace pannier {

// Compresses the same `block_count` blocks of 64 bytes into two SHA-256 states (eight words each, in the
// standard's order). REQUIRES: the processor has SHA and SSE4.1; the states do not overlap.
void sha256_pair_shani(uint32_t* first, uint32_t* second, const uint8_t* blocks, size_t block_count);

}  // namespace pannier
