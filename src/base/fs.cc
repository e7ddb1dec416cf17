// FileSystem on Linux system calls.
#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include "base/fs_descriptor.h"
#include "base/fs_uncached.h"
#include "base/limits.h"

namespace pannier {
namespace {

Status read_fully(int fd, const std::string& path, uint64_t offset, MutableByteSpan out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      return system_error("read", path);
    }
    if (got == 0) {
      return Error{ErrorKind::kIo,
                   path + " ended early: wanted " + std::to_string(out.size()) + " bytes at offset " +
                       std::to_string(offset) + ", got " + std::to_string(done),
                   "was the file changed while it was read?"};
    }
    done += static_cast<size_t>(got);
  }
  return {};
}

Status write_fully(int fd, const std::string& path, uint64_t offset, ByteSpan bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put =
        ::pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0) {
      if (errno == EINTR) continue;
      return system_error("write", path);
    }
    done += static_cast<size_t>(put);
  }
  return {};
}

class RealReadableFile : public ReadableFile {
 public:
  RealReadableFile(std::string path, int fd, uint64_t size) : path_(std::move(path)), fd_(fd), size_(size) {}

  uint64_t size() const override { return size_; }

  Status read_at(uint64_t offset, MutableByteSpan out) override {
    return read_fully(fd_.get(), path_, offset, out);
  }

 private:
  std::string path_;
  FileDescriptor fd_;
  uint64_t size_;
};

class RealWritableFile : public WritableFile {
 public:
  RealWritableFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Status append(ByteSpan bytes) override {
    PANNIER_TRY(write_at(size_, bytes));
    size_ += bytes.size();
    return {};
  }

  Status write_at(uint64_t offset, ByteSpan bytes) override {
    return write_fully(fd_.get(), path_, offset, bytes);
  }

  void begin_writeback() override {
    const auto length = static_cast<off_t>(size_ - written_back_);
    (void)::sync_file_range(fd_.get(), static_cast<off_t>(written_back_), length, SYNC_FILE_RANGE_WRITE);
    written_back_ = size_;
  }

  Status sync() override {
    if (::fsync(fd_.get()) != 0) return system_error("sync", path_);
    return {};
  }

  Status close() override {
    // After close() the descriptor is gone even on failure: never close it twice.
    if (::close(fd_.release()) != 0) return system_error("close", path_);
    return {};
  }

 private:
  std::string path_;
  FileDescriptor fd_;
  uint64_t size_ = 0;
  uint64_t written_back_ = 0;  // how much the disk was told to write
};

class RealRandomAccessFile : public RandomAccessFile {
 public:
  RealRandomAccessFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Result<uint64_t> size() override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return system_error("look at", path_);
    return static_cast<uint64_t>(info.st_size);
  }

  Status read_at(uint64_t offset, MutableByteSpan out) override {
    return read_fully(fd_.get(), path_, offset, out);
  }

  Status write_at(uint64_t offset, ByteSpan bytes) override {
    return write_fully(fd_.get(), path_, offset, bytes);
  }

  Status resize(uint64_t bytes) override {
    while (::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
      if (errno != EINTR) return system_error("resize", path_);
    }
    return {};
  }

  Status sync() override {
    if (::fsync(fd_.get()) != 0) return system_error("sync", path_);
    return {};
  }

 private:
  std::string path_;
  FileDescriptor fd_;
};

class RealFileLock : public FileLock {
 public:
  explicit RealFileLock(int fd) : fd_(fd) {}
  int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
};

// Several people write to a folder that is group-writable and hands its group on.
bool is_group_shared(const struct stat& folder) {
  return S_ISDIR(folder.st_mode) && (folder.st_mode & S_ISGID) != 0 && (folder.st_mode & S_IWGRP) != 0;
}

bool lies_in_shared_folder(const std::string& path) {
  struct stat folder{};
  return ::stat(parent_folder(path).c_str(), &folder) == 0 && is_group_shared(folder);
}

