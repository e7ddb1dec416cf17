// Lays out the data of a bundle: which entries there are, in which order, and where each one lies.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "format/bundle_index.h"
#include "format/tar.h"

namespace pannier {
namespace {

// Appends entries one after the other and knows where the next one begins.
class Layout {
 public:
  explicit Layout(const BundleTransport& transport) : transport_(transport) {}

  Status add(BundleEntry entry);
  // A blob that always crosses as it is.
  Status add_blob(const BlobInfo& blob);
  // A blob that crosses as `transport` says.
  Status add_file(const BlobInfo& blob);
  Result<BundleIndex> finish(std::vector<BundleModel> models);

 private:
  // False where it came before. kInvalid where it had another size then.
  Result<bool> is_new(const BlobInfo& blob);
  Status add_parts(const BlobInfo& blob, const EncodedBlob& encoded);
  // All that `transport` speaks of must have come.
  Status check_transport() const;
  Status check_bases() const;

  const BundleTransport& transport_;
  std::vector<BundleEntry> entries_;
  std::vector<BlobInfo> held_;
  std::map<Digest, uint64_t> bases_;
  size_t encoded_count_ = 0;
  std::map<Digest, uint64_t> bytes_by_digest_;  // of all blobs, held ones too
  uint64_t end_ = 0;
};

Error too_large(std::string_view path, uint64_t bytes) {
  return {ErrorKind::kLimit,
          fmt::format("the bundle would be larger than {} bytes with {} ({} bytes)", limits::kBundleBytesMax,
                      path, bytes),
          "pack fewer models into one bundle"};
}

Error two_sizes(const Digest& digest, uint64_t one, uint64_t other) {
  return {ErrorKind::kInvalid,
          fmt::format("blob {} is said to have {} bytes in one place and {} in another", digest.hex(), one,
                      other),
          ""};
}

Status Layout::add(BundleEntry entry) {
  // Both are at most kBundleBytesMax (2^50), so the sum cannot overflow.
  if (entry.bytes > limits::kBundleBytesMax) return too_large(entry.path, entry.bytes);
  const uint64_t whole = tar_entry_bytes({entry.path, entry.bytes});
  if (end_ + whole > limits::kBundleBytesMax) return too_large(entry.path, entry.bytes);
  const uint64_t header = whole - entry.bytes - tar_padding_bytes(entry.bytes);
  entry.offset = end_ + header;
  entries_.push_back(std::move(entry));
  end_ += whole;
  return {};
}

Result<bool> Layout::is_new(const BlobInfo& blob) {
  const auto [place, inserted] = bytes_by_digest_.try_emplace(blob.digest, blob.bytes);
  if (place->second != blob.bytes) return two_sizes(blob.digest, place->second, blob.bytes);
  return inserted;
}

Status Layout::add_blob(const BlobInfo& blob) {
  PANNIER_ASSIGN(const bool inserted, is_new(blob));
  if (!inserted) return {};
  return add({std::string(kBundleBlobFolder) + blob.digest.hex(), 0, blob.bytes, blob.digest});
}

Status Layout::add_file(const BlobInfo& blob) {
  const auto encoded = transport_.encoded.find(blob.digest);
  const bool is_held = transport_.held.contains(blob.digest);
  if (encoded == transport_.encoded.end() && !is_held) return add_blob(blob);
  PANNIER_ASSIGN(const bool inserted, is_new(blob));
  if (!inserted) return {};
  if (!is_held) return add_parts(blob, encoded->second);
  if (blob.bytes > limits::kBundleBytesMax) return too_large(blob.digest.hex(), blob.bytes);
  held_.push_back(blob);
  return {};
}

Status Layout::add_parts(const BlobInfo& blob, const EncodedBlob& encoded) {
  PANNIER_TRY(check_encoded_blob(blob, encoded));
  uint64_t decoded_offset = 0;
  for (size_t i = 0; i < encoded.parts.size(); ++i) {
    const BundlePart& part = encoded.parts[i];
    BundleEntry entry{bundle_part_path(blob.digest, i), 0, part.bytes, blob.digest, part.encoding};
    entry.decoded_offset = decoded_offset;
    entry.decoded_bytes = part.decoded_bytes;
    if (is_delta(part.encoding)) entry.base = encoded.base->digest;
    PANNIER_TRY(add(std::move(entry)));
    decoded_offset += part.decoded_bytes;
  }
  if (encoded.base) {
    const auto [place, inserted] = bases_.try_emplace(encoded.base->digest, encoded.base->bytes);
    if (place->second != encoded.base->bytes) {
      return two_sizes(encoded.base->digest, place->second, encoded.base->bytes);
    }
  }
  ++encoded_count_;
  return {};
}

Status Layout::check_transport() const {
  const bool is_plain = transport_.encoded.empty() && transport_.held.empty();
  if (is_plain != (transport_.layout == BundleLayout::kPlain)) {
    return Error{ErrorKind::kInvalid,
                 is_plain ? "the layout is encoded, but nothing in it is encoded or held"
                          : "the layout is plain, but something in it is encoded or held",
                 ""};
  }
  for (const Digest& blob : transport_.held) {
    if (!transport_.encoded.contains(blob)) continue;
    return Error{ErrorKind::kInvalid, fmt::format("blob {} is held, and in the bundle too", blob.hex()), ""};
  }
  if (held_.size() != transport_.held.size() || encoded_count_ != transport_.encoded.size()) {
    return Error{ErrorKind::kInvalid, "a blob is held or encoded that is no file's, or must lie plain", ""};
  }
  return {};
}

// A base is there before the bundle comes, so nothing of a bundle waits for another part of it.
Status Layout::check_bases() const {
  for (const auto& [base, bytes] : bases_) {
    const auto own = bytes_by_digest_.find(base);
    if (own == bytes_by_digest_.end()) continue;
    if (!transport_.held.contains(base)) {
      return Error{ErrorKind::kInvalid,
                   fmt::format("a delta builds on blob {}, which the bundle itself carries", base.hex()), ""};
    }
    if (own->second != bytes) return two_sizes(base, own->second, bytes);
  }
  return {};
}

Result<BundleIndex> Layout::finish(std::vector<BundleModel> models) {
  PANNIER_TRY(check_transport());
  PANNIER_TRY(check_bases());
  BundleIndex index;
  index.data_bytes = end_ + kTarTrailerBytes;
  index.blocks.resize((index.data_bytes + limits::kBlockBytes - 1) / limits::kBlockBytes);
  index.entries = std::move(entries_);
  index.models = std::move(models);
  index.layout = transport_.layout;
  std::sort(held_.begin(), held_.end());
  index.held = std::move(held_);
  for (const auto& [base, bytes] : bases_) index.bases.push_back({base, bytes});
  return index;
}

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

Status check_signatures(const BundleModel& model) {
  if (model.signatures.size() > limits::kSignaturesPerModelMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{} has {} signatures, at most {} are allowed", model.name,
                             model.signatures.size(), limits::kSignaturesPerModelMax),
                 ""};
  }
  for (size_t i = 0; i < model.signatures.size(); ++i) {
    if (model.signatures[i].bytes > limits::kManifestBytesMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("a signature of {} has {} bytes, at most {} are allowed", model.name,
                               model.signatures[i].bytes, limits::kManifestBytesMax),
                   ""};
    }
    if (i == 0 || model.signatures[i - 1].digest < model.signatures[i].digest) continue;
    return Error{ErrorKind::kInvalid,
                 fmt::format("the signatures of {} are not sorted, or one stands twice", model.name), ""};
  }
  return {};
}

}  // namespace

Result<BundleIndex> lay_out_bundle(std::vector<BundleModel> models, const BlobInfo& image_index,
                                   const BundleTransport& transport) {
  PANNIER_TRY(check_order(models));
  Layout layout(transport);
  PANNIER_TRY(layout.add({"oci-layout", 0, kOciLayoutFileContents.size(), sha256(kOciLayoutFileContents)}));
  PANNIER_TRY(layout.add({"index.json", 0, image_index.bytes, image_index.digest}));
  for (const BundleModel& model : models) {
    PANNIER_TRY(check_signatures(model));
    PANNIER_TRY(layout.add_blob(model.manifest));
    PANNIER_TRY(layout.add_blob(model.config));
    for (const BlobInfo& signature : model.signatures) PANNIER_TRY(layout.add_blob(signature));
  }
  for (const BundleModel& model : models) {
    for (const ModelFile& file : model.files) PANNIER_TRY(layout.add_file({file.digest, file.bytes}));
  }
  return layout.finish(std::move(models));
}

}  // namespace pannier
