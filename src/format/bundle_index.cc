// Lays out the data of a bundle, and writes its index in the one canonical way.
#include "format/bundle_index.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <map>

#include "base/json.h"
#include "format/tar.h"

namespace pannier {
namespace {

// Appends entries one after the other and knows where the next one begins.
class Layout {
 public:
  Status add(std::string path, const BlobInfo& blob) {
    // Both are at most kBundleBytesMax (2^50), so the sum cannot overflow.
    if (blob.bytes > limits::kBundleBytesMax) return too_large(path, blob.bytes);
    const TarEntry entry{path, blob.bytes};
    const uint64_t whole = tar_entry_bytes(entry);
    const uint64_t header = whole - blob.bytes - tar_padding_bytes(blob.bytes);
    if (end_ + whole > limits::kBundleBytesMax) return too_large(path, blob.bytes);
    entries_.push_back({std::move(path), end_ + header, blob.bytes, blob.digest});
    end_ += whole;
    return {};
  }

  Status add_blob(const BlobInfo& blob) {
    const auto [place, is_new] = bytes_by_digest_.try_emplace(blob.digest, blob.bytes);
    if (is_new) return add(std::string(kBundleBlobFolder) + blob.digest.hex(), blob);
    if (place->second == blob.bytes) return {};
    return Error{ErrorKind::kInvalid,
                 fmt::format("blob {} is said to have {} bytes in one place and {} in another",
                             blob.digest.hex(), place->second, blob.bytes),
                 ""};
  }

  BundleIndex finish(std::vector<BundleModel> models) {
    BundleIndex index;
    index.data_bytes = end_ + kTarTrailerBytes;
    index.blocks.resize((index.data_bytes + limits::kBlockBytes - 1) / limits::kBlockBytes);
    index.entries = std::move(entries_);
    index.models = std::move(models);
    return index;
  }

 private:
  static Error too_large(std::string_view path, uint64_t bytes) {
    return {ErrorKind::kLimit,
            fmt::format("the bundle would be larger than {} bytes with {} ({} bytes)",
                        limits::kBundleBytesMax, path, bytes),
            "pack fewer models into one bundle"};
  }

