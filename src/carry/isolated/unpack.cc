// unpack: every model of a bundle as a folder of plain files.
#include "carry/isolated/unpack.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/safe_path.h"
#include "carry/isolated/target_folder.h"
#include "carry/store/store.h"
#include "format/model_signature.h"

namespace pannier {
namespace {

struct PlacedFile {
  std::string path;  // below the target: MODEL/PATH
  bool executable = false;
  uint64_t bytes = 0;
};

// Every place where the contents of a digest go.
using Places = std::map<Digest, std::vector<PlacedFile>>;

// "model.sig", "model.2.sig", …
std::string signature_name(size_t number) {
  return number == 0 ? std::string(kModelSignatureName) : fmt::format("model.{}.sig", number + 1);
}

// Model names may hold '/': "a" with a folder "b" and a model "a/b" would share a folder.
Result<Places> place_files(const BundleIndex& index) {
  Places places;
  SafePathSet paths;
  const auto place = [&](const Digest& digest, const PlacedFile& file) -> Status {
    PANNIER_ASSIGN(const SafePath path, SafePath::parse(file.path));
    PANNIER_TRY(paths.add(path));
    places[digest].push_back(file);
    return {};
  };
  for (const BundleModel& model : index.models) {
    for (const ModelFile& file : model.files) {
      PANNIER_TRY(place(file.digest, {model.name + "/" + file.path, file.executable, file.bytes}));
    }
  }
  for (const BundleModel& model : index.models) {
    for (size_t i = 0; i < model.signatures.size(); ++i) {
      const BlobInfo& signature = model.signatures[i];
      const PlacedFile file{model.name + "/" + signature_name(i), false, signature.bytes};
      // A model may have a file of that name; then the file it is.
      (void)place(signature.digest, file);
    }
  }
  return places;
}

// Writes each blob to its first place, and copies it from there to the others.
class UnpackSink : public BundleSink {
 public:
  UnpackSink(FileSystem& fs, const BundleReader& reader, const Places& places, TargetFolder& target)
      : fs_(fs), check_(reader), places_(places), target_(target) {}

  Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) override {
    PANNIER_ASSIGN(std::unique_ptr<BlobSink> check, check_.begin_blob(blob));
    const auto found = places_.find(blob.digest);
    if (found == places_.end() || !blob.path.starts_with(kBundleBlobFolder)) return check;
    PANNIER_ASSIGN(std::unique_ptr<WritableFile> file, create(found->second.front()));
    return std::unique_ptr<BlobSink>(
        std::make_unique<UnpackedBlob>(*this, blob, found->second, std::move(file), std::move(check)));
  }

  Status cannot_decode(const BundleBlob& blob) override {
    const std::lock_guard lock(mutex_);
    not_decoded_.emplace(blob.digest, blob.base.value_or(blob.digest));
    return {};
  }

  // Blob and base of what could not be decoded.
  const std::map<Digest, Digest>& not_decoded() const { return not_decoded_; }
  const ContentsCheck& check() const { return check_; }

  // Copies what lies at `source` to some of its places.
  Status copy_to(const CopySource& source, const std::vector<PlacedFile>& places, size_t first) {
    for (size_t i = first; i < places.size(); ++i) {
      PANNIER_ASSIGN(const std::unique_ptr<WritableFile> copy, create(places[i]));
      PANNIER_TRY(copy_checked(fs_, source, *copy, [](uint64_t) { return Status(); }));
      PANNIER_TRY(copy->close());
    }
    return {};
  }

 private:
  class UnpackedBlob : public BlobSink {
   public:
    UnpackedBlob(UnpackSink& sink, const BundleBlob& blob, const std::vector<PlacedFile>& places,
                 std::unique_ptr<WritableFile> file, std::unique_ptr<BlobSink> check)
        : sink_(sink), blob_(blob), places_(places), file_(std::move(file)), check_(std::move(check)) {}

    Status append(ByteSpan bytes) override {
      if (check_) PANNIER_TRY(check_->append(bytes));
      return file_->append(bytes);
    }

    Status finish() override {
      if (check_) PANNIER_TRY(check_->finish());
      PANNIER_TRY(file_->close());
      const std::string written = sink_.target_.temporary_path(places_.front().path);
      return sink_.copy_to({written, blob_.bytes, blob_.digest}, places_, 1);
    }

   private:
    UnpackSink& sink_;
    const BundleBlob blob_;
    const std::vector<PlacedFile>& places_;
    std::unique_ptr<WritableFile> file_;
    std::unique_ptr<BlobSink> check_;
  };

