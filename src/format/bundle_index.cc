// Writes the index of a bundle in the one canonical way, and tells what lies where.
#include "format/bundle_index.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "base/json.h"
#include "format/tar.h"

namespace pannier {
namespace {

bool holds_only_models(const std::vector<BundleModel>& models) {
  return std::all_of(models.begin(), models.end(),
                     [](const BundleModel& model) { return model.kind == ArtifactKind::kModel; });
}

void write_blob(JsonWriter& json, const BlobInfo& blob) {
  json.begin_object();
  json.member("digest", blob.digest.oci());
  json.member("bytes", blob.bytes);
  json.end_object();
}

// Left out where it would be empty.
void write_blobs(JsonWriter& json, std::string_view key, const std::vector<BlobInfo>& blobs) {
  if (blobs.empty()) return;
  json.key(key).begin_array();
  for (const BlobInfo& blob : blobs) write_blob(json, blob);
  json.end_array();
}

void write_entries(JsonWriter& json, const std::vector<BundleEntry>& entries) {
  json.key("entries").begin_array();
  for (const BundleEntry& entry : entries) {
    json.begin_object();
    json.member("path", entry.path);
    json.member("offset", entry.offset);
    json.member("bytes", entry.bytes);
    if (entry.is_part()) {
      json.member("encoding", part_encoding_name(*entry.encoding));
      json.member("decoded_bytes", entry.decoded_bytes);
      if (entry.base) json.member("base", entry.base->oci());
    } else {
      json.member("digest", entry.digest.oci());
      json.member("encoding", "identity");
    }
    json.end_object();
  }
  json.end_array();
}

void write_model(JsonWriter& json, const BundleModel& model) {
  json.begin_object();
  json.member("name", model.name);
  json.key("manifest");
  write_blob(json, model.manifest);
  json.key("config");
  write_blob(json, model.config);
  write_blobs(json, "signatures", model.signatures);
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
  if (!entry.is_part() && !entry.path.starts_with(kBundleBlobFolder)) return entry.path;
  for (const BundleModel& model : index.models) {
    if (model.manifest.digest == entry.digest) return fmt::format("the manifest of {}", model.name);
    if (model.config.digest == entry.digest) return fmt::format("the config of {}", model.name);
    for (const ModelFile& file : model.files) {
      if (file.digest == entry.digest) return fmt::format("{} ({})", file.path, model.name);
    }
    for (const BlobInfo& signature : model.signatures) {
      if (signature.digest == entry.digest) return fmt::format("a signature of {}", model.name);
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
  write_blobs(json, "held", index.held);
  write_blobs(json, "bases", index.bases);
  if (index.layout == BundleLayout::kEncoded) json.member("padding", std::string(index.padding, '0'));
  json.end_object();
  return json.take();
}

std::string bundle_contents_at(const BundleIndex& index, uint64_t first, uint64_t end) {
  constexpr size_t kNamesMax = 3;
  std::string names;
  size_t count = 0;
  uint64_t entry_begin = 0;
  const BundleEntry* named = nullptr;
  for (const BundleEntry& entry : index.entries) {
    const uint64_t entry_end = entry.offset + entry.bytes + tar_padding_bytes(entry.bytes);
    // The parts of a blob are one thing to a person.
    const bool is_named = named != nullptr && entry.is_part() && named->digest == entry.digest;
    if (entry_begin < end && first < entry_end && !is_named) {
      named = &entry;
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
