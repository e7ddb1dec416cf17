// Signs every model, decides how its files cross, writes the bundle, and says what became how large.
#include "carry/packing/pack_bundle.h"

#include <map>
#include <set>

#include "carry/packing/stored_source.h"
#include "carry/transport/volumes/publish_files.h"
#include "format/model_signature.h"

namespace pannier {
namespace {

BundleWriteOptions write_options(const PackBundleOptions& options) {
  BundleWriteOptions out;
  out.path = options.output;
  out.overwrite = options.overwrite;
  out.layout = options.plain ? BundleLayout::kPlain : BundleLayout::kEncoded;
  out.claim = options.claim;
  out.volumes = options.volumes;
  out.read_back = options.read_back;
  out.threads = options.threads;
  out.transfer = options.transfer;
  return out;
}

// Adds up what the entries of a bundle say of each model.
class Figures {
 public:
  explicit Figures(const BundleIndex& index) {
    for (const BundleEntry& entry : index.entries) {
      bundle_bytes_[entry.digest] += entry.bytes;
      if (entry.base) deltas_.insert(entry.digest);
    }
    for (const BlobInfo& blob : index.held) held_.insert(blob.digest);
  }

  PackedModel of(const BundleModel& model) {
    PackedModel packed{model.name, "", model.kind, model.files.size(), model.total_bytes()};
    for (const ModelFile& file : model.files) {
      if (held_.contains(file.digest)) {
        ++packed.held_count;
        packed.held_bytes += file.bytes;
      }
      packed.delta_count += deltas_.contains(file.digest) ? 1 : 0;
      if (counted_.insert(file.digest).second) packed.bundle_bytes += bundle_bytes_[file.digest];
    }
    return packed;
  }

 private:
  std::map<Digest, uint64_t> bundle_bytes_;
  std::set<Digest> held_;
  std::set<Digest> deltas_;
  std::set<Digest> counted_;
};

// Each key vouches for each model by itself, so that it can be checked where the bundle is long gone.
Status sign_models(std::vector<BundleModelSource>& sources, const std::vector<const P256PrivateKey*>& keys) {
  for (BundleModelSource& source : sources) {
    const BundleModel& model = source.index_entry;
    for (const P256PrivateKey* key : keys) {
      auto signature = sign_model(model.name, model.files, *key);
      // Nothing but files that such signatures leave out: the bundle's own signature covers them.
      if (!signature.ok() && signature.error().kind == ErrorKind::kInvalid) continue;
      if (!signature.ok()) return signature.error();
      add_model_signature(source, std::move(signature).value());
    }
  }
  return {};
}

void describe(const BundleIndex& index, PackedBundle& result) {
  Figures figures(index);
  for (const BundleModel& model : index.models) {
    result.models.push_back(figures.of(model));
    result.file_count += model.files.size();
    result.bytes += model.total_bytes();
  }
  result.block_count = index.blocks.size();
  result.layout = index.layout;
  result.contents = index.models;
}

}  // namespace

Status check_bundle_path(FileSystem& fs, const std::string& path, bool overwrite) {
  PANNIER_TRY(check_bundle_name(path));
  PANNIER_TRY(check_free_path(fs, path, overwrite));
  if (const auto parent = fs.stat(parent_folder(path)); !parent.ok()) return parent.error();
  return {};
}

Result<PackedBundle> pack_bundle(FileSystem& fs, std::vector<BundleModelSource> sources,
                                 const PackBundleOptions& options) {
  for (const BundleModelSource& source : sources) PANNIER_TRY(check_manifest_size(source));
  PANNIER_TRY(sign_models(sources, options.claim.keys));
  BundleWriteOptions writing = write_options(options);
  if (options.plan) {
    PANNIER_ASSIGN(writing.plan, options.plan(index_entries(sources)));
  }
  PackedBundle result;
  if (options.dry_run) {
    PANNIER_ASSIGN(const BundleOutline outline, outline_bundle(sources, writing));
    describe(outline.index, result);
    result.bundle_bytes = outline.bundle_bytes;
    result.payload_digest = bundle_payload_digest(outline.index.models);
    return result;
  }
  PANNIER_ASSIGN(const BundleWriteResult written, write_bundle(fs, sources, writing));
  describe(written.index, result);
  result.bundle_bytes = written.bundle_bytes;
  result.payload_digest = written.statement.payload_digest;
  result.statement_digest = written.statement_digest;
  result.files = written.files;
  return result;
}

}  // namespace pannier
