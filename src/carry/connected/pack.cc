// pack: walk and hash folders (all files at once), read what the store holds, lay out, write.
#include "carry/connected/pack.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>

#include "base/limits.h"
#include "base/read_pieces.h"
#include "base/threads.h"
#include "carry/transport/bundle_writer.h"

namespace pannier {
namespace {

constexpr uint32_t kHashThreadsMax = 8;

// A source on its way into a bundle. A folder's walk gives paths and sizes, the digests come later; a
// manifest of the store says everything.
struct Model {
  PackSource source;
  FolderWalk walk;       // of a folder
  ModelManifest stored;  // of the store
  uint64_t bytes = 0;
};

uint64_t walked_bytes(const FolderWalk& walk) {
  uint64_t bytes = 0;
  for (const WalkedFile& file : walk.files) bytes += file.bytes;
  return bytes;
}

// Keeps the paths of `only`; each of them must be there.
Status keep_only(const PackSource& source, FolderWalk& walk) {
  const std::set<std::string> wanted(source.only.begin(), source.only.end());
  std::vector<WalkedFile> kept;
  for (WalkedFile& file : walk.files) {
    if (wanted.contains(file.path)) {
      kept.push_back(std::move(file));
    } else {
      walk.left_out.push_back({source.folder + "/" + file.path, "not asked for"});
    }
  }
  if (kept.size() != wanted.size()) {
    return Error{ErrorKind::kCorrupt, source.folder + " changed while it was packed: files are gone",
                 "try again"};
  }
  walk.files = std::move(kept);
  return {};
}

Result<Model> open_source(FileSystem& fs, const PackSource& source, const PackOptions& options) {
  Model model{source, {}, {}, 0};
  if (source.stored) {
    PANNIER_ASSIGN(model.stored, options.store->manifest(*source.stored));
    model.source.name = source.stored->name;
    model.bytes = total_bytes(model.stored.files);
    return model;
  }
  if (model.source.name.empty()) {
    PANNIER_ASSIGN(model.source.name, default_ref_name(source.folder));
  }
  PANNIER_TRY(check_ref_name(model.source.name));
  PANNIER_ASSIGN(model.walk, walk_model_folder(fs, source.folder, options.output));
  if (!source.only.empty()) PANNIER_TRY(keep_only(source, model.walk));
  model.bytes = walked_bytes(model.walk);
  return model;
}

std::string where_from(const PackSource& source) {
  return source.stored ? "the store's " + source.stored->name : source.folder;
}

Result<std::vector<Model>> open_sources(FileSystem& fs, const std::vector<PackSource>& sources,
                                        const PackOptions& options) {
  if (sources.empty()) return Error{ErrorKind::kInvalid, "nothing to pack", "name a model or a folder"};
  if (sources.size() > limits::kModelsPerBundleMax) {
    return Error{ErrorKind::kLimit, fmt::format("{} models are too many for a bundle", sources.size()), ""};
  }
  std::vector<Model> models;
  for (const PackSource& source : sources) {
    PANNIER_ASSIGN(Model model, open_source(fs, source, options));
    models.push_back(std::move(model));
  }
  std::sort(models.begin(), models.end(),
            [](const Model& a, const Model& b) { return a.source.name < b.source.name; });
  for (size_t i = 1; i < models.size(); ++i) {
    if (models[i - 1].source.name != models[i].source.name) continue;
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} and {} would both be called \"{}\"", where_from(models[i - 1].source),
                             where_from(models[i].source), models[i].source.name),
                 "give one of them another name"};
  }
  return models;
}

// Counts bytes from all threads; only the caller's thread reports.
class HashProgress {
 public:
  HashProgress(const Transfer& transfer, uint64_t bytes_total) : transfer_(transfer), total_(bytes_total) {}

  void add(uint64_t bytes) {
    const uint64_t done = done_.fetch_add(bytes) + bytes;
    if (std::this_thread::get_id() == caller_) transfer_.report(done, total_);
  }
  Status check_cancel() const { return transfer_.check_cancel(); }

