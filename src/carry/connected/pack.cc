// pack: walk and hash folders (all files at once), read what the store holds, hand it all to pack_bundle.
#include "carry/connected/pack.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include "base/limits.h"
#include "base/read_pieces.h"
#include "base/threads.h"
#include "carry/packing/stored_source.h"

namespace pannier {
namespace {

constexpr uint32_t kHashThreadsMax = 8;

// A source on its way into a bundle. A folder's walk gives paths and sizes, the digests come later; what
// the store holds is known at once.
struct Model {
  PackSource source;
  FolderWalk walk;                          // of a folder
  std::optional<BundleModelSource> stored;  // of the store
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
  Model model{source, {}, std::nullopt, 0};
  if (source.stored) {
    PANNIER_ASSIGN(model.stored, stored_source(fs, *options.store, *source.stored));
    model.source.name = source.stored->name;
    model.bytes = model.stored->index_entry.total_bytes();
    return model;
  }
  if (model.source.name.empty()) {
    PANNIER_ASSIGN(model.source.name, default_ref_name(source.folder));
  }
  PANNIER_TRY(check_ref_name(model.source.name));
  PANNIER_ASSIGN(model.walk, walk_model_folder(fs, source.folder, options.bundle.output));
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

uint64_t bytes_of(const std::vector<Model>& models) {
  uint64_t bytes = 0;
  for (const Model& model : models) bytes += model.bytes;
  return bytes;
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
  const PackBundleOptions& bundle = options.bundle;
  // Whatever can be refused is refused before minutes of hashing.
  if (!bundle.dry_run) PANNIER_TRY(check_bundle_path(fs, bundle.output, bundle.overwrite));
  PANNIER_ASSIGN(std::vector<Model> models, open_sources(fs, sources, options));
  const uint64_t hash_bytes = bytes_to_hash(models);
  const uint64_t write_bytes = bundle.dry_run ? 0 : bytes_of(models);
  const uint64_t bytes_total = hash_bytes + write_bytes;
  PANNIER_ASSIGN(std::vector<std::vector<ModelFile>> files,
                 hash_models(fs, models, part_of(bundle.transfer, 0, hash_bytes, bytes_total)));

  PackResult result;
  std::vector<BundleModelSource> bundle_sources;
  for (size_t i = 0; i < models.size(); ++i) {
    const FolderWalk& walk = models[i].walk;
    result.left_out.insert(result.left_out.end(), walk.left_out.begin(), walk.left_out.end());
    bundle_sources.push_back(models[i].stored ? std::move(*models[i].stored)
                                              : bundle_source(models[i], std::move(files[i])));
  }
  PackBundleOptions writing = bundle;
  writing.transfer = part_of(bundle.transfer, hash_bytes, write_bytes, bytes_total);
  PANNIER_ASSIGN(result.bundle, pack_bundle(fs, std::move(bundle_sources), writing));
  for (size_t i = 0; i < models.size(); ++i) result.bundle.models[i].folder = models[i].source.folder;
  return result;
}

}  // namespace pannier
