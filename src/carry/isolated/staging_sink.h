// StagingSink: puts the blobs that a store lacks into a writer's staging folder while a bundle is read.
#pragma once

#include <mutex>
#include <set>

#include "base/digest.h"
#include "carry/isolated/contents_check.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_sink.h"

namespace pannier {

// Thread-safe as a sink is.
class StagingSink : public BundleSink {
 public:
  // All must outlive the sink. `writer` may be null: then everything is verified and nothing written.
  StagingSink(const BundleReader& reader, const std::set<Digest>& missing, StoreWriter* writer)
      : check_(reader), missing_(missing), writer_(writer) {}

  Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) override;
  // The bases were there when this began.
  Status cannot_decode(const BundleBlob& blob) override;

  const ContentsCheck& check() const { return check_; }

 private:
  class StagedBlob;
  Result<std::unique_ptr<WritableFile>> create(const Digest& digest);
  Status stage(const Digest& digest);

  ContentsCheck check_;
  const std::set<Digest>& missing_;
  StoreWriter* writer_;
  std::mutex mutex_;  // over the writer
};

}  // namespace pannier
