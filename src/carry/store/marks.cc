// Reads manifests as what they are on any release's terms: a config and layers.
#include "carry/store/marks.h"

#include <fmt/core.h>

#include "base/limits.h"

namespace pannier {

Status Marks::add(const ImageIndex& index) {
  for (const Reference& reference : index.references) {
    PANNIER_TRY(add_manifest(reference, index.generation));
    if (reference.origin) marked_.insert(*reference.origin);
    marked_.insert(reference.signatures.begin(), reference.signatures.end());
  }
  for (const ChannelState& channel : index.channels) marked_.insert(channel.statement);
  return {};
}

Status Marks::add_manifest(const Reference& reference, uint64_t generation) {
  if (manifests_.contains(reference.manifest_digest)) return {};
  const std::string path = store_.blob_path(reference.manifest_digest);
  const auto unreadable = [&](ErrorKind kind, const std::string& reason) {
    return Error{
        kind,
        fmt::format("the manifest of {} in generation {} {}: {}", reference.name, generation, reason, path),
        "what it names cannot be told from garbage: `fsck` says which bundle heals it; or remove "
        "the model, and keep fewer generations"};
  };
  const auto contents = read_small_file(fs_, path, limits::kManifestBytesMax);
  if (!contents.ok() && contents.error().kind == ErrorKind::kNotFound) {
    return unreadable(ErrorKind::kIncomplete, "is missing");
  }
  if (!contents.ok()) return contents.error();
  if (sha256(*contents) != reference.manifest_digest) {
    return unreadable(ErrorKind::kCorrupt, "does not match its digest");
  }
  PANNIER_ASSIGN(const std::vector<Digest> named, blobs_of_manifest(*contents, path));
  marked_.insert(reference.manifest_digest);
  marked_.insert(named.begin(), named.end());
  manifests_.insert(reference.manifest_digest);
  return {};
}

}  // namespace pannier
