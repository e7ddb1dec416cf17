#include "carry/connected/wheels/wheel_digest.h"

#include <algorithm>

#include "base/limits.h"

namespace pannier {

Result<FileDigest> digest_of_file(FileSystem& fs, const std::string& path, const std::atomic<bool>* cancel) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open(path));
  Bytes buffer(limits::kMiB);
  Sha256 hash;
  FileDigest out{file->size(), {}};
  for (uint64_t at = 0; at < out.bytes;) {
    if (cancel != nullptr && *cancel) return Error{ErrorKind::kInterrupted, "interrupted at " + path, ""};
    const MutableByteSpan piece(buffer.data(), std::min<uint64_t>(buffer.size(), out.bytes - at));
    PANNIER_TRY(file->read_at(at, piece));
    hash.update(piece);
    at += piece.size();
  }
  out.sha256 = hash.finish();
  return out;
}

Result<CheckedWheel> check_wheel_file(const FileView& view, const WheelName& name,
                                      const std::atomic<bool>* cancel) {
  const ByteSpan file = view.bytes();
  uint64_t released = 0;
  const auto progress = [&](uint64_t offset) -> Status {
    if (cancel != nullptr && *cancel) {
      return Error{ErrorKind::kInterrupted, "interrupted while checking " + name.filename, ""};
    }
    if (offset > released && offset <= file.size()) view.release(file.subspan(released, offset - released));
    released = std::max(released, offset);
    return {};
  };
  return check_wheel(file, name, progress);
}

}  // namespace pannier