// What was just made in a shared folder is the group's too. Without effect on what others own.
void share_file(int fd, const std::string& path) {
  struct stat info{};
  if (!lies_in_shared_folder(path) || ::fstat(fd, &info) != 0 || (info.st_mode & S_IWGRP) != 0) return;
  const mode_t group_bits = (info.st_mode & S_IRWXU) >> 3;
  (void)::fchmod(fd, (info.st_mode & 07777) | group_bits | S_IROTH);
}

// 0755 less the umask, or as its parent where a group shares that.
int make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) != 0) return -1;
  if (lies_in_shared_folder(folder)) (void)::chmod(folder.c_str(), 02775);
  return 0;
}

FileKind kind_of_mode(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kFolder;
  if (S_ISLNK(mode)) return FileKind::kSymlink;
  return FileKind::kOther;
}

Status remove_below(int parent, const char* name, const std::string& path);

// Removes all that the open folder holds. Takes the descriptor over.
Status empty_folder(int fd, const std::string& path) {
  DIR* stream = ::fdopendir(fd);
  if (stream == nullptr) {
    const int code = errno;
    ::close(fd);
    return system_error("list", path, code);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> owner(stream, &::closedir);
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    PANNIER_TRY(remove_below(::dirfd(stream), name.c_str(), path + "/" + name));
  }
  return {};
}

// By descriptor, so that a folder swapped for a link meanwhile is not followed.
Status remove_below(int parent, const char* name, const std::string& path) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return system_error("remove", path);
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return system_error("remove", path);
  PANNIER_TRY(empty_folder(fd, path));
  if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) return system_error("remove", path);
  return {};
}

