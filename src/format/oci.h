// OCI image layout and CNCF ModelPack manifests: how store and bundle describe the models, data sets and
// wheelhouses that they hold.
//
// Sources: opencontainers/image-spec v1.1 (image-layout.md, manifest.md, image-index.md) and
// modelpack/model-spec v1 (media types, org.cncf.model.filepath). Page: docs/formats/store.md.
// Everything we write is canonical: the same content gives the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace pannier {

inline constexpr std::string_view kOciLayoutFileContents = "{\"imageLayoutVersion\":\"1.0.0\"}";
inline constexpr std::string_view kMediaTypeOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kMediaTypeOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kArtifactTypeModel = "application/vnd.cncf.model.manifest.v1+json";
inline constexpr std::string_view kArtifactTypeDataset = "application/vnd.pannier.dataset.v1+json";
inline constexpr std::string_view kArtifactTypeWheelhouse = "application/vnd.pannier.wheelhouse.v1+json";
inline constexpr std::string_view kMediaTypeModelConfig = "application/vnd.cncf.model.config.v1+json";
inline constexpr std::string_view kMediaTypeEmptyConfig = "application/vnd.oci.empty.v1+json";

// What a manifest describes.
enum class ArtifactKind { kModel, kDataset, kWheelhouse };
inline constexpr ArtifactKind kArtifactKinds[] = {ArtifactKind::kModel, ArtifactKind::kDataset,
                                                  ArtifactKind::kWheelhouse};
std::string_view artifact_type_of_kind(ArtifactKind kind);
// nullopt for a type that this release does not know.
std::optional<ArtifactKind> kind_of_artifact_type(std::string_view artifact_type);
std::string_view artifact_kind_name(ArtifactKind kind);  // "model", "dataset", "wheelhouse"

// What a file of a model is for, by its name; becomes the layer's media type.
enum class FileRole { kWeight, kWeightConfig, kDoc, kCode };
FileRole file_role_of_path(std::string_view path);
std::string_view media_type_of_role(FileRole role);

// One file of a model, a data set or a wheelhouse.
struct ModelFile {
  std::string path;         // a valid SafePath
  bool executable = false;  // mode 0755 instead of 0644
  uint64_t bytes = 0;
  Digest digest;  // of the file's contents
  // What upstream calls these contents, as the Hub's caches do: 40 hexadecimal characters, the SHA-1 of the
  // git blob; or 64, the SHA-256 of an LFS file, which is then `digest`. Empty: not said.
  std::string upstream_id = {};

  friend bool operator==(const ModelFile&, const ModelFile&) = default;
};

// The contents of all these files together. REQUIRES: files of one checked manifest (no overflow).
uint64_t total_bytes(const std::vector<ModelFile>& files);

// Where contents come from, and what else they are called. Shown, used to find a model by another name
// and to lay out a Hub cache; never part of the payload digest. Members may be empty; `commit` and
// `revision` need a `repo`.
struct Upstream {
  std::string repo;                  // "org/name" or "name", as the Hub calls it now
  std::string commit;                // 40 lower-case hexadecimal characters
  std::string revision;              // as it was asked for: "main", a tag, "refs/pr/1"; a valid SafePath
  std::vector<std::string> aliases;  // other ref names it goes by; sorted, unique, without its own
  std::string licence;               // as the model card says: "apache-2.0"
  std::string source;  // for people: "https://huggingface.co/org/name", "pypi x 1.0"; no path of a machine

  bool empty() const { return *this == Upstream{}; }
  friend bool operator==(const Upstream&, const Upstream&) = default;
};

// Whether the Hub could call a repository so: "name" or "org/name", of a bounded length.
bool is_repo_name(std::string_view text);

// What a wheelhouse is for.
struct WheelhouseInfo {
  std::string target;                     // "linux-x86_64-glibc2.28-cp39": [A-Za-z0-9._-], at most 128 bytes
  std::vector<std::string> requirements;  // as they were asked for: "transformers[torch]"; in that order

