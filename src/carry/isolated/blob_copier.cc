#include "carry/isolated/blob_copier.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/read_pieces.h"
#include "carry/isolated/target_folder.h"

namespace pannier {
namespace {

constexpr size_t kGitIdCharacters = 2 * sizeof(Sha1);

// Takes the bytes of one file and tells whether they are what its manifest says.
class ContentsHash {
 public:
  explicit ContentsHash(const ModelFile& file) : file_(file) {
    if (file.upstream_id.size() == kGitIdCharacters) git_.emplace(file.bytes);
  }

  void update(ByteSpan bytes) {
    sha_.update(bytes);
    if (git_) git_->update(bytes);
  }

  Status finish(const std::string& path) {
    const Digest found = sha_.finish();
    if (found != file_.digest) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{} has digest {}, not {}", path, found.hex(), file_.digest.hex()),
                   "remove that file and install its bundle again"};
    }
    if (!git_) return {};
    const std::string git = git_->finish().hex();
    if (git == file_.upstream_id) return {};
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{} is the git blob {}, but its manifest says {}", path, git, file_.upstream_id),
                 "whoever packed it made a mistake: get the bundle again, or export it with --local-dir"};
  }

 private:
  const ModelFile& file_;
  Sha256 sha_;
  std::optional<GitBlobHash> git_;
};

// Reads all of a file in pieces, into `piece` after the hash.
template <class Piece>
Status read_checked(FileSystem& fs, const std::string& path, const ModelFile& file, const Piece& piece) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> input, fs.open(path));
  if (input->size() != file.bytes) {
    return Error{ErrorKind::kCorrupt, fmt::format("{} has {} bytes, not {}", path, input->size(), file.bytes),
                 "install the bundle again"};
  }
  ContentsHash hash(file);
  PANNIER_TRY(read_pieces(*input, [&](ByteSpan part) {
    hash.update(part);
    return piece(part);
  }));
  return hash.finish(path);
}

}  // namespace

BlobCopier::BlobCopier(FileSystem& fs, const Transfer& transfer, const CopyBytes& bytes)
    : fs_(fs),
      transfer_(transfer),
      bytes_total_(bytes.total),
      bytes_needed_(bytes.needed),
      link_(bytes.link) {
  transfer_.report(0, bytes_total_);
}

Status BlobCopier::copy(const ModelFile& file, const std::string& from, const std::string& to) {
  const auto told = [&](const Status& status) {
    return status.ok() ? status : Status(with_context(status.error(), file.path));
  };
  PANNIER_TRY(transfer_.check_cancel());
  if (link_ && !file.executable) {
    const auto linked = fs_.link(from, to);
    if (linked.ok() && *linked) {
      return told(read_checked(fs_, to, file, [&](ByteSpan part) { return count(part.size()); }));
    }
  }
  const auto cloned = fs_.clone(from, to, file.executable);
  if (!cloned.ok()) return told(cloned.error());
  if (*cloned) {
    // The clone is what is used, so the clone is what is read.
    return told(read_checked(fs_, to, file, [&](ByteSpan part) { return count(part.size()); }));
  }
  PANNIER_TRY(check_space(to));
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> out, fs_.create(to, file.executable));
  const auto append = [&](ByteSpan part) -> Status {
    PANNIER_TRY(out->append(part));
    return count(part.size());
  };
  PANNIER_TRY(told(read_checked(fs_, from, file, append)));
  return out->close();
}

void BlobCopier::skip(uint64_t bytes) {
  bytes_done_ += bytes;
  // What is found to be wrong and made again counts twice.
  transfer_.report(std::min(bytes_done_, bytes_total_), bytes_total_);
}

Status BlobCopier::count(uint64_t bytes) {
  skip(bytes);
  return transfer_.check_cancel();
}

// Only where bytes are really copied: clones need none.
Status BlobCopier::check_space(const std::string& to) {
  if (space_was_checked_) return {};
  space_was_checked_ = true;
  return check_free_space(fs_, parent_folder(to), bytes_needed_ - std::min(bytes_needed_, bytes_done_), 1);
}

Status check_contents(FileSystem& fs, const std::string& path, const ModelFile& file,
                      const std::function<Status(uint64_t bytes)>& progress) {
  return read_checked(fs, path, file, [&](ByteSpan part) { return progress(part.size()); });
}

}  // namespace pannier