class RealFileSystem : public FileSystem {
 public:
  Result<FileStat> stat(const std::string& path) override {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) return system_error("look at", path);
    return FileStat{kind_of_mode(info.st_mode), static_cast<uint64_t>(info.st_size),
                    (info.st_mode & 0111) != 0, info.st_mtim.tv_sec, is_group_shared(info)};
  }

  Result<std::vector<FolderEntry>> list(const std::string& folder) override {
    DIR* stream = ::opendir(folder.c_str());
    if (stream == nullptr) return system_error("list", folder);
    const std::unique_ptr<DIR, int (*)(DIR*)> owner(stream, &::closedir);
    std::vector<FolderEntry> entries;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(stream);
      if (entry == nullptr) {
        if (errno != 0) return system_error("list", folder);
        break;
      }
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info{};
      if (::fstatat(::dirfd(stream), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // removed meanwhile
        return system_error("look at", folder + "/" + name);
      }
      entries.push_back({name, kind_of_mode(info.st_mode)});
    }
    std::sort(entries.begin(), entries.end(),
              [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
    return entries;
  }

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    // O_NONBLOCK: a FIFO in the place of a file must not hang us.
    FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (fd.get() < 0) return system_error("open", path);
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return system_error("look at", path);
    if (!S_ISREG(info.st_mode)) return Error{ErrorKind::kIo, path + " is not a regular file", ""};
    return std::unique_ptr<ReadableFile>(
        std::make_unique<RealReadableFile>(path, fd.release(), static_cast<uint64_t>(info.st_size)));
  }

  Result<std::unique_ptr<ReadableFile>> open_uncached(const std::string& path) override {
    return open_uncached_file(path);
  }

  bool is_on_removable_medium(const std::string& path) override { return is_on_removable_device(path); }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path, bool executable) override {
    const int fd =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, executable ? 0755 : 0644);
    if (fd < 0) return system_error("create", path);
    share_file(fd, path);
    return std::unique_ptr<WritableFile>(std::make_unique<RealWritableFile>(path, fd));
  }

  Result<std::unique_ptr<WritableFile>> create_private(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return system_error("create", path);
    return std::unique_ptr<WritableFile>(std::make_unique<RealWritableFile>(path, fd));
  }

  Result<std::unique_ptr<RandomAccessFile>> open_or_create(const std::string& path) override {
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
    if (fd.get() < 0) return system_error("open", path);
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return system_error("look at", path);
    if (!S_ISREG(info.st_mode)) return Error{ErrorKind::kIo, path + " is not a regular file", ""};
    share_file(fd.get(), path);
    return std::unique_ptr<RandomAccessFile>(std::make_unique<RealRandomAccessFile>(path, fd.release()));
  }

  Status make_folders(const std::string& folder) override {
    if (folder.empty()) return {};
    if (make_folder(folder) == 0) return {};
    if (errno == EEXIST) {
      struct stat info{};
      if (::stat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
      return Error{ErrorKind::kIo, "cannot create folder " + folder + ": something else has that name", ""};
    }
    if (errno != ENOENT || parent_folder(folder) == folder) return system_error("create folder", folder);
    PANNIER_TRY(make_folders(parent_folder(folder)));
    if (make_folder(folder) != 0 && errno != EEXIST) return system_error("create folder", folder);
    return {};
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename", from + " to " + to);
    return {};
  }

  Result<bool> rename_no_replace(const std::string& from, const std::string& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    return system_error("rename", from + " to " + to);
  }

  Result<bool> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    return system_error("link", from + " to " + to);
  }

  Status make_symlink(const std::string& target, const std::string& path) override {
    if (::symlink(target.c_str(), path.c_str()) != 0) return system_error("create link", path);
    return {};
  }

  Result<std::string> read_symlink(const std::string& path) override {
    std::string target(PATH_MAX, '\0');
    const ssize_t bytes = ::readlink(path.c_str(), target.data(), target.size());
    if (bytes < 0) return system_error("read link", path);
    target.resize(static_cast<size_t>(bytes));
    return target;
  }

  Result<bool> clone(const std::string& from, const std::string& to, bool executable) override {
    const FileDescriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (source.get() < 0) return system_error("open", from);
    const FileDescriptor target(
        ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, executable ? 0755 : 0644));
    if (target.get() < 0) return system_error("create", to);
    if (::ioctl(target.get(), FICLONE, source.get()) == 0) {
      share_file(target.get(), to);
      return true;
    }
    const int code = errno;
    (void)::unlink(to.c_str());
    if (code == ENOSPC || code == EDQUOT || code == EIO) return system_error("clone to", to, code);
    return false;  // another file system, or one without shared blocks
  }

  Status share_folder(const std::string& folder, uint32_t group) override {
    const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd.get() < 0) return system_error("open", folder);
    // The group first: changing it takes the set-group-id bit away.
    if (::fchown(fd.get(), static_cast<uid_t>(-1), group) != 0) return system_error("give away", folder);
    if (::fchmod(fd.get(), 02775) != 0) return system_error("share", folder);
    return {};
  }

  Status remove_file(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return system_error("remove", path);
    return {};
  }

  Status remove_tree(const std::string& folder) override {
    return remove_below(AT_FDCWD, folder.c_str(), folder);
  }

  Status remove_empty_folder(const std::string& folder) override {
    if (::rmdir(folder.c_str()) != 0) return system_error("remove", folder);
    return {};
  }

  Status sync_folder(const std::string& folder) override { return sync_by_path(folder, &::fsync); }
  Status sync_all(const std::string& path) override { return sync_by_path(path, &::syncfs); }

  Result<uint64_t> free_bytes(const std::string& path) override {
    std::string place = path;
    struct statvfs info{};
    while (::statvfs(place.c_str(), &info) != 0) {
      if (errno == EINTR) continue;
      if (errno != ENOENT || parent_folder(place) == place)
        return system_error("ask the free space of", place);
      place = parent_folder(place);
    }
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }

  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    PANNIER_ASSIGN(std::unique_ptr<RealFileLock> lock, open_lock(path));
    if (::flock(lock->fd(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::unique_ptr<FileLock>();
      return system_error("lock", path);
    }
    return std::unique_ptr<FileLock>(std::move(lock));
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override {
    PANNIER_ASSIGN(std::unique_ptr<RealFileLock> lock, open_lock(path));
    while (::flock(lock->fd(), mode == LockMode::kShared ? LOCK_SH : LOCK_EX) != 0) {
      if (errno != EINTR) return system_error("lock", path);
    }
    return std::unique_ptr<FileLock>(std::move(lock));
  }

  Result<std::unique_ptr<FileLock>> try_lock_number(const std::string& path, uint64_t number) override {
    PANNIER_ASSIGN(std::unique_ptr<RealFileLock> lock, open_lock(path));
    // Of the open file, not of the process: two threads exclude each other too, and closing another
    // descriptor of the file does not release it.
    struct flock range{};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<off_t>(number % (uint64_t{1} << 62));
    range.l_len = 1;
    if (::fcntl(lock->fd(), F_OFD_SETLK, &range) != 0) {
      if (errno == EAGAIN || errno == EACCES) return std::unique_ptr<FileLock>();
      return system_error("lock", path);
    }
    return std::unique_ptr<FileLock>(std::move(lock));
  }

 private:
  // What a lock is of: created where missing.
  static Result<std::unique_ptr<RealFileLock>> open_lock(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return system_error("open lock", path);
    share_file(fd, path);
    return std::make_unique<RealFileLock>(fd);
  }

  static Status sync_by_path(const std::string& path, int (*sync)(int)) {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) return system_error("open", path);
    if (sync(fd.get()) != 0) return system_error("sync", path);
    return {};
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

Result<std::string> read_small_file(FileSystem& fs, const std::string& path, uint64_t bytes_max) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open(path));
  if (file->size() > bytes_max) {
    return Error{ErrorKind::kLimit,
                 path + " has " + std::to_string(file->size()) + " bytes; at most " +
                     std::to_string(bytes_max) + " are read",
                 ""};
  }
  std::string contents(file->size(), '\0');
  PANNIER_TRY(file->read_at(0, {reinterpret_cast<uint8_t*>(contents.data()), contents.size()}));
  return contents;
}

