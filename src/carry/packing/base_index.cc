// Which file of ours is most like the one that is packed.
#include "carry/packing/base_index.h"

#include <algorithm>
#include <tuple>

#include "base/limits.h"
#include "carry/packing/delta_plan.h"

namespace pannier {
namespace {

bool is_weight(std::string_view path) { return file_role_of_path(path) == FileRole::kWeight; }

uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

// Of files in models of different names: small texts have little in common, and are better read by a scanner;
// larger ones, vocabularies and weights, may have where they are about as large, within a quarter.
bool is_worth_trying(const ModelFile& file, uint64_t base_bytes) {
  constexpr uint64_t kForeignBaseBytesMin = 64 * limits::kKiB;
  return file.bytes >= kForeignBaseBytesMin &&
         distance(file.bytes, base_bytes) <= std::max(file.bytes, base_bytes) / 4;
}

}  // namespace

void BaseIndex::add_file(const std::string& model, const ModelFile& file) {
  BaseFile base{model, file.path, {file.digest, file.bytes}, store_->has_blob(file.digest, file.bytes)};
  by_path_.emplace(file.path, files_.size());
  if (is_weight(file.path)) weights_by_bytes_.emplace(file.bytes, files_.size());
  files_.push_back(std::move(base));
}

Result<bool> BaseIndex::add_manifest(FileSystem& fs, const Digest& digest, const HeldState& held) {
  const auto [seen, is_new] = seen_manifests_.try_emplace(digest, true);
  if (!is_new) return seen->second;
  const std::string path = store_->blob_path(digest);
  auto contents = read_small_file(fs, path, limits::kManifestBytesMax);
  if (!contents.ok() && contents.error().kind == ErrorKind::kNotFound) {
    seen->second = false;
    return false;
  }
  if (!contents.ok()) return std::move(contents).error();
  if (sha256(*contents) != digest) {
    return Error{ErrorKind::kCorrupt, path + " does not match its digest", "run `fsck` on this store"};
  }
  auto parsed = parse_model_manifest(*contents, path);
  if (!parsed.ok() && parsed.error().kind == ErrorKind::kUnsupported) return true;  // of a newer release
  if (!parsed.ok()) return std::move(parsed).error();
  if (parsed->model.kind == ArtifactKind::kWheelhouse)
    return true;  // wheels are alike by digest or not at all
  for (const ModelFile& file : parsed->model.files) {
    if (held.holds(file.digest, file.bytes)) add_file(parsed->model.name, file);
  }
  return true;
}

Result<BaseIndex> BaseIndex::read(FileSystem& fs, const Store& store, const HeldState& held) {
  BaseIndex index;
  index.store_ = &store;
  for (const ReceiptReference& reference : held.references) {
    PANNIER_ASSIGN(const bool is_here, index.add_manifest(fs, reference.manifest, held));
    if (!is_here) index.unknown_names_.emplace(name_without_revision(reference.name));
  }
  PANNIER_ASSIGN(const ImageIndex references, store.references());
  for (const Reference& reference : references.references) {
    PANNIER_ASSIGN(const bool is_here, index.add_manifest(fs, reference.manifest_digest, held));
    if (!is_here) return store.manifest(reference).error();
  }
  return index;
}

bool BaseIndex::is_unknown_here(const std::string& model) const {
  return unknown_names_.contains(name_without_revision(model));
}

const BaseFile* BaseIndex::find(const std::string& model, const ModelFile& file) const {
  const BaseFile* best = nullptr;
  using Rank = std::tuple<bool, bool, bool, bool, uint64_t>;
  Rank best_rank{};
  const auto offer = [&](const BaseFile& base) {
    const bool is_same_model = name_without_revision(base.model) == name_without_revision(model);
    const bool is_same_path = base.path == file.path;
    if (!is_same_model && !is_worth_trying(file, base.blob.bytes)) return;
    // The smallest wins: what is here, then the same model, then the same path, then the nearest size.
    const Rank rank{!base.is_here, !(is_same_model && is_same_path), !is_same_path, base.model != model,
                    distance(base.blob.bytes, file.bytes)};
    if (best == nullptr || rank < best_rank) {
      best = &base;
      best_rank = rank;
    }
  };
  const auto [first, last] = by_path_.equal_range(file.path);
  for (auto found = first; found != last; ++found) offer(files_[found->second]);
  if (is_weight(file.path)) {
    const auto [begin, end] = weights_by_bytes_.equal_range(file.bytes);
    for (auto found = begin; found != end; ++found) offer(files_[found->second]);
  }
  return best;
}

}  // namespace pannier
