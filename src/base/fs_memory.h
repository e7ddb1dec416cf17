// A FileSystem in memory that knows what a power cut would take: for tests.
//
// What was written is lost by `crash` unless it was synced: a file's bytes by `sync` or `sync_all`, a
// name (made, renamed, removed) by `sync_folder` of its folder or `sync_all`. That is as little as POSIX
// promises, and less than most file systems give.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/fs.h"

namespace pannier {

// What of the un-synced state a crash takes. Real ones take any mixture; these are the corners.
enum class CrashLoss {
  kNothing,   // the process died, the machine did not
  kContents,  // names are as they were last, bytes that were not synced are gone
  kNames,     // bytes are there, names are as of the last sync
  kAll,
};

class MemoryFileSystem : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  Result<FileStat> stat(const std::string& path) override;
  Result<std::vector<FolderEntry>> list(const std::string& folder) override;
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path, bool executable = false) override;
  // There is nobody else in memory.
  Result<std::unique_ptr<WritableFile>> create_private(const std::string& path) override {
    return create(path);
  }
  Result<std::unique_ptr<RandomAccessFile>> open_or_create(const std::string& path) override;
  Status make_folders(const std::string& folder) override;
  Status rename(const std::string& from, const std::string& to) override;
  Result<bool> rename_no_replace(const std::string& from, const std::string& to) override;
  Result<bool> link(const std::string& from, const std::string& to) override;
  Status make_symlink(const std::string& target, const std::string& path) override;
  Result<std::string> read_symlink(const std::string& path) override;
  Result<bool> clone(const std::string& from, const std::string& to, bool executable) override;
  Status share_folder(const std::string& folder, uint32_t group) override;
  Status remove_file(const std::string& path) override;
  Status remove_tree(const std::string& folder) override;
  Status remove_empty_folder(const std::string& folder) override;
  Status sync_folder(const std::string& folder) override;
  Status sync_all(const std::string& path) override;
  Result<uint64_t> free_bytes(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override;
  Result<std::unique_ptr<FileLock>> try_lock_number(const std::string& path, uint64_t number) override;

  // Loses what was not synced, releases every lock; files that were open fail from now on.
  void crash(CrashLoss loss);
  // Contents beyond this many bytes in all are refused as a full disk does it.
  void set_capacity_bytes(uint64_t bytes);
  // What files that are written from now on carry as the time of their change; 0 at first.
  void set_clock_seconds(int64_t seconds);
  // As file systems with shared blocks do; at first it cannot.
  void set_can_clone(bool can_clone);

 private:
  struct Node;
  struct Disk;
  class Reader;
  class Writer;
  class RandomAccess;
  class Lock;
  struct Place;
  std::shared_ptr<Disk> disk_;  // shared with open files and locks, which may outlive this object
};

}  // namespace pannier
