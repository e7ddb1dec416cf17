#include "carry/connected/download/content_hash.h"

#include <cassert>

namespace pannier {

bool ContentDigests::match(const UpstreamId& id) const {
  if (id.sha256 && *id.sha256 != sha256) return false;
  return !id.git_blob || id.git_blob == git_blob;
}

std::string upstream_id_text(const UpstreamId& id) {
  if (id.sha256) return id.sha256->oci();
  return id.git_blob ? "git blob " + id.git_blob->hex() : "no digest";
}

std::string digests_text(const ContentDigests& digests, const UpstreamId& id) {
  UpstreamId found;
  // Of two digests, the one that differs is worth showing.
  if (id.sha256 && (*id.sha256 != digests.sha256 || !id.git_blob)) found.sha256 = digests.sha256;
  if (!found.sha256) found.git_blob = digests.git_blob;
  return upstream_id_text(found);
}

ContentHash::ContentHash(const UpstreamId& id, uint64_t bytes) {
  if (id.git_blob) git_blob_.emplace(bytes);
}

void ContentHash::update(ByteSpan bytes) {
  sha256_.update(bytes);
  if (git_blob_) git_blob_->update(bytes);
}

ContentDigests ContentHash::finish() {
  ContentDigests digests;
  digests.sha256 = sha256_.finish();
  if (git_blob_) digests.git_blob = git_blob_->finish();
  return digests;
}

std::string DownloadKey::name() const {
  assert(id.sha256 || id.git_blob);
  const std::string digest = id.sha256 ? "sha256-" + id.sha256->hex() : "git-" + id.git_blob->hex();
  return digest + "-" + std::to_string(bytes);
}

}  // namespace pannier