  friend bool operator==(const WheelhouseInfo&, const WheelhouseInfo&) = default;
};

// What a manifest says. Files sorted by path (byte order), no collisions.
struct ModelManifest {
  std::string name;  // title; what the ref was called when packed
  std::vector<ModelFile> files;
  ArtifactKind kind = ArtifactKind::kModel;
  Upstream upstream = {};          // may be empty
  WheelhouseInfo wheelhouse = {};  // for wheelhouses only, whose files lie flat: no '/' in their paths
};

// That a manifest with these annotations and kind can be written: kInvalid, kLimit with the reason.
Status check_manifest_facts(const ModelManifest& model);

// A manifest blob and the config blob that it names: ModelPack's for a model, else OCI's empty one.
struct ManifestBlobs {
  std::string manifest;  // canonical JSON
  std::string config;    // canonical JSON
};

// Canonical. REQUIRES: files sorted by path, at least one; check_manifest_facts holds.
ManifestBlobs write_model_manifest(const ModelManifest& model);

// What a manifest blob says, with the config blob it needs. Every path is checked by SafePath and
// SafePathSet; kCorrupt, kUnsupported (another artifact type), kLimit.
struct ParsedManifest {
  ModelManifest model;
  Digest config_digest;
  uint64_t config_bytes = 0;
};
Result<ParsedManifest> parse_model_manifest(std::string_view json, std::string_view what);

// The config and the layers that a manifest of whatever artifact type names, later releases' included: for
// who keeps what he need not understand. kCorrupt, kUnsupported (another digest algorithm), kLimit.
Result<std::vector<Digest>> blobs_of_manifest(std::string_view json, std::string_view what);

// A named manifest in an image index.
struct Reference {
  std::string name;  // valid by check_ref_name
  Digest manifest_digest;
  uint64_t manifest_bytes = 0;
  // As the index says; empty where it says nothing. Types that this release does not know are kept,
  // so that a store used by two releases loses nothing; only reading such a manifest is refused.
  std::string artifact_type = std::string(kArtifactTypeModel);
  // Other names that find it, a copy of the manifest's; sorted, unique. Written by a store's commit.
  std::vector<std::string> aliases = {};
  // The signed statement of the bundle that brought it, a blob of the store; absent for what was fetched or
  // unsigned.
  std::optional<Digest> origin = std::nullopt;
  // OpenSSF model signatures of these files (Sigstore bundles), blobs of the store; sorted, unique.
  std::vector<Digest> signatures = {};

  friend bool operator==(const Reference&, const Reference&) = default;
};

// How far a store has come on one channel: what makes an older bundle recognisable without a clock.
struct ChannelState {
  std::string name;       // [A-Za-z0-9._-], at most 64
  uint64_t sequence = 0;  // the highest that was installed
  Digest statement;       // of that bundle, a blob of the store

  friend bool operator==(const ChannelState&, const ChannelState&) = default;
};

// An OCI image index: `index.json` of a store or bundle, and a generation of a store.
struct ImageIndex {
  uint64_t generation = 0;                  // 0: none given (a bundle)
  std::vector<Reference> references;        // sorted by name, no duplicates
  std::vector<ChannelState> channels = {};  // sorted by name, no duplicates; none in a bundle
};
// Canonical. REQUIRES: references and channels sorted by name, no duplicates; signatures sorted, unique.
std::string write_image_index(const ImageIndex& index);
// Entries in any order; kCorrupt, kUnsupported (an entry that is no manifest), kLimit.
Result<ImageIndex> parse_image_index(std::string_view json, std::string_view what);

// A name under which a store keeps a model, or an alias of it: components of [A-Za-z0-9._-] joined by '/', at
// most one
// '@' before a revision; no component "." or "..", no '-' at the start; kInvalid with the reason.
Status check_ref_name(std::string_view name);

}  // namespace pannier
