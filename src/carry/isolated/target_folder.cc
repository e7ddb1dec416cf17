// A folder that appears by one rename.
#include "carry/isolated/target_folder.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "base/read_pieces.h"

namespace pannier {
namespace {

// What a file system needs beside contents: names, extents, a journal.
constexpr uint64_t kMarginBytes = 16 * limits::kMiB;
constexpr uint64_t kMarginBytesPerFile = 8 * limits::kKiB;

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Error not_free(const std::string& folder, const char* reason) {
  return {ErrorKind::kInvalid, fmt::format("{} {}", folder, reason),
          "give the name of a new or empty folder"};
}

}  // namespace

Status check_target_is_free(FileSystem& fs, const std::string& folder) {
  const std::string place = without_trailing_slashes(folder);
  const auto stat = fs.stat(place);
  if (!stat.ok()) return stat.error().kind == ErrorKind::kNotFound ? Status() : Status(stat.error());
  if (stat->kind != FileKind::kFolder) return not_free(place, "exists and is not a folder");
  PANNIER_ASSIGN(const auto entries, fs.list(place));
  if (!entries.empty()) return not_free(place, "exists and is not empty");
  return {};
}

Status check_free_space(FileSystem& fs, const std::string& path, uint64_t bytes, uint64_t file_count) {
  // Bounded by kBundleBytesMax and the entry count of an index: no overflow.
  const uint64_t needed = bytes + kMarginBytes + file_count * kMarginBytesPerFile;
  PANNIER_ASSIGN(const uint64_t free_bytes, fs.free_bytes(path));
  if (free_bytes >= needed) return {};
  return Error{ErrorKind::kIo,
               fmt::format("{} bytes ({}) are needed at {}, but only {} ({}) are free", needed,
                           human_bytes(needed), path, free_bytes, human_bytes(free_bytes)),
               "free some space there, or choose another place"};
}

Result<std::unique_ptr<TargetFolder>> TargetFolder::begin(FileSystem& fs, const std::string& folder) {
  const std::string place = without_trailing_slashes(folder);
  const std::string name = file_name(place);
  if (name.empty() || name == "." || name == "..") {
    return not_free(folder.empty() ? "\"\"" : folder, "cannot be made by a rename");
  }
  const std::string parent = parent_folder(place);
  PANNIER_TRY(fs.make_folders(parent));
  const std::string temporary = parent + "/" + unique_name("." + name);
  std::unique_ptr<TargetFolder> target(new TargetFolder(fs, place, temporary));
  PANNIER_TRY(fs.make_folders(temporary));
  return target;
}

TargetFolder::~TargetFolder() {
  if (!published_) (void)fs_.remove_tree(temporary_);
}

Result<std::string> TargetFolder::prepare_file(const std::string& relative) {
  std::string path = temporary_path(relative);
  const std::string parent = parent_folder(path);
  if (made_folders_.insert(parent).second) PANNIER_TRY(fs_.make_folders(parent));
  return path;
}

Result<std::unique_ptr<WritableFile>> TargetFolder::create_file(const std::string& relative,
                                                                bool executable) {
  PANNIER_ASSIGN(const std::string path, prepare_file(relative));
  return fs_.create(path, executable);
}

Status TargetFolder::publish(bool replace) {
  PANNIER_TRY(fs_.sync_all(temporary_));
  if (!replace) {
    PANNIER_TRY(check_target_is_free(fs_, folder_));
    // A folder replaces an empty folder and nothing else, so nobody's files can be lost here.
    PANNIER_TRY(fs_.rename(temporary_, folder_));
    published_ = true;
  } else {
    PANNIER_TRY(swap());
  }
  return fs_.sync_folder(parent_folder(folder_));
}

Status TargetFolder::swap() {
  const std::string aside = temporary_ + ".old";
  if (const Status moved = fs_.rename(folder_, aside);
      !moved.ok() && moved.error().kind != ErrorKind::kNotFound) {
    return moved;
  }
  if (Status renamed = fs_.rename(temporary_, folder_); !renamed.ok()) {
    (void)fs_.rename(aside, folder_);  // put back what was there
    return renamed;
  }
  published_ = true;
  return fs_.remove_tree(aside);
}

Status copy_checked(FileSystem& fs, const CopySource& source, WritableFile& out,
                    const std::function<Status(uint64_t bytes)>& progress) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> input, fs.open(source.path));
  if (input->size() != source.bytes) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{} has {} bytes, not {}", source.path, input->size(), source.bytes),
                 "install the bundle again"};
  }
  Sha256 sha;
  PANNIER_TRY(read_pieces(*input, [&](ByteSpan piece) -> Status {
    sha.update(piece);
    PANNIER_TRY(out.append(piece));
    return progress(piece.size());
  }));
  const Digest found = sha.finish();
  if (found == source.digest) return {};
  return Error{ErrorKind::kCorrupt,
               fmt::format("{} has digest {}, not {}", source.path, found.hex(), source.digest.hex()),
               "remove that file and install its bundle again"};
}

}  // namespace pannier
