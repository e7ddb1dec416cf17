// pack: walk, hash (all files at once), lay out, write.
#include "carry/connected/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/limits.h"
#include "base/threads.h"
#include "carry/transport/bundle_writer.h"

namespace pannier {
namespace {

constexpr uint64_t kReadBytes = limits::kMiB;
constexpr uint32_t kHashThreadsMax = 8;

// A model on its way into a bundle. Its walk gives paths and sizes; the digests come later.
struct Model {
  PackSource source;
  FolderWalk walk;
};

Result<std::vector<Model>> walk_sources(FileSystem& fs, const std::vector<PackSource>& sources,
                                        const PackOptions& options) {
  if (sources.empty()) return Error{ErrorKind::kInvalid, "nothing to pack", "name a folder"};
  if (sources.size() > limits::kModelsPerBundleMax) {
    return Error{ErrorKind::kLimit, fmt::format("{} models are too many for a bundle", sources.size()), ""};
  }
  std::vector<Model> models;
  for (const PackSource& source : sources) {
    Model model{source, {}};
    if (model.source.name.empty()) {
      PANNIER_ASSIGN(model.source.name, default_ref_name(source.folder));
    }
    PANNIER_TRY(check_ref_name(model.source.name));
    PANNIER_ASSIGN(model.walk, walk_model_folder(fs, source.folder, options.output));
    models.push_back(std::move(model));
  }
  std::sort(models.begin(), models.end(),
            [](const Model& a, const Model& b) { return a.source.name < b.source.name; });
  for (size_t i = 1; i < models.size(); ++i) {
    if (models[i - 1].source.name != models[i].source.name) continue;
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} and {} would both be called \"{}\"", models[i - 1].source.folder,
                             models[i].source.folder, models[i].source.name),
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
  Bytes buffer(std::min(kReadBytes, input->size()));
  Sha256 sha;
  for (uint64_t offset = 0; offset < input->size();) {
    PANNIER_TRY(progress.check_cancel());
    const MutableByteSpan part(buffer.data(), std::min<uint64_t>(buffer.size(), input->size() - offset));
    PANNIER_TRY(input->read_at(offset, part));
    sha.update(part);
    offset += part.size();
    progress.add(part.size());
  }
  file = {walked.path, walked.executable, input->size(), sha.finish()};
  return {};
}

uint64_t walked_bytes(const std::vector<Model>& models) {
  uint64_t bytes = 0;
  for (const Model& model : models) {
    for (const WalkedFile& file : model.walk.files) bytes += file.bytes;
  }
  return bytes;
}

// Digests of all files of all models, several at once.
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
    files[i].resize(models[i].walk.files.size());
    for (size_t j = 0; j < files[i].size(); ++j) {
      jobs.push_back({&models[i].walk.files[j], &files[i][j], {}});
    }
  }
  HashProgress progress(transfer, walked_bytes(models));
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
    PackedModel packed{model.source.name, model.source.folder, model.walk.files.size(), 0};
    for (const WalkedFile& file : model.walk.files) packed.bytes += file.bytes;
    result.file_count += packed.file_count;
    result.bytes += packed.bytes;
    result.left_out.insert(result.left_out.end(), model.walk.left_out.begin(), model.walk.left_out.end());
    result.models.push_back(std::move(packed));
  }
  return result;
}

// Hashing is the first half of the work, writing the second.
Transfer half_of(const Transfer& transfer, uint64_t bytes_before, uint64_t bytes_total) {
  Transfer half;
  half.cancel = transfer.cancel;
  half.progress = [&transfer, bytes_before, bytes_total](uint64_t bytes_done, uint64_t bytes_of_half) {
    // Both halves are told in bytes of files; what the archive adds around them is left out.
    const uint64_t half_total = bytes_total / 2;
    const uint64_t done = bytes_done == bytes_of_half ? half_total : std::min(bytes_done, half_total);
    transfer.report(bytes_before + done, bytes_total);
  };
  return half;
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

Result<PackResult> pack_folders(FileSystem& fs, const std::vector<PackSource>& sources,
                                const PackOptions& options) {
  // Whatever can be refused is refused before minutes of hashing.
  if (!options.dry_run) PANNIER_TRY(check_bundle_target(fs, options.output, options.overwrite, 0));
  PANNIER_ASSIGN(const std::vector<Model> models, walk_sources(fs, sources, options));
  PackResult result = describe(models);
  const uint64_t bytes_total = options.dry_run ? result.bytes : 2 * result.bytes;
  const Transfer hashing = options.dry_run ? options.transfer : half_of(options.transfer, 0, bytes_total);
  PANNIER_ASSIGN(std::vector<std::vector<ModelFile>> files, hash_models(fs, models, hashing));

  std::vector<BundleModelSource> bundle_sources;
  for (size_t i = 0; i < models.size(); ++i) {
    bundle_sources.push_back(bundle_source(models[i], std::move(files[i])));
    PANNIER_TRY(check_manifest_size(bundle_sources.back()));
  }
  if (options.dry_run) {
    PANNIER_TRY(lay_out_only(bundle_sources, result));
    return result;
  }
  PANNIER_ASSIGN(const BundleWriteResult written,
                 write_bundle(fs, bundle_sources, options.output, options.overwrite,
                              half_of(options.transfer, result.bytes, bytes_total)));
  result.bundle_bytes = written.bundle_bytes;
  result.block_count = written.block_count;
  result.payload_digest = written.statement.payload_digest;
  return result;
}

}  // namespace pannier