Status write_file_atomic(FileSystem& fs, const std::string& path, std::string_view contents) {
  const std::string folder = parent_folder(path);
  const std::string temporary = folder + "/" + unique_name("." + file_name(path));
  const auto write = [&]() -> Status {
    PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, fs.create(temporary));
    PANNIER_TRY(file->append(as_bytes(contents)));
    PANNIER_TRY(file->sync());
    PANNIER_TRY(file->close());
    return fs.rename(temporary, path);
  };
  if (Status status = write(); !status.ok()) {
    (void)fs.remove_file(temporary);  // the first error is the one to tell
    return status;
  }
  return fs.sync_folder(folder);
}

bool FileSystem::is_on_removable_medium(const std::string&) { return false; }

std::string parent_folder(const std::string& path) {
  const size_t last = path.find_last_not_of('/');
  if (last == std::string::npos) return path.empty() ? "." : "/";
  const size_t slash = path.rfind('/', last);
  if (slash == std::string::npos) return ".";
  const size_t end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

std::string file_name(const std::string& path) {
  const size_t last = path.find_last_not_of('/');
  if (last == std::string::npos) return "";
  const size_t slash = path.rfind('/', last);
  const size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(begin, last + 1 - begin);
}

std::string unique_name(const std::string& prefix) {
  static std::atomic<uint64_t> counter{0};
  uint32_t random = 0;
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) random = 0;
  char text[64];
  std::snprintf(text, sizeof text, "-%ld-%llu-%08x", static_cast<long>(::getpid()),
                static_cast<unsigned long long>(counter++), random);
  return prefix + text;
}

}  // namespace pannier
