#include "carry/transport/volumes/publish_files.h"

#include <fmt/core.h>

namespace pannier {
namespace {

Error exists(const std::string& path) {
  return {ErrorKind::kInvalid, path + " exists already", "choose another name, or ask to overwrite it"};
}

Status rename_one(FileSystem& fs, const PendingFile& file, bool overwrite) {
  if (overwrite) return fs.rename(file.temporary, file.path);
  const auto renamed = fs.rename_no_replace(file.temporary, file.path);
  if (renamed.ok()) return *renamed ? Status() : exists(file.path);
  // Some file systems on sticks cannot rename without replacing: look first, then rename.
  const auto there = fs.stat(file.path);
  if (there.ok() || there.error().kind != ErrorKind::kNotFound) return renamed.error();
  return fs.rename(file.temporary, file.path);
}

Status rename_all(FileSystem& fs, const std::vector<PendingFile>& files, bool overwrite, size_t& done) {
  for (const PendingFile& file : files) {
    PANNIER_TRY(rename_one(fs, file, overwrite));
    ++done;
  }
  return files.empty() ? Status() : fs.sync_folder(parent_folder(files.front().path));
}

}  // namespace

Status check_bundle_name(const std::string& path) {
  if (!file_name(path).empty() && !path.ends_with('/')) return {};
  return Error{ErrorKind::kInvalid, fmt::format("\"{}\" is no file name for a bundle", path), ""};
}

Status check_free_path(FileSystem& fs, const std::string& path, bool overwrite) {
  const auto there = fs.stat(path);
  if (!there.ok()) return there.error().kind == ErrorKind::kNotFound ? Status() : there.error();
  if (there->kind == FileKind::kFolder) {
    return Error{ErrorKind::kInvalid, path + " is a folder", "give the name of a file in it"};
  }
  return overwrite ? Status() : exists(path);
}

Status publish_files(FileSystem& fs, const std::vector<PendingFile>& files, bool overwrite) {
  size_t done = 0;
  Status status = rename_all(fs, files, overwrite, done);
  if (status.ok() || overwrite) return status;
  // The last to get its name goes first: without it the set is not taken for whole.
  for (size_t i = done; i-- > 0;) (void)fs.remove_file(files[i].path);  // the first error is the one to tell
  return status;
}

}  // namespace pannier