 private:
  const Transfer& transfer_;
  const uint64_t total_;
  const std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<uint64_t> done_{0};
};

Status hash_file(FileSystem& fs, const WalkedFile& walked, ModelFile& file, HashProgress& progress) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> input, fs.open(walked.source));
  Sha256 sha;
  PANNIER_TRY(read_pieces(*input, [&](ByteSpan piece) -> Status {
    PANNIER_TRY(progress.check_cancel());
    sha.update(piece);
    progress.add(piece.size());
    return {};
  }));
  file = {walked.path, walked.executable, input->size(), sha.finish()};
  return {};
}

// Bytes of folders, which are hashed before they are written.
uint64_t bytes_to_hash(const std::vector<Model>& models) {
  uint64_t bytes = 0;
  for (const Model& model : models) bytes += model.source.stored ? 0 : model.bytes;
  return bytes;
}

// Digests of all files of all folders, several at once; nothing for what the store holds.
Result<std::vector<std::vector<ModelFile>>> hash_models(FileSystem& fs, const std::vector<Model>& models,
                                                        const Transfer& transfer) {
  struct Job {
    const WalkedFile* walked;
    ModelFile* file;
    Status status;
  };
  std::vector<std::vector<ModelFile>> files(models.size());
  std::vector<Job> jobs;
  for (size_t i = 0; i < models.size(); ++i) {
    files[i].resize(models[i].walk.files.size());  // none for what the store holds
    for (size_t j = 0; j < files[i].size(); ++j) {
      jobs.push_back({&models[i].walk.files[j], &files[i][j], {}});
    }
  }
  HashProgress progress(transfer, bytes_to_hash(models));
  std::atomic<bool> failed{false};
  ThreadPool pool(std::min(usable_processor_count(), kHashThreadsMax));
  pool.parallel_for(jobs.size(), [&](size_t index, uint32_t) {
    if (failed.load()) return;
    jobs[index].status = hash_file(fs, *jobs[index].walked, *jobs[index].file, progress);
    if (!jobs[index].status.ok()) failed.store(true);
  });
  for (Job& job : jobs) PANNIER_TRY(std::move(job.status));
  return files;
}

BundleModelSource bundle_source(const Model& model, std::vector<ModelFile> files) {
  ModelManifest manifest{model.source.name, std::move(files)};
  BundleModelSource source;
  source.blobs = write_model_manifest(manifest);
  source.index_entry.name = model.source.name;
  source.index_entry.manifest = {sha256(source.blobs.manifest), source.blobs.manifest.size()};
  source.index_entry.config = {sha256(source.blobs.config), source.blobs.config.size()};
  source.index_entry.files = std::move(manifest.files);
  for (const WalkedFile& file : model.walk.files) source.source_paths.push_back(file.source);
  return source;
}

