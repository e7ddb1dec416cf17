// Makes a store in a folder, so that it is there whole or not at all.
#include <algorithm>

#include "carry/store/store_layout.h"
#include "carry/store/store_writer.h"

namespace pannier {
namespace {

using namespace store_layout;

Result<bool> exists(FileSystem& fs, const std::string& path) {
  const auto stat = fs.stat(path);
  if (stat.ok()) return true;
  if (stat.error().kind == ErrorKind::kNotFound) return false;
  return stat.error();
}

// A file with fixed contents; where it is there already, it stays.
Status create_if_missing(FileSystem& fs, const std::string& path, std::string_view contents,
                         const std::string& temporary) {
  PANNIER_ASSIGN(const bool is_there, exists(fs, path));
  if (is_there) return {};
  {
    PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, fs.create(temporary));
    PANNIER_TRY(file->append(as_bytes(contents)));
    PANNIER_TRY(file->sync());
    PANNIER_TRY(file->close());
  }
  PANNIER_ASSIGN(const bool was_first, fs.rename_no_replace(temporary, path));
  if (!was_first) PANNIER_TRY(fs.remove_file(temporary));
  return {};
}

}  // namespace

// Refuses to scatter a store's files into a folder that is used for something else. What a creation
// that died leaves always has the folder "pannier", since that is made first.
Status check_place_is_free(FileSystem& fs, const std::string& root) {
  auto entries = fs.list(root);
  if (!entries.ok() && entries.error().kind == ErrorKind::kNotFound) return {};
  if (!entries.ok()) return std::move(entries).error();
  const bool is_half_made = std::any_of(entries->begin(), entries->end(), [](const FolderEntry& entry) {
    return entry.name == "pannier" && entry.kind == FileKind::kFolder;
  });
  if (entries->empty() || is_half_made) return {};
  return Error{ErrorKind::kInvalid, root + " is neither empty nor a store",
               "choose an empty or new folder for the store"};
}

// format.json comes last: with it the store exists, without it the next writer starts here again.
Status create_store(FileSystem& fs, const std::string& root) {
  PANNIER_TRY(check_place_is_free(fs, root));
  PANNIER_TRY(fs.make_folders(staging(root)));
  PANNIER_TRY(fs.make_folders(generations(root)));
  PANNIER_TRY(fs.make_folders(blobs(root)));
  const std::string folder = staging(root) + "/" + unique_name("create");
  PANNIER_TRY(fs.make_folders(folder));
  const auto fill = [&]() -> Status {
    PANNIER_TRY(create_if_missing(fs, oci_layout(root), kOciLayoutFileContents, folder + "/oci-layout"));
    PANNIER_TRY(create_if_missing(fs, mirror(root), write_image_index({}), folder + "/index.json"));
    // The root's own entry in its parent is made durable by the first commit, which syncs everything.
    for (const std::string& changed : {root, parent_folder(blobs(root)), own_folder(root)}) {
      PANNIER_TRY(fs.sync_folder(changed));
    }
    PANNIER_TRY(create_if_missing(fs, format_file(root), kFormatFileContents, folder + "/format.json"));
    return fs.sync_folder(own_folder(root));
  };
  Status status = fill();
  (void)fs.remove_tree(folder);  // what is left there is swept by the next writer
  return status;
}

}  // namespace pannier
