// Two SHA-256 digests of the same bytes for nearly the price of one: what reads a bundle needs each byte in
// the digest of its block and in that of its blob.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"

namespace pannier {

// The same as first.update(bytes) and second.update(bytes). Fast where the processor has the SHA
// instructions and both have been given the same number of bytes modulo 64 (their message blocks then
// are the same), as for the contents of tar entries, which begin at multiples of 512. REQUIRES: two objects.
void update_pair(Sha256& first, Sha256& second, ByteSpan bytes);

namespace sha256_pair_parts {

// For the test, which holds the ways against each other.
bool has_instructions();
void update_by_instructions(Sha256& first, Sha256& second, ByteSpan bytes);  // REQUIRES: has_instructions()
void update_one_by_one(Sha256& first, Sha256& second, ByteSpan bytes);

}  // namespace sha256_pair_parts
}  // namespace pannier
