// FileSystem: the few operations store and bundle need, so that tests can run them on a file system
// in memory and on one that fails, fills up or dies at any call (base/fs_memory.h, base/fs_faulty.h).
//
// Contract, for every implementation: paths are UTF-8 and as the caller gives them; no operation
// follows a symbolic link in the last component; every failure is kIo with path, operation and the
// system's reason, except kNotFound where the path does not exist. Objects may be used from several
// threads at once; one open file may not, except `ReadableFile::read_at`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

enum class FileKind { kRegular, kFolder, kSymlink, kOther };

struct FileStat {
  FileKind kind = FileKind::kOther;
  uint64_t bytes = 0;
  bool executable = false;  // any execute bit
  // When its bytes were last changed, in seconds since 1970 by the machine's clock; before that negative.
  int64_t modified_seconds = 0;
  // Of a folder: a group works in it together (group-writable and set-group-id). What is made in it belongs
  // to that group and may be written by it, whatever the umask says, and so on below.
  bool group_shared = false;
};

struct FolderEntry {
  std::string name;
  FileKind kind = FileKind::kOther;
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual uint64_t size() const = 0;
  // Fills `out` from `offset`. Fewer bytes than asked for is kIo ("ended early"). Thread-safe.
  virtual Status read_at(uint64_t offset, MutableByteSpan out) = 0;
};

class WritableFile {
 public:
  // Closing without `sync_and_close` or `close` is allowed and leaves the bytes unsynced.
  virtual ~WritableFile() = default;
  virtual Status append(ByteSpan bytes) = 0;
  // Overwrites bytes that were already written. REQUIRES: the range lies within them.
  virtual Status write_at(uint64_t offset, ByteSpan bytes) = 0;
  // Lets the disk begin to write what was appended since the last call, without waiting for it: a `sync` that
  // follows has less to do. A hint.
  virtual void begin_writeback() {}
  virtual Status sync() = 0;
  virtual Status close() = 0;
};

// A file whose bytes come in any order, as those of a download do. Thread-safe, every call of it.
class RandomAccessFile {
 public:
  // Closing is by destruction and leaves unsynced what `sync` was not called for.
  virtual ~RandomAccessFile() = default;
  virtual Result<uint64_t> size() = 0;
  // As ReadableFile's.
  virtual Status read_at(uint64_t offset, MutableByteSpan out) = 0;
  // May lie anywhere, also beyond the end: the bytes between then read as zeros.
  virtual Status write_at(uint64_t offset, ByteSpan bytes) = 0;
  // Cuts the file off, or lengthens it by zeros.
  virtual Status resize(uint64_t bytes) = 0;
  virtual Status sync() = 0;
};

// Held while the object lives; released by its destruction and by the death of the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class LockMode { kShared, kExclusive };

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<FileStat> stat(const std::string& path) = 0;
  // Sorted by name; "." and ".." left out.
  virtual Result<std::vector<FolderEntry>> list(const std::string& folder) = 0;
  virtual Result<std::unique_ptr<ReadableFile>> open(const std::string& path) = 0;
  // The same, but bytes come from the medium and not from what the system remembers of it (as far as it
  // lets us), so that reading them proves that they are there. Slower. File systems in memory just open.
  virtual Result<std::unique_ptr<ReadableFile>> open_uncached(const std::string& path) { return open(path); }
  // Whether the path lies on a medium that can be taken out: a stick, a card, a disc. False where unknown.
  virtual bool is_on_removable_medium(const std::string& path);
  // Fails where the path exists. Mode 0644, or 0755 when executable.
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path, bool executable = false) = 0;
  // Fails where the path exists. Mode 0600, also in a folder that a group shares: for secrets.
  virtual Result<std::unique_ptr<WritableFile>> create_private(const std::string& path) = 0;
  // Opens for reading and writing, and creates (mode 0644) where missing. Regular files only.
  virtual Result<std::unique_ptr<RandomAccessFile>> open_or_create(const std::string& path) = 0;
  // Creates the folder and its missing parents; fine where it exists.
  virtual Status make_folders(const std::string& folder) = 0;
  // Atomic; replaces a file at `to`.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // Renames, but only where `to` does not exist; false (and nothing done) where it does. Atomic.
  virtual Result<bool> rename_no_replace(const std::string& from, const std::string& to) = 0;
  // A hard link; false (and nothing done) where `to` exists. Atomic.
  virtual Result<bool> link(const std::string& from, const std::string& to) = 0;
  // A symbolic link whose text is `target`. Fails where the path exists.
  virtual Status make_symlink(const std::string& target, const std::string& path) = 0;
  // The text of a symbolic link; kIo where it is none.
  virtual Result<std::string> read_symlink(const std::string& path) = 0;
  // A new file that shares the bytes of another and costs no room until one of them changes (a reflink);
  // false (and nothing done) where the file system cannot. Fails where `to` exists.
  virtual Result<bool> clone(const std::string& from, const std::string& to, bool executable) = 0;
  // Gives a folder to a group (its number) and makes it one that the group shares.
  virtual Status share_folder(const std::string& folder, uint32_t group) = 0;
  virtual Status remove_file(const std::string& path) = 0;
  // The folder and all below it; links are removed, not followed. Fine where it does not exist.
  virtual Status remove_tree(const std::string& folder) = 0;
  // Only where the folder is empty; kIo where it is not.
  virtual Status remove_empty_folder(const std::string& folder) = 0;
  // Makes renames, links and removals in this folder survive a power cut.
  virtual Status sync_folder(const std::string& folder) = 0;
  // Makes all that was written to the file system that holds `path` survive a power cut.
  virtual Status sync_all(const std::string& path) = 0;
  // Free for this user on the file system that holds `path` (which may not exist yet).
  virtual Result<uint64_t> free_bytes(const std::string& path) = 0;
  // Creates `path` where missing and takes an exclusive lock; null when another holds it.
  virtual Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) = 0;
  // Creates `path` where missing and waits for the lock: a shared one while nobody holds it exclusively, an
  // exclusive one while nobody holds it at all. Waiting ends with the holder's death at the latest.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) = 0;
  // As try_lock for one number out of 2^62, so that a single file holds the locks of any number of things
  // and never has to be removed. Apart from `try_lock` of the same path: use one or the other.
  virtual Result<std::unique_ptr<FileLock>> try_lock_number(const std::string& path, uint64_t number) = 0;
};

// The machine's own. One object for the process, thread-safe.
FileSystem& real_file_system();

// All of a small file. kLimit above `bytes_max`.
Result<std::string> read_small_file(FileSystem& fs, const std::string& path, uint64_t bytes_max);

// Temp file beside it, write, sync, rename over, sync the folder: readers see old or new, whole.
Status write_file_atomic(FileSystem& fs, const std::string& path, std::string_view contents);

// The folder part of a path ("." where there is none), and the last component.
std::string parent_folder(const std::string& path);
std::string file_name(const std::string& path);

// A name no other process or thread of this machine uses now: "PREFIX-<pid>-<n>-<random>".
std::string unique_name(const std::string& prefix);

}  // namespace pannier
