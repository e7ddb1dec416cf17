// Contents go into two digests at once (base/sha256_pair.h); headers, padding and parts into that of the
// block alone.
#include "carry/transport/block_digester.h"

#include <algorithm>

#include "base/sha256_pair.h"

namespace pannier {

BlockDigester::BlockDigester(const BundleIndex& index, const BundleSegment& segment)
    : index_(index), segment_(segment), entry_(segment.first_entry) {}

BlockDigester::Run BlockDigester::run_at(uint64_t position) {
  if (position < segment_.begin) return {segment_.begin, false};
  while (entry_ < segment_.end_entry) {
    const BundleEntry& entry = index_.entries[entry_];
    if (position < entry.offset) return {entry.offset, false};
    const bool has_digest = !entry.is_part() && entry.bytes > 0;
    if (has_digest && position < entry.offset + entry.bytes) return {entry.offset + entry.bytes, true};
    ++entry_;
  }
  return {index_.data_bytes, false};
}

BlockDigester::Digests BlockDigester::digest(uint64_t block, ByteSpan bytes, bool with_block) {
  Digests digests;
  Sha256 whole;
  const uint64_t first = block * limits::kBlockBytes;
  for (size_t at = 0; at < bytes.size();) {
    const Run run = run_at(first + at);
    const ByteSpan piece = bytes.subspan(at, std::min<uint64_t>(run.end - (first + at), bytes.size() - at));
    at += piece.size();
    if (!run.is_contents) {
      if (with_block) whole.update(piece);
      continue;
    }
    if (with_block) {
      update_pair(whole, blob_, piece);
    } else {
      blob_.update(piece);
    }
    if (first + at == run.end) digests.blobs.push_back(blob_.finish());
  }
  if (with_block) digests.block = whole.finish();
  return digests;
}

}  // namespace pannier
