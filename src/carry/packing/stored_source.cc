// Reads the small blobs of a reference, and says where its large ones lie.
#include "carry/packing/stored_source.h"

#include <fmt/core.h>

#include "base/limits.h"

namespace pannier {
namespace {

Result<std::string> read_blob(FileSystem& fs, const Store& store, const Digest& digest,
                              const std::string& name) {
  const std::string path = store.blob_path(digest);
  auto contents = read_small_file(fs, path, limits::kManifestBytesMax);
  if (!contents.ok() && contents.error().kind == ErrorKind::kNotFound) {
    return Error{ErrorKind::kIncomplete, fmt::format("a blob of {} is missing: {}", name, path),
                 fmt::format("bring {} into the store again", name)};
  }
  if (!contents.ok() || sha256(*contents) == digest) return contents;
  return Error{ErrorKind::kCorrupt, path + " does not match its digest",
               fmt::format("bring {} into the store again", name)};
}

}  // namespace

Result<BundleModelSource> stored_source(FileSystem& fs, const Store& store, const Reference& reference) {
  BundleModelSource source;
  PANNIER_ASSIGN(source.blobs.manifest, read_blob(fs, store, reference.manifest_digest, reference.name));
  PANNIER_ASSIGN(const ParsedManifest parsed, parse_model_manifest(source.blobs.manifest, reference.name));
  PANNIER_TRY(check_kind(reference, parsed.model.kind, store.blob_path(reference.manifest_digest)));
  PANNIER_ASSIGN(source.blobs.config, read_blob(fs, store, parsed.config_digest, reference.name));
  source.index_entry.name = reference.name;
  source.index_entry.kind = parsed.model.kind;
  source.index_entry.manifest = {reference.manifest_digest, source.blobs.manifest.size()};
  source.index_entry.config = {parsed.config_digest, source.blobs.config.size()};
  source.index_entry.files = parsed.model.files;
  for (const ModelFile& file : parsed.model.files) {
    source.source_paths.push_back(store.blob_path(file.digest));
  }
  for (const Digest& signature : reference.signatures) {
    PANNIER_ASSIGN(std::string contents, read_blob(fs, store, signature, reference.name));
    add_model_signature(source, std::move(contents));
  }
  return source;
}

Status check_manifest_size(const BundleModelSource& source) {
  if (source.index_entry.manifest.bytes <= limits::kManifestBytesMax) return {};
  return Error{
      ErrorKind::kLimit,
      fmt::format("the manifest of {} would take {} bytes, at most {} are allowed", source.index_entry.name,
                  source.index_entry.manifest.bytes, limits::kManifestBytesMax),
      "pack fewer files as one model"};
}

}  // namespace pannier