  std::vector<BundleEntry> entries_;
  std::map<Digest, uint64_t> bytes_by_digest_;
  uint64_t end_ = 0;
};

Status check_order(const std::vector<BundleModel>& models) {
  if (models.empty()) return Error{ErrorKind::kInvalid, "a bundle holds at least one model", ""};
  if (models.size() > limits::kModelsPerBundleMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{} models, at most {} fit a bundle", models.size(), limits::kModelsPerBundleMax), ""};
  }
  for (size_t i = 1; i < models.size(); ++i) {
    if (models[i - 1].name < models[i].name) continue;
    return Error{ErrorKind::kInvalid,
                 fmt::format("model \"{}\" stands after \"{}\": not sorted, or twice", models[i].name,
                             models[i - 1].name),
                 ""};
  }
  return {};
}

bool holds_only_models(const std::vector<BundleModel>& models) {
  return std::all_of(models.begin(), models.end(),
                     [](const BundleModel& model) { return model.kind == ArtifactKind::kModel; });
}

void write_blob(JsonWriter& json, std::string_view key, const BlobInfo& blob) {
  json.key(key).begin_object();
  json.member("digest", blob.digest.oci());
  json.member("bytes", blob.bytes);
  json.end_object();
}

void write_entries(JsonWriter& json, const std::vector<BundleEntry>& entries) {
  json.key("entries").begin_array();
  for (const BundleEntry& entry : entries) {
    json.begin_object();
    json.member("path", entry.path);
    json.member("offset", entry.offset);
    json.member("bytes", entry.bytes);
    json.member("digest", entry.digest.oci());
    json.member("encoding", "identity");
    json.end_object();
  }
  json.end_array();
}

void write_model(JsonWriter& json, const BundleModel& model) {
  json.begin_object();
  json.member("name", model.name);
  write_blob(json, "manifest", model.manifest);
  write_blob(json, "config", model.config);
  json.key("files").begin_array();
  for (const ModelFile& file : model.files) {
    json.begin_object();
    json.member("path", file.path);
    json.member("mode", file.executable ? "0755" : "0644");
    json.member("bytes", file.bytes);
    json.member("digest", file.digest.oci());
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

// What an entry is to a person: the first thing of that digest.
std::string describe_entry(const BundleIndex& index, const BundleEntry& entry) {
  if (!entry.path.starts_with(kBundleBlobFolder)) return entry.path;
  for (const BundleModel& model : index.models) {
    if (model.manifest.digest == entry.digest) return fmt::format("the manifest of {}", model.name);
    if (model.config.digest == entry.digest) return fmt::format("the config of {}", model.name);
    for (const ModelFile& file : model.files) {
      if (file.digest == entry.digest) return fmt::format("{} ({})", file.path, model.name);
    }
  }
  return entry.path;
}

}  // namespace

uint64_t BundleModel::total_bytes() const { return pannier::total_bytes(files); }

Reference BundleModel::reference() const {
  return {name, manifest.digest, manifest.bytes, std::string(artifact_type_of_kind(kind))};
}

std::string_view bundle_list_name(ArtifactKind kind) {
  switch (kind) {
    case ArtifactKind::kModel:
      return "models";
    case ArtifactKind::kDataset:
      return "datasets";
    case ArtifactKind::kWheelhouse:
      return "wheelhouses";
  }
  assert(false && "every kind has a list");
  return "";
}

uint64_t BundleIndex::block_bytes(uint64_t block) const {
  assert(block < blocks.size());
  return std::min(limits::kBlockBytes, data_bytes - block * limits::kBlockBytes);
}

Result<BundleIndex> lay_out_bundle(std::vector<BundleModel> models, const BlobInfo& image_index) {
  PANNIER_TRY(check_order(models));
  Layout layout;
  PANNIER_TRY(layout.add("oci-layout", {sha256(kOciLayoutFileContents), kOciLayoutFileContents.size()}));
  PANNIER_TRY(layout.add("index.json", image_index));
  for (const BundleModel& model : models) {
    PANNIER_TRY(layout.add_blob(model.manifest));
    PANNIER_TRY(layout.add_blob(model.config));
  }
  for (const BundleModel& model : models) {
    for (const ModelFile& file : model.files) PANNIER_TRY(layout.add_blob({file.digest, file.bytes}));
  }
  return layout.finish(std::move(models));
}

std::string bundle_image_index(const std::vector<BundleModel>& models) {
  ImageIndex index;
  for (const BundleModel& model : models) {
    index.references.push_back(model.reference());
  }
  return write_image_index(index);
}

Digest bundle_payload_digest(const std::vector<BundleModel>& models) {
  // Version 1 knew models alone; what it could say is still said as it was.
  const bool is_version_1 = holds_only_models(models);
  Sha256 sha;
  sha.update(is_version_1 ? "pannier payload v1\n" : "pannier payload v2\n");
  for (const BundleModel& model : models) {
    for (const ModelFile& file : model.files) {
      if (!is_version_1) sha.update(fmt::format("{}\t", artifact_kind_name(model.kind)));
      sha.update(fmt::format("{}\t{}\t{}\t{}\t{}\n", model.name, file.path, file.executable ? "0755" : "0644",
                             file.bytes, file.digest.hex()));
    }
  }
  return sha.finish();
}

std::string write_bundle_index(const BundleIndex& index) {
  JsonWriter json;
  json.begin_object();
  json.member("version", uint64_t{1});
  json.member("block_bytes", limits::kBlockBytes);
  json.member("data_bytes", index.data_bytes);
  json.key("blocks").begin_array();
  for (const Digest& block : index.blocks) json.string(block.hex());
  json.end_array();
  write_entries(json, index.entries);
  for (const ArtifactKind kind : kArtifactKinds) {
    const auto is_of_kind = [kind](const BundleModel& model) { return model.kind == kind; };
    const bool is_listed = std::any_of(index.models.begin(), index.models.end(), is_of_kind);
    if (!is_listed && kind != ArtifactKind::kModel) continue;
    json.key(bundle_list_name(kind)).begin_array();
    for (const BundleModel& model : index.models) {
      if (is_of_kind(model)) write_model(json, model);
    }
    json.end_array();
  }
  json.end_object();
  return json.take();
}

std::string bundle_contents_at(const BundleIndex& index, uint64_t first, uint64_t end) {
  constexpr size_t kNamesMax = 3;
  std::string names;
  size_t count = 0;
  uint64_t entry_begin = 0;
  for (const BundleEntry& entry : index.entries) {
    const uint64_t entry_end = entry.offset + entry.bytes + tar_padding_bytes(entry.bytes);
    if (entry_begin < end && first < entry_end) {
      if (count < kNamesMax) names += (count == 0 ? "" : ", ") + describe_entry(index, entry);
      ++count;
    }
    entry_begin = entry_end;
  }
  if (count == 0) return "the end of the archive";
  if (count > kNamesMax) names += fmt::format(" and {} more", count - kNamesMax);
  return names;
}

}  // namespace pannier
