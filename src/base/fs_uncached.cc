#include "base/fs_uncached.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/fs_descriptor.h"
#include "base/limits.h"

namespace pannier {
namespace {

constexpr uint64_t kAlignBytes = 4096;  // of offset, length and memory: enough for every device
constexpr uint64_t kPieceBytes = limits::kMiB;

struct Freer {
  void operator()(uint8_t* memory) const { std::free(memory); }  // NOLINT: from aligned_alloc
};

class UncachedFile : public ReadableFile {
 public:
  UncachedFile(std::string path, int fd, uint64_t size) : path_(std::move(path)), fd_(fd), size_(size) {}

  uint64_t size() const override { return size_; }
  Status read_at(uint64_t offset, MutableByteSpan out) override;

 private:
  std::string path_;
  FileDescriptor fd_;
  uint64_t size_;
};

Status UncachedFile::read_at(uint64_t offset, MutableByteSpan out) {
  const std::unique_ptr<uint8_t, Freer> piece(
      static_cast<uint8_t*>(std::aligned_alloc(kAlignBytes, kPieceBytes)));
  if (piece == nullptr) return Error{ErrorKind::kIo, "out of memory reading " + path_, ""};
  while (!out.empty()) {
    const uint64_t begin = offset / kAlignBytes * kAlignBytes;
    const uint64_t skip = offset - begin;
    const uint64_t wanted =
        std::min<uint64_t>(kPieceBytes, (skip + out.size() + kAlignBytes - 1) / kAlignBytes * kAlignBytes);
    const ssize_t got = ::pread(fd_.get(), piece.get(), wanted, static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path_);
    if (static_cast<uint64_t>(got) <= skip) {
      return Error{ErrorKind::kIo, path_ + " ended early at byte " + std::to_string(begin + got),
                   "was the file changed while it was read?"};
    }
    const uint64_t bytes = std::min<uint64_t>(out.size(), static_cast<uint64_t>(got) - skip);
    std::memcpy(out.data(), piece.get() + skip, bytes);
    out = out.subspan(bytes);
    offset += bytes;
  }
  return {};
}

// A direct read of the first bytes, since some file systems take O_DIRECT and refuse the reading.
bool can_read(int fd) {
  const std::unique_ptr<uint8_t, Freer> piece(
      static_cast<uint8_t*>(std::aligned_alloc(kAlignBytes, kAlignBytes)));
  return piece != nullptr && ::pread(fd, piece.get(), kAlignBytes, 0) >= 0;
}

bool says_removable(const std::string& path) {
  const auto text = read_small_file(real_file_system(), path, kAlignBytes);
  return text.ok() && text->starts_with('1');
}

}  // namespace

Result<std::unique_ptr<ReadableFile>> open_uncached_file(const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  FileDescriptor cached(::open(path.c_str(), kFlags));
  if (cached.get() < 0) return system_error("open", path);
  struct stat info{};
  if (::fstat(cached.get(), &info) != 0) return system_error("look at", path);
  if (!S_ISREG(info.st_mode)) return Error{ErrorKind::kIo, path + " is not a regular file", ""};
  // Only pages that are on the medium can be dropped. On one that cannot be written there is nothing to bring
  // there; an error of writing was told to whoever wrote.
  (void)::fsync(cached.get());
  (void)::posix_fadvise(cached.get(), 0, 0, POSIX_FADV_DONTNEED);
  FileDescriptor direct(::open(path.c_str(), kFlags | O_DIRECT));
  FileDescriptor& best = direct.get() >= 0 && can_read(direct.get()) ? direct : cached;
  return std::unique_ptr<ReadableFile>(
      std::make_unique<UncachedFile>(path, best.release(), static_cast<uint64_t>(info.st_size)));
}

bool is_on_removable_device(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 && ::stat(parent_folder(path).c_str(), &info) != 0) return false;
  const std::string device =
      "/sys/dev/block/" + std::to_string(major(info.st_dev)) + ":" + std::to_string(minor(info.st_dev));
  // A partition has no such file; the folder above it is its disk's.
  return says_removable(device + "/removable") || says_removable(device + "/../removable");
}

}  // namespace pannier
