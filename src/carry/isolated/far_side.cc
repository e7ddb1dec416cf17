#include "carry/isolated/far_side.h"

#include <fmt/core.h>

namespace pannier {
namespace {

std::vector<BlobInfo> not_in(const Store* store, const std::vector<BlobInfo>& blobs) {
  std::vector<BlobInfo> missing;
  for (const BlobInfo& blob : blobs) {
    if (store == nullptr || !store->has_blob(blob.digest, blob.bytes)) missing.push_back(blob);
  }
  return missing;
}

// The file that crosses as a delta against that base.
std::string file_built_on(const BundleIndex& index, const Digest& base) {
  for (const BundleEntry& entry : index.entries) {
    if (entry.base == base) return file_of_blob(index, entry.digest);
  }
  return "a file";
}

std::string and_more(size_t count) {
  return count > 1 ? fmt::format(" (and {} more)", count - 1) : std::string();
}

}  // namespace

uint64_t ExpectedBlobs::bytes() const {
  uint64_t sum = 0;
  for (const auto* blobs : {&held, &bases}) {
    for (const BlobInfo& blob : *blobs) sum += blob.bytes;
  }
  return sum;
}

ExpectedBlobs missing_blobs(const BundleIndex& index, const Store* store) {
  return {not_in(store, index.held), not_in(store, index.bases)};
}

std::string file_of_blob(const BundleIndex& index, const Digest& digest) {
  for (const BundleModel& model : index.models) {
    for (const ModelFile& file : model.files) {
      if (file.digest == digest) return fmt::format("{} ({})", file.path, model.name);
    }
  }
  return "a file";
}

Status require_none_missing(const BundleIndex& index, const ExpectedBlobs& missing, const std::string& what) {
  if (!missing.bases.empty()) {
    const BlobInfo& base = missing.bases.front();
    return Error{ErrorKind::kIncomplete,
                 fmt::format("{}: {} was packed as a delta against blob {} ({} bytes), which this store does "
                             "not have{}",
                             what, file_built_on(index, base.digest), base.digest.oci(), base.bytes,
                             and_more(missing.bases.size())),
                 "install the bundle that brought it, or pack without --delta-from"};
  }
  if (!missing.held.empty()) {
    const BlobInfo& held = missing.held.front();
    return Error{
        ErrorKind::kIncomplete,
        fmt::format("{}: {} is left out, since this store was said to hold it, and does not: blob {} "
                    "({} bytes){}",
                    what, file_of_blob(index, held.digest), held.digest.oci(), held.bytes,
                    and_more(missing.held.size())),
        "install the bundle that brought it, or pack without --delta-from"};
  }
  return {};
}

}  // namespace pannier
