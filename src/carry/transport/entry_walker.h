// EntryWalker: cuts a segment of a bundle's data, fed to it in verified pieces, into entries; checks headers
// and padding, and hands contents to the sink, parts to the decoder.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "carry/transport/bundle_segments.h"
#include "carry/transport/bundle_sink.h"
#include "carry/transport/part_decoder.h"
#include "format/bundle_index.h"

namespace pannier {

class EntryWalker {
 public:
  // `what` names the bundle in messages. All but `segment` must outlive the walker. `decoder` is asked only
  // where the segment has parts.
  EntryWalker(const BundleIndex& index, const BundleSegment& segment, const std::string& what,
              BundleSink& sink, PartDecoder* decoder);

  // The next bytes of the segment, and the digests of the blobs that end in them, as BlockDigester gives
  // them. REQUIRES: no more in total than the segment has.
  Status feed(ByteSpan bytes, const std::vector<Digest>& blob_digests);
  // True when all of the segment was fed.
  bool done() const { return position_ == segment_.end; }

 private:
  enum class Place { kHeader, kContents, kPadding, kTrailer };
  void begin_header();
  Status take_header(ByteSpan& bytes);
  Status begin_contents();
  Status take_contents(ByteSpan& bytes);
  Status take_zeros(ByteSpan& bytes);
  Status end_contents();
  Status check_digest(const BundleEntry& entry);
  // The first `count` of `bytes`, which are then cut off.
  ByteSpan take(ByteSpan& bytes, uint64_t count);
  Error corrupt(const std::string& detail) const;

  const BundleIndex& index_;
  const BundleSegment segment_;
  const std::string& what_;
  BundleSink& sink_;
  PartDecoder* decoder_;
  Place place_ = Place::kHeader;
  size_t entry_;
  uint64_t position_;       // in the data
  uint64_t remaining_ = 0;  // of the place
  std::string header_;      // as the current entry's must be
  std::unique_ptr<BlobSink> blob_;
  std::deque<Digest> digests_;
};

}  // namespace pannier
