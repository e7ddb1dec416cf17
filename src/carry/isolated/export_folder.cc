// Copies files out of the store, so that nobody edits the store's own blobs by accident.
#include "carry/isolated/export_folder.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/read_pieces.h"
#include "carry/isolated/blob_copier.h"
#include "carry/isolated/target_folder.h"
#include "format/model_signature.h"

namespace pannier {
namespace {

enum class TargetState { kFree, kSame, kDiffers };

Result<Digest> digest_of_file(FileSystem& fs, const std::string& path, const Transfer& transfer) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open(path));
  Sha256 sha;
  PANNIER_TRY(read_pieces(*file, [&](ByteSpan piece) -> Status {
    PANNIER_TRY(transfer.check_cancel());
    sha.update(piece);
    return {};
  }));
  return sha.finish();
}

// Looks at a folder that is there already. Refuses at the first thing that is no file of the export.
class TargetComparison {
 public:
  TargetComparison(FileSystem& fs, const std::vector<PlannedFile>& files, const ExportOptions& options)
      : fs_(fs), transfer_(options.transfer), earlier_(options.earlier_paths) {
    for (const PlannedFile& planned : files) {
      files_.emplace(planned.file.path, &planned.file);
      add_folders(planned.file.path);
    }
    for (const std::string& path : earlier_) add_folders(path);
  }

  Result<TargetState> compare(const std::string& folder) {
    const auto stat = fs_.stat(folder);
    if (!stat.ok()) {
      if (stat.error().kind == ErrorKind::kNotFound) return TargetState::kFree;
      return stat.error();
    }
    if (stat->kind != FileKind::kFolder) {
      return Error{ErrorKind::kInvalid, folder + " exists and is not a folder", "choose another folder"};
    }
    PANNIER_ASSIGN(const auto entries, fs_.list(folder));
    if (entries.empty()) return TargetState::kFree;
    PANNIER_TRY(walk(folder, ""));
    return differs_ || same_count_ != files_.size() ? TargetState::kDiffers : TargetState::kSame;
  }

 private:
  void add_folders(const std::string& path) {
    for (std::string parent = parent_folder(path); parent != "."; parent = parent_folder(parent)) {
      folders_.insert(parent);
    }
  }

  Status walk(const std::string& folder, const std::string& prefix) {
    PANNIER_ASSIGN(const auto entries, fs_.list(folder));
    for (const FolderEntry& entry : entries) {
      const std::string path = folder + "/" + entry.name;
      const std::string relative = prefix + entry.name;
      if (entry.kind == FileKind::kFolder && folders_.contains(relative)) {
        PANNIER_TRY(walk(path, relative + "/"));
        continue;
      }
      const auto file = files_.find(relative);
      if (entry.kind == FileKind::kRegular && file == files_.end() && earlier_.contains(relative)) {
        differs_ = true;
        continue;
      }
      if (entry.kind != FileKind::kRegular || file == files_.end()) {
        return Error{ErrorKind::kInvalid, fmt::format("{} is in the way: it is no file of this export", path),
                     "choose a new folder, or move it away; it is never removed"};
      }
      PANNIER_TRY(compare_file(path, *file->second));
    }
    return {};
  }

  Status compare_file(const std::string& path, const ModelFile& file) {
    PANNIER_ASSIGN(const FileStat stat, fs_.stat(path));
    // Once something differs the digests of the rest no longer matter.
    differs_ |= stat.bytes != file.bytes || stat.executable != file.executable;
    if (differs_) return {};
    PANNIER_ASSIGN(const Digest found, digest_of_file(fs_, path, transfer_));
    differs_ = found != file.digest;
    same_count_ += differs_ ? 0 : 1;
    return {};
  }

  FileSystem& fs_;
  const Transfer& transfer_;
  const std::set<std::string>& earlier_;
  std::map<std::string, const ModelFile*> files_;
  std::set<std::string> folders_;
  bool differs_ = false;
  size_t same_count_ = 0;
};

Status write_contents(TargetFolder& target, const PlannedFile& planned) {
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> out,
                 target.create_file(planned.file.path, planned.file.executable));
  PANNIER_TRY(out->append(as_bytes(*planned.contents)));
  return out->close();
}

Status copy_files(BlobCopier& copier, const std::string& what, const std::vector<PlannedFile>& files,
                  TargetFolder& target) {
  for (const PlannedFile& planned : files) {
    if (planned.contents) {
      PANNIER_TRY(write_contents(target, planned));
      copier.skip(planned.file.bytes);
      continue;
    }
    PANNIER_ASSIGN(const std::string path, target.prepare_file(planned.file.path));
    if (const Status copied = copier.copy(planned.file, planned.blob, path); !copied.ok()) {
      return with_context(copied.error(), what);
    }
  }
  return {};
}

// Verifiers pass over the signature file that they are given, so it can lie among what it signs.
Status add_signature(FileSystem& fs, const Store& store, const Reference& reference,
                     std::vector<PlannedFile>& files) {
  const bool is_taken = std::any_of(files.begin(), files.end(), [](const PlannedFile& planned) {
    return planned.file.path == kModelSignatureName;
  });
  if (reference.signatures.empty() || is_taken) return {};
  const Digest& digest = reference.signatures.front();
  PANNIER_ASSIGN(const FileStat stat, fs.stat(store.blob_path(digest)));
  files.push_back({{std::string(kModelSignatureName), false, stat.bytes, digest}, store.blob_path(digest)});
  return {};
}

}  // namespace

Result<ExportResult> export_folder(FileSystem& fs, const std::string& what,
                                   const std::vector<PlannedFile>& files, const ExportOptions& options) {
  ExportResult result;
  result.file_count = files.size();
  for (const PlannedFile& planned : files) result.bytes += planned.file.bytes;

  std::string folder = options.folder;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  PANNIER_ASSIGN(const TargetState state, TargetComparison(fs, files, options).compare(folder));
  if (state == TargetState::kSame) {
    options.transfer.report(result.bytes, result.bytes);
    return result;
  }
  if (state == TargetState::kDiffers && !options.replace) {
    return Error{ErrorKind::kInvalid, fmt::format("{} holds other versions of files of {}", folder, what),
                 "choose a new folder, or ask to replace it"};
  }
  PANNIER_ASSIGN(const std::unique_ptr<TargetFolder> target, TargetFolder::begin(fs, folder));
  BlobCopier copier(fs, options.transfer, {result.bytes, result.bytes, options.link});
  PANNIER_TRY(copy_files(copier, what, files, *target));
  PANNIER_TRY(options.transfer.check_cancel());
  PANNIER_TRY(target->publish(state == TargetState::kDiffers));
  result.changed = true;
  return result;
}

Result<ExportResult> export_ref(FileSystem& fs, const Store& store, const std::string& name,
                                const ExportOptions& options) {
  PANNIER_ASSIGN(const Reference reference, store.find(name));
  PANNIER_ASSIGN(const ModelManifest model, store.manifest(reference));
  std::vector<PlannedFile> files;
  for (const ModelFile& file : model.files) {
    files.push_back({file, store.blob_path(file.digest)});
    files.back().file.upstream_id.clear();  // plain files are checked by the digest that we vouch for
  }
  PANNIER_TRY(add_signature(fs, store, reference, files));
  return export_folder(fs, reference.name, files, options);
}

}  // namespace pannier