// The manifest as the store has it: its bytes cross, so that the far side's is the very same.
Result<BundleModelSource> stored_source(FileSystem& fs, const Store& store, const Model& model) {
  const Reference& reference = *model.source.stored;
  BundleModelSource source;
  PANNIER_ASSIGN(source.blobs.manifest,
                 read_small_file(fs, store.blob_path(reference.manifest_digest), limits::kManifestBytesMax));
  if (sha256(source.blobs.manifest) != reference.manifest_digest) {
    return Error{ErrorKind::kCorrupt,
                 store.blob_path(reference.manifest_digest) + " does not match its digest",
                 "fetch " + reference.name + " again"};
  }
  PANNIER_ASSIGN(const ParsedManifest parsed, parse_model_manifest(source.blobs.manifest, reference.name));
  PANNIER_ASSIGN(source.blobs.config,
                 read_small_file(fs, store.blob_path(parsed.config_digest), limits::kManifestBytesMax));
  source.index_entry.name = reference.name;
  source.index_entry.kind = parsed.model.kind;
  source.index_entry.manifest = {reference.manifest_digest, reference.manifest_bytes};
  source.index_entry.config = {parsed.config_digest, parsed.config_bytes};
  source.index_entry.files = parsed.model.files;
  for (const ModelFile& file : parsed.model.files)
    source.source_paths.push_back(store.blob_path(file.digest));
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

Status lay_out_only(const std::vector<BundleModelSource>& sources, PackResult& result) {
  std::vector<BundleModel> models;
  models.reserve(sources.size());
  for (const BundleModelSource& source : sources) models.push_back(source.index_entry);
  const std::string image_index = bundle_image_index(models);
  PANNIER_ASSIGN(const BundleIndex layout,
                 lay_out_bundle(std::move(models), {sha256(image_index), image_index.size()}));
  result.bundle_bytes = bundle_bytes_of(layout);
  result.block_count = layout.blocks.size();
  result.payload_digest = bundle_payload_digest(layout.models);
  return {};
}

PackResult describe(const std::vector<Model>& models) {
  PackResult result;
  for (const Model& model : models) {
    PackedModel packed{model.source.name, model.source.folder, model.stored.kind, 0, model.bytes};
    packed.file_count = model.source.stored ? model.stored.files.size() : model.walk.files.size();
    result.file_count += packed.file_count;
    result.bytes += packed.bytes;
    result.left_out.insert(result.left_out.end(), model.walk.left_out.begin(), model.walk.left_out.end());
    result.models.push_back(std::move(packed));
  }
  return result;
}

// What hashing says of its bytes, or writing of the bundle's, as a part of the whole work. Both are told
// in bytes of files; what the archive adds around them is left out.
Transfer part_of(const Transfer& transfer, uint64_t bytes_before, uint64_t bytes_of_part,
                 uint64_t bytes_total) {
  Transfer part;
  part.cancel = transfer.cancel;
  part.progress = [&transfer, bytes_before, bytes_of_part, bytes_total](uint64_t bytes_done, uint64_t all) {
    const uint64_t done = bytes_done == all ? bytes_of_part : std::min(bytes_done, bytes_of_part);
    transfer.report(bytes_before + done, bytes_total);
  };
  return part;
}

}  // namespace

Result<std::string> default_ref_name(const std::string& folder) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(folder, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename().string();
  if (Status named = check_ref_name(name); error || !named.ok()) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("the folder {} has no name that a model could have{}", folder,
                             named.ok() ? "" : ": " + named.error().message),
                 "give a name: NAME=FOLDER"};
  }
  return name;
}

Result<PackResult> pack_sources(FileSystem& fs, const std::vector<PackSource>& sources,
                                const PackOptions& options) {
  // Whatever can be refused is refused before minutes of hashing.
  if (!options.dry_run) PANNIER_TRY(check_bundle_target(fs, options.output, options.overwrite, 0));
  PANNIER_ASSIGN(const std::vector<Model> models, open_sources(fs, sources, options));
  PackResult result = describe(models);
  const uint64_t hash_bytes = bytes_to_hash(models);
  const uint64_t bytes_total = hash_bytes + (options.dry_run ? 0 : result.bytes);
  PANNIER_ASSIGN(std::vector<std::vector<ModelFile>> files,
                 hash_models(fs, models, part_of(options.transfer, 0, hash_bytes, bytes_total)));

  std::vector<BundleModelSource> bundle_sources;
  for (size_t i = 0; i < models.size(); ++i) {
    if (models[i].source.stored) {
      PANNIER_ASSIGN(BundleModelSource source, stored_source(fs, *options.store, models[i]));
      bundle_sources.push_back(std::move(source));
    } else {
      bundle_sources.push_back(bundle_source(models[i], std::move(files[i])));
    }
    PANNIER_TRY(check_manifest_size(bundle_sources.back()));
  }
  if (options.dry_run) {
    PANNIER_TRY(lay_out_only(bundle_sources, result));
    return result;
  }
  PANNIER_ASSIGN(const BundleWriteResult written,
                 write_bundle(fs, bundle_sources, options.output, options.overwrite,
                              part_of(options.transfer, hash_bytes, result.bytes, bytes_total)));
  result.bundle_bytes = written.bundle_bytes;
  result.block_count = written.block_count;
  result.payload_digest = written.statement.payload_digest;
  return result;
}

}  // namespace pannier
