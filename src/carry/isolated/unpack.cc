// unpack: every model of a bundle as a folder of plain files.
#include "carry/isolated/unpack.h"

#include <fmt/core.h>

#include <map>

#include "base/safe_path.h"
#include "carry/isolated/contents_check.h"
#include "carry/isolated/target_folder.h"
#include "carry/transport/bundle_reader.h"

namespace pannier {
namespace {

struct PlacedFile {
  std::string path;  // below the target: MODEL/PATH
  bool executable = false;
};

// Every place where the contents of a digest go.
using Places = std::map<Digest, std::vector<PlacedFile>>;

// Model names may hold '/': "a" with a folder "b" and a model "a/b" would share a folder.
Result<Places> place_files(const BundleIndex& index) {
  Places places;
  SafePathSet paths;
  for (const BundleModel& model : index.models) {
    for (const ModelFile& file : model.files) {
      const std::string text = model.name + "/" + file.path;
      PANNIER_ASSIGN(const SafePath path, SafePath::parse(text));
      PANNIER_TRY(paths.add(path));
      places[file.digest].push_back({text, file.executable});
    }
  }
  return places;
}

// Writes each blob to its first place, and copies it from there to the others.
class UnpackSink : public BundleEntrySink {
 public:
  UnpackSink(FileSystem& fs, const BundleReader& reader, const Places& places, TargetFolder& target)
      : fs_(fs), check_(reader), places_(places), target_(target) {}

  Status begin_entry(const BundleEntry& entry) override {
    PANNIER_TRY(check_.begin_entry(entry));
    current_ = nullptr;
    if (!entry.path.starts_with(kBundleBlobFolder)) return {};
    const auto found = places_.find(entry.digest);
    if (found == places_.end()) return {};
    current_ = &found->second;
    PANNIER_ASSIGN(file_, target_.create_file(current_->front().path, current_->front().executable));
    return {};
  }

  Status entry_bytes(ByteSpan bytes) override {
    PANNIER_TRY(check_.entry_bytes(bytes));
    return file_ ? file_->append(bytes) : Status();
  }

  Status end_entry(const BundleEntry& entry) override {
    PANNIER_TRY(check_.end_entry(entry));
    if (current_ == nullptr) return {};
    PANNIER_TRY(file_->close());
    file_.reset();
    const CopySource source{target_.temporary_path(current_->front().path), entry.bytes, entry.digest};
    for (size_t i = 1; i < current_->size(); ++i) {
      const PlacedFile& place = (*current_)[i];
      PANNIER_ASSIGN(const std::unique_ptr<WritableFile> copy,
                     target_.create_file(place.path, place.executable));
      PANNIER_TRY(copy_checked(fs_, source, *copy, [](uint64_t) { return Status(); }));
      PANNIER_TRY(copy->close());
    }
    return {};
  }

 private:
  FileSystem& fs_;
  ContentsCheck check_;
  const Places& places_;
  TargetFolder& target_;
  const std::vector<PlacedFile>* current_ = nullptr;
  std::unique_ptr<WritableFile> file_;  // the first place of the current blob
};

}  // namespace

Result<UnpackResult> unpack_bundle(FileSystem& fs, const std::string& path, const std::string& folder,
                                   const Transfer& transfer) {
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader, BundleReader::open(fs, path));
  UnpackResult result;
  result.bundle = describe_bundle(*reader);
  for (const BundleModel& model : result.bundle.models) {
    result.file_count += model.files.size();
    result.bytes_written += model.total_bytes();
  }
  PANNIER_ASSIGN(const Places places, place_files(reader->index()));
  PANNIER_TRY(check_target_is_free(fs, folder));
  PANNIER_TRY(check_free_space(fs, folder, result.bytes_written, result.file_count));
  PANNIER_ASSIGN(const std::unique_ptr<TargetFolder> target, TargetFolder::begin(fs, folder));
  UnpackSink sink(fs, *reader, places, *target);
  PANNIER_TRY(reader->read_entries(sink, transfer));
  PANNIER_TRY(target->publish(/*replace=*/false));
  return result;
}

}  // namespace pannier
