#include "carry/connected/wheels/wheel_digest.h"

#include <algorithm>

#include "base/limits.h"

namespace pannier {
namespace {

// Reads the file piece by piece, and gives each to the digest and to `output` (may be null).
Result<FileDigest> read_through(FileSystem& fs, const std::string& path, WritableFile* output,
                                const std::atomic<bool>* cancel) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open(path));
  Bytes buffer(limits::kMiB);
  Sha256 hash;
  FileDigest out{file->size(), {}};
  for (uint64_t at = 0; at < out.bytes;) {
    if (cancel != nullptr && *cancel) return Error{ErrorKind::kInterrupted, "interrupted at " + path, ""};
    const MutableByteSpan piece(buffer.data(), std::min<uint64_t>(buffer.size(), out.bytes - at));
    PANNIER_TRY(file->read_at(at, piece));
    hash.update(piece);
    if (output != nullptr) PANNIER_TRY(output->append(piece));
    at += piece.size();
  }
  out.sha256 = hash.finish();
  return out;
}

}  // namespace

Result<FileDigest> digest_of_file(FileSystem& fs, const std::string& path, const std::atomic<bool>* cancel) {
  return read_through(fs, path, nullptr, cancel);
}

Result<FileDigest> copy_file(FileSystem& fs, const std::string& from, const std::string& to,
                             const std::atomic<bool>* cancel) {
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> output, fs.create(to));
  PANNIER_ASSIGN(const FileDigest out, read_through(fs, from, output.get(), cancel));
  PANNIER_TRY(output->sync());
  PANNIER_TRY(output->close());
  return out;
}

}  // namespace pannier
