// The index of a bundle: digests of its 4 MiB blocks, the entries of its data, the models, data sets and
// wheelhouses in it, and what the far side must have already.
// Page: docs/formats/bundle.md, sections 4 to 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "format/bundle_parts.h"
#include "format/oci.h"

namespace pannier {

inline constexpr std::string_view kBundleIndexPath = "pannier/index.json";

// One tar entry of the data. Offsets count from the first byte of the data.
struct BundleEntry {
  std::string path;
  uint64_t offset = 0;  // of the contents; the header lies right before
  uint64_t bytes = 0;
  Digest digest;  // of the contents; where this is a part: of the whole blob
  // Of a part alone; absent: the contents are the blob.
  std::optional<PartEncoding> encoding = std::nullopt;
  uint64_t decoded_offset = 0;  // where the part begins in its blob
  uint64_t decoded_bytes = 0;
  std::optional<Digest> base = std::nullopt;  // of a delta alone

  bool is_part() const { return encoding.has_value(); }
  friend bool operator==(const BundleEntry&, const BundleEntry&) = default;
};

// A model, a data set or a wheelhouse of a bundle.
struct BundleModel {
  std::string name;  // a ref name
  BlobInfo manifest;
  BlobInfo config;
  std::vector<ModelFile> files;  // sorted by path
  ArtifactKind kind = ArtifactKind::kModel;
  std::vector<BlobInfo> signatures = {};  // Sigstore bundles over these files; sorted by digest, none twice

  uint64_t total_bytes() const;
  Reference reference() const;  // by which `index.json` and a store name it
};

struct BundleIndex {
  uint64_t data_bytes = 0;
  std::vector<Digest> blocks;
  std::vector<BundleEntry> entries;
  std::vector<BundleModel> models;  // of all kinds, sorted by name
  BundleLayout layout = BundleLayout::kPlain;
  std::vector<BlobInfo> held = {};   // files' blobs that the far side has already; sorted by digest
  std::vector<BlobInfo> bases = {};  // blobs that deltas build on, which the far side has; sorted by digest
  // How many '0' fill the index up to the size that was kept free for it. In layout kEncoded alone.
  uint64_t padding = 0;

  uint64_t block_bytes(uint64_t block) const;  // kBlockBytes, or less for the last
};

// The member of the index that lists what is of this kind: "models", "datasets", "wheelhouses".
std::string_view bundle_list_name(ArtifactKind kind);

// The index that these models give: entries in order with their offsets, and zero digests in
// `blocks` for the writer to fill in. `image_index` is the entry `index.json`. Pure arithmetic, so a
// reader compares its result with what a bundle says. kInvalid for models that cannot be packed
// together (unsorted, a blob of two sizes) or cannot cross so (a held blob that is no file's, a base that
// the bundle itself carries, parts that do not make up their blob), kLimit.
Result<BundleIndex> lay_out_bundle(std::vector<BundleModel> models, const BlobInfo& image_index,
                                   const BundleTransport& transport = {});

// The contents of the entry `index.json` of the data.
std::string bundle_image_index(const std::vector<BundleModel>& models);

// What is the same when the same content is packed again (section 6).
Digest bundle_payload_digest(const std::vector<BundleModel>& models);

// Canonical; its length does not depend on the digests.
std::string write_bundle_index(const BundleIndex& index);

// Accepts exactly what write_bundle_index writes for a valid layout, else kCorrupt; kUnsupported
// ("made by a newer version") for another version, encoding or unknown members; kLimit. `what` names
// the bundle in messages.
Result<BundleIndex> parse_bundle_index(std::string_view json, std::string_view what);

// For people: which model files lie in the data bytes [first, end): "sst2: model.safetensors,
// vocab.txt and 3 more", "the manifests", "the end of the archive".
std::string bundle_contents_at(const BundleIndex& index, uint64_t first, uint64_t end);

}  // namespace pannier
