// EntryWalker: cuts the data of a bundle, fed to it in pieces, into entries; checks headers, padding
// and each entry's digest.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "carry/transport/bundle_reader.h"
#include "format/bundle_index.h"

namespace pannier {

class EntryWalker {
 public:
  // `what` names the bundle in messages. All three must outlive the walker.
  EntryWalker(const BundleIndex& index, const std::string& what, BundleEntrySink& sink);

  // The next bytes of the data. REQUIRES: no more in total than index.data_bytes.
  Status feed(ByteSpan bytes);
  // True when all of the data was fed.
  bool done() const { return position_ == index_.data_bytes; }

 private:
  enum class Part { kHeader, kContents, kPadding, kTrailer };
  void begin_header();
  Status take_header(ByteSpan& bytes);
  Status take_contents(ByteSpan& bytes);
  Status take_zeros(ByteSpan& bytes);
  Status end_contents();
  // The first `count` of `bytes`, which are then cut off.
  ByteSpan take(ByteSpan& bytes, uint64_t count);
  Error corrupt(const std::string& detail) const;

  const BundleIndex& index_;
  const std::string& what_;
  BundleEntrySink& sink_;
  Part part_ = Part::kHeader;
  size_t entry_ = 0;
  uint64_t position_ = 0;   // in the data
  uint64_t remaining_ = 0;  // of the part
  std::string header_;      // as the current entry's must be
  Sha256 sha_;
};

}  // namespace pannier
