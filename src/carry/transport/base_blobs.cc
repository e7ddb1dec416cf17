#include "carry/transport/base_blobs.h"

namespace pannier {

Result<std::unique_ptr<ReadableFile>> StoreBaseBlobs::open(const Digest& digest) const {
  auto file = fs_.open(store_.blob_path(digest));
  if (!file.ok() && file.error().kind == ErrorKind::kNotFound) return std::unique_ptr<ReadableFile>();
  return file;
}

}  // namespace pannier
