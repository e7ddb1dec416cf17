// PartDecoder: puts the parts of a blob together, decodes them, and checks the blob's digest over what comes
// out, on a thread of its own, while the next part is decoded.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/base_blobs.h"
#include "carry/transport/bounded_queue.h"
#include "carry/transport/bundle_sink.h"
#include "carry/transport/seam_blocks.h"
#include "format/bundle_index.h"

namespace pannier {

// All calls from one thread. Memory: one encoded part and three decoded ones, 64 MiB.
class PartDecoder {
 public:
  // All must outlive the decoder. `bases` may be null: deltas are then told to the sink as such.
  PartDecoder(const BundleIndex& index, const std::string& what, const BaseBlobs* bases, BundleSink& sink,
              BlockBuffers& buffers);
  ~PartDecoder();
  PartDecoder(const PartDecoder&) = delete;
  PartDecoder& operator=(const PartDecoder&) = delete;

  // `entry`: the number of a part; the parts of a blob come in order. kCorrupt, kIo.
  Status begin_part(size_t entry);
  void append(ByteSpan bytes);
  // Decodes it. An error may be one of an earlier part: `finish` tells which came first.
  Status end_part();
  // Waits until the sink has all that was decoded. The first error, of digests or of the sink.
  Status finish();

 private:
  struct Decoded {
    size_t entry = 0;
    std::shared_ptr<Bytes> buffer;
  };
  bool is_last_part(size_t entry) const;
  BundleBlob blob_of(size_t first_part) const;
  Status begin_blob(size_t entry);
  // On the thread.
  void run();
  Status deliver(const Decoded& decoded);
  Status end_blob(const BundleEntry& last_part);
  Status wrong_digest(const BundleEntry& part, const Digest& found) const;

  const BundleIndex& index_;
  const std::string& what_;
  const BaseBlobs* bases_;
  BundleSink& sink_;
  BlockBuffers& buffers_;

  // Of the calling thread.
  size_t entry_ = 0;
  bool skips_ = false;                  // the blob, since its base is not here
  std::unique_ptr<ReadableFile> base_;  // of the current blob
  Bytes encoded_;

  BoundedQueue<Decoded> decoded_;
  // Of the other thread, until it is joined.
  std::unique_ptr<BlobSink> blob_;
  Sha256 hash_;
  Status status_;
  std::thread thread_;
};

}  // namespace pannier
