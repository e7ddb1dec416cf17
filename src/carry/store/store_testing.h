// For tests only: small models in a store, put there and read back whole.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "base/limits.h"
#include "carry/store/store.h"

namespace pannier::store_testing {

using Files = std::map<std::string, std::string>;  // path -> contents

// Stages a model's files, config and manifest. Files below "bin/" are executable.
inline Result<Reference> stage_model(StoreWriter& writer, const std::string& name, const Files& files) {
  ModelManifest model;
  model.name = name;
  for (const auto& [path, contents] : files) {
    PANNIER_ASSIGN(const Digest digest, writer.add_blob(contents));
    model.files.push_back({path, path.starts_with("bin/"), contents.size(), digest});
  }
  const ManifestBlobs blobs = write_model_manifest(model);
  PANNIER_ASSIGN(const Digest config, writer.add_blob(blobs.config));
  (void)config;
  Reference reference;
  reference.name = name;
  PANNIER_ASSIGN(reference.manifest_digest, writer.add_blob(blobs.manifest));
  reference.manifest_bytes = blobs.manifest.size();
  return reference;
}

// One whole transaction, from opening the store on; gives the generation.
inline Result<uint64_t> put_models(FileSystem& fs, const std::string& root,
                                   const std::map<std::string, Files>& models) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open_or_create(fs, root));
  PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, store->begin());
  std::vector<Reference> references;
  for (const auto& [name, files] : models) {
    PANNIER_ASSIGN(Reference reference, stage_model(*writer, name, files));
    references.push_back(std::move(reference));
  }
  return writer->commit(references);
}

// A model's files, each checked against its digest.
inline Result<Files> read_model(FileSystem& fs, const Store& store, const Reference& reference) {
  PANNIER_ASSIGN(const ModelManifest model, store.manifest(reference));
  Files files;
  for (const ModelFile& file : model.files) {
    PANNIER_ASSIGN(std::string contents, read_small_file(fs, store.blob_path(file.digest), limits::kGiB));
    if (sha256(contents) != file.digest || contents.size() != file.bytes) {
      return Error{ErrorKind::kCorrupt, reference.name + ": " + file.path + " does not match its digest", ""};
    }
    files[file.path] = std::move(contents);
  }
  return files;
}

// Everything that the newest generation names.
inline Result<std::map<std::string, Files>> read_all(FileSystem& fs, const std::string& root) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, root));
  PANNIER_ASSIGN(const ImageIndex index, store->references());
  std::map<std::string, Files> models;
  for (const Reference& reference : index.references) {
    PANNIER_ASSIGN(models[reference.name], read_model(fs, *store, reference));
  }
  return models;
}

}  // namespace pannier::store_testing
