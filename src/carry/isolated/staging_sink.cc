#include "carry/isolated/staging_sink.h"

#include "base/limits.h"

namespace pannier {
namespace {

// The disk begins to write while the rest is read, so that little is left for the sync at the end.
constexpr uint64_t kWritebackBytes = 8 * limits::kMiB;

}  // namespace

// One blob on its way into staging, looked at by the check where that wants to see it.
class StagingSink::StagedBlob : public BlobSink {
 public:
  StagedBlob(StagingSink& sink, const Digest& digest, std::unique_ptr<WritableFile> file,
             std::unique_ptr<BlobSink> check)
      : sink_(sink), digest_(digest), file_(std::move(file)), check_(std::move(check)) {}

  Status append(ByteSpan bytes) override {
    if (check_) PANNIER_TRY(check_->append(bytes));
    PANNIER_TRY(file_->append(bytes));
    pending_bytes_ += bytes.size();
    if (pending_bytes_ < kWritebackBytes) return {};
    file_->begin_writeback();
    pending_bytes_ = 0;
    return {};
  }

  Status finish() override {
    if (check_) PANNIER_TRY(check_->finish());
    if (pending_bytes_ > 0) file_->begin_writeback();
    PANNIER_TRY(file_->close());
    return sink_.stage(digest_);
  }

 private:
  StagingSink& sink_;
  const Digest digest_;
  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<BlobSink> check_;
  uint64_t pending_bytes_ = 0;  // since the disk was last told
};

Result<std::unique_ptr<BlobSink>> StagingSink::begin_blob(const BundleBlob& blob) {
  PANNIER_ASSIGN(std::unique_ptr<BlobSink> check, check_.begin_blob(blob));
  const bool is_blob = blob.path.starts_with(kBundleBlobFolder);
  if (writer_ == nullptr || !is_blob || !missing_.contains(blob.digest)) return check;
  PANNIER_ASSIGN(std::unique_ptr<WritableFile> file, create(blob.digest));
  return std::unique_ptr<BlobSink>(
      std::make_unique<StagedBlob>(*this, blob.digest, std::move(file), std::move(check)));
}

Status StagingSink::cannot_decode(const BundleBlob& blob) {
  return Error{ErrorKind::kIncomplete,
               "blob " + blob.digest.oci() + " was packed as a delta against " +
                   (blob.base ? blob.base->oci() : "another") + ", which has gone from the store meanwhile",
               "install the bundle that brought it, or pack without --delta-from"};
}

Result<std::unique_ptr<WritableFile>> StagingSink::create(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  return writer_->create_blob(digest);
}

Status StagingSink::stage(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  return writer_->stage(digest);
}

}  // namespace pannier
