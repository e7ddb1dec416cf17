// What takes the contents of a bundle while it is read: a sink for the bundle, and one for each blob.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace pannier {

// A blob of a bundle, or one of the two small files beside the blobs.
struct BundleBlob {
  std::string path;  // "blobs/sha256/<hex>", however it crosses; "oci-layout", "index.json"
  Digest digest;
  uint64_t bytes = 0;                         // decoded
  std::optional<Digest> base = std::nullopt;  // that it builds on, where it crosses as a delta
};

// Takes the bytes of one blob, in order, from one thread at a time. Destroyed without `finish`: the reading
// ended with an error.
class BlobSink {
 public:
  virtual ~BlobSink() = default;
  // At most 16 MiB; the view lives for the call. The block that they came in is verified, the blob's own
  // digest is not yet.
  virtual Status append(ByteSpan bytes) = 0;
  // The blob is whole and its digest matched.
  virtual Status finish() = 0;
};

// An error from any call ends the reading.
class BundleSink {
 public:
  virtual ~BundleSink() = default;
  // Called once for each blob, from several threads at once, in no fixed order. Null: the blob is checked
  // all the same, and nobody wants its bytes.
  virtual Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) = 0;
  // Instead of `begin_blob`, for a delta whose base is not here: what crossed was checked by block, but what
  // it decodes to was not. Thread-safe as `begin_blob`.
  virtual Status cannot_decode(const BundleBlob& blob) = 0;
};

}  // namespace pannier