  Result<std::unique_ptr<WritableFile>> create(const PlacedFile& place) {
    const std::lock_guard lock(mutex_);
    return target_.create_file(place.path, place.executable);
  }

  FileSystem& fs_;
  ContentsCheck check_;
  const Places& places_;
  TargetFolder& target_;
  std::mutex mutex_;  // over the target folder and what follows
  std::map<Digest, Digest> not_decoded_;
};

// What the bundle leaves out comes from the store, where that has it.
Status copy_held(const BundleIndex& index, const Store* store, const Places& places, UnpackSink& sink,
                 std::vector<UnwrittenFile>& unwritten) {
  for (const BlobInfo& blob : index.held) {
    const auto found = places.find(blob.digest);
    if (found == places.end()) continue;
    if (store != nullptr && store->has_blob(blob.digest, blob.bytes)) {
      PANNIER_TRY(sink.copy_to({store->blob_path(blob.digest), blob.bytes, blob.digest}, found->second, 0));
      continue;
    }
    for (const PlacedFile& place : found->second) unwritten.push_back({place.path, true, blob.digest});
  }
  return {};
}

void count_written(const Places& places, UnpackResult& result) {
  for (const auto& [digest, files] : places) {
    result.file_count += files.size();
    for (const PlacedFile& file : files) result.bytes_written += file.bytes;
  }
}

void leave_out(const Places& places, UnpackResult& result) {
  std::map<std::string, uint64_t> bytes_by_path;
  for (const auto& [digest, files] : places) {
    for (const PlacedFile& file : files) bytes_by_path[file.path] = file.bytes;
  }
  for (const UnwrittenFile& file : result.unwritten) {
    --result.file_count;
    result.bytes_written -= bytes_by_path[file.path];
  }
  std::sort(result.unwritten.begin(), result.unwritten.end(),
            [](const UnwrittenFile& a, const UnwrittenFile& b) { return a.path < b.path; });
}

Result<std::unique_ptr<BundleReader>> open_judged(FileSystem& fs, const std::vector<std::string>& paths,
                                                  const UnpackOptions& options, Admission& admission) {
  PANNIER_ASSIGN(OpenedBundle opened, open_bundle(fs, paths));
  const AdmissionQuestion question{options.store_root, options.approvals,
                                   files_with_approvals(paths, opened.files)};
  return BundleReader::open(std::move(opened), [&](const OpenedHead& head) -> Status {
    PANNIER_ASSIGN(admission, judge_head(fs, question, head));
    return {};
  });
}

}  // namespace

Result<UnpackResult> unpack_bundle(FileSystem& fs, const std::vector<std::string>& paths,
                                   const std::string& folder, const UnpackOptions& options) {
  UnpackResult result;
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader,
                 open_judged(fs, paths, options, result.admission));
  result.bundle = describe_bundle(*reader);
  PANNIER_ASSIGN(const Places places, place_files(reader->index()));
  count_written(places, result);
  PANNIER_TRY(check_target_is_free(fs, folder));
  PANNIER_TRY(check_free_space(fs, folder, result.bytes_written, result.file_count));
  const Store* store = result.admission.store.get();
  std::optional<StoreBaseBlobs> bases;
  if (store != nullptr) bases.emplace(fs, *store);
  PANNIER_ASSIGN(const std::unique_ptr<TargetFolder> target, TargetFolder::begin(fs, folder));
  UnpackSink sink(fs, *reader, places, *target);
  BundleReadOptions read_options;
  read_options.bases = bases ? &*bases : nullptr;
  read_options.transfer = options.transfer;
  PANNIER_TRY(reader->read_blobs(sink, read_options));
  result.bundle.facts = sink.check().facts();
  PANNIER_TRY(copy_held(reader->index(), store, places, sink, result.unwritten));
  for (const auto& [blob, base] : sink.not_decoded()) {
    for (const PlacedFile& place : places.at(blob)) result.unwritten.push_back({place.path, false, base});
  }
  leave_out(places, result);
  PANNIER_TRY(target->publish(/*replace=*/false));
  return result;
}

Result<UnpackResult> unpack_bundle(FileSystem& fs, const std::string& path, const std::string& folder,
                                   const Transfer& transfer) {
  UnpackOptions options;
  options.transfer = transfer;
  return unpack_bundle(fs, std::vector<std::string>{path}, folder, options);
}

}  // namespace pannier
