// A FileSystem that passes everything on to another one, and fails, breaks off or dies at a chosen call:
// for tests of what a full disk, a broken one or a kill at any moment leaves behind.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"

namespace pannier {

enum class FaultKind {
  kIoError,     // "Input/output error", nothing done
  kNoSpace,     // "No space left on device", nothing done
  kShortWrite,  // a write takes half of its bytes, then there is no space; other calls fail as kNoSpace
  kLateError,   // the call is done, and reported as failed: a lost answer, a late write-back error
  kKill,        // the process kills itself with SIGKILL before the call
};

struct FaultPlan {
  uint64_t at_call = 0;  // counted from 1; 0: never
  FaultKind kind = FaultKind::kIoError;
  bool for_ever = false;               // that call and all that follow, else that call alone
  std::function<void()> before_fault;  // called once, before the first fault: to crash the file system below
};

// Thread-safe as far as the file system below is. Calls of open files count too: every call that
// would be a system call is one number.
class FaultyFileSystem : public FileSystem {
 public:
  // `below` must outlive this object, its files and its locks.
  FaultyFileSystem(FileSystem& below, FaultPlan plan);
  ~FaultyFileSystem() override;

  uint64_t call_count() const;
  // True once a fault was injected: a plan beyond the last call tests nothing.
  bool was_hit() const;

  Result<FileStat> stat(const std::string& path) override;
  Result<std::vector<FolderEntry>> list(const std::string& folder) override;
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<ReadableFile>> open_uncached(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path, bool executable = false) override;
  Result<std::unique_ptr<WritableFile>> create_private(const std::string& path) override;
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

 private:
  struct Faults;
  class Reader;
  class Writer;
  class RandomAccess;
  FileSystem& below_;
  std::shared_ptr<Faults> faults_;  // shared with open files
};

}  // namespace pannier
