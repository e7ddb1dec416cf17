// Folders with a lock that dies with its writer.
#include "carry/store/staging_folder.h"

#include "carry/store/store_layout.h"

namespace pannier {
namespace {

using namespace store_layout;

constexpr int kTriesMax = 100;

}  // namespace

Result<StagingFolder> make_staging_folder(FileSystem& fs, const std::string& store_root,
                                          const std::string& prefix) {
  for (int attempt = 0; attempt < kTriesMax; ++attempt) {
    StagingFolder folder;
    folder.path = staging(store_root) + "/" + unique_name(prefix);
    if (const Status made = fs.make_folders(folder.path); !made.ok()) {
      // A writer that gave up a new store may have removed the folders above just now.
      if (made.error().kind == ErrorKind::kNotFound) continue;
      return made.error();
    }
    auto lock = fs.try_lock(writer_lock(folder.path));
    const bool was_swept = !lock.ok() && lock.error().kind == ErrorKind::kNotFound;
    if (!lock.ok() && !was_swept) {
      (void)fs.remove_tree(folder.path);
      return std::move(lock).error();
    }
    if (was_swept || *lock == nullptr) continue;
    // The lock may be on a file that a cleaner has removed since we opened it.
    if (!fs.stat(writer_lock(folder.path)).ok()) continue;
    folder.lock = std::move(*lock);
    return folder;
  }
  return Error{ErrorKind::kIo, "cannot keep a staging folder below " + staging(store_root), "try again"};
}

// One cleaner at a time, and each folder's lock is held until it is gone: a writer that was just about to
// lock its new folder then finds the lock taken or the folder missing, and takes another name. Best effort:
// what cannot be removed now is garbage that no reader looks at.
uint64_t sweep_dead_writers(FileSystem& fs, const std::string& store_root) {
  auto cleaning = fs.try_lock(cleaning_lock(store_root));
  if (!cleaning.ok() || *cleaning == nullptr) return 0;  // not ours to do, or somebody is at it
  const auto entries = fs.list(staging(store_root));
  if (!entries.ok()) return 0;
  uint64_t removed = 0;
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != FileKind::kFolder) continue;
    const std::string folder = staging(store_root) + "/" + entry.name;
    const auto lock = fs.try_lock(writer_lock(folder));
    if (!lock.ok() || *lock == nullptr) continue;  // alive, or gone meanwhile
    removed += fs.remove_tree(folder).ok() ? 1 : 0;
  }
  return removed;
}

// A link works on every file system that has links, network ones included; where there are none (FAT), an
// exclusive rename does the same.
Result<bool> take_place(FileSystem& fs, const std::string& staged, const std::string& place) {
  auto linked = fs.link(staged, place);
  if (linked.ok()) return linked;
  return fs.rename_no_replace(staged, place);
}

}  // namespace pannier
