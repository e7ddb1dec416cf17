// BlockDigester: the digest of each block of a segment, and, from the same pass over the bytes, those of the
// blobs in it.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "carry/transport/bundle_segments.h"
#include "format/bundle_index.h"

namespace pannier {

class BlockDigester {
 public:
  // `index` must outlive the digester.
  BlockDigester(const BundleIndex& index, const BundleSegment& segment);

  struct Digests {
    Digest block;  // zero where it was not asked for
    // Of the entries of this segment whose contents end in this block, in order; parts and empty entries
    // have none.
    std::vector<Digest> blobs;
  };
  // The next block of the segment. `with_block`: false where somebody else has its digest already. What of
  // the block lies outside of the segment enters the digest of the block alone.
  Digests digest(uint64_t block, ByteSpan bytes, bool with_block);

 private:
  // Where what lies at `position` ends, and whether it is the contents of an entry that has a digest.
  struct Run {
    uint64_t end = 0;
    bool is_contents = false;
  };
  Run run_at(uint64_t position);

  const BundleIndex& index_;
  const BundleSegment segment_;
  size_t entry_;
  Sha256 blob_;
};

}  // namespace pannier
