#include "carry/transport/volumes/stage.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/limits.h"
#include "base/read_pieces.h"
#include "carry/transport/volumes/publish_files.h"
#include "carry/transport/volumes/volume_check.h"

namespace pannier {
namespace {

constexpr uint64_t kBlockBytes = 64 * limits::kKiB;

class Stager {
 public:
  Stager(FileSystem& fs, const FoundSet& medium, std::string folder, const Transfer& transfer)
      : fs_(fs), medium_(medium), folder_(std::move(folder)), transfer_(transfer) {}

  Status stage(const SetMember& member, StageResult& result);
  void count_total(uint64_t bytes) { total_ += bytes; }

 private:
  // False where the copy is not what it should be: a bad sector, or bytes that do not match.
  Result<bool> copy(const SetMember& member, ReadableFile& from, const std::string& part, bool resume);
  Status read_block(ReadableFile& from, uint64_t offset, MutableByteSpan out, bool& right) const;
  Result<bool> is_right(const SetMember& member, ReadableFile& from, const std::string& part) const;

  FileSystem& fs_;
  const FoundSet& medium_;
  const std::string folder_;
  const Transfer& transfer_;
  uint64_t done_ = 0;
  uint64_t total_ = 0;
};

// What cannot be read is zeros where there is parity, which knows that they are wrong.
Status Stager::read_block(ReadableFile& from, uint64_t offset, MutableByteSpan out, bool& right) const {
  Status status = from.read_at(offset, out);
  if (status.ok() || !medium_.has_parity()) return status;
  right = false;
  std::fill(out.begin(), out.end(), 0);
  return {};
}

Result<bool> Stager::is_right(const SetMember& member, ReadableFile& from, const std::string& part) const {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> copied, fs_.open(part));
  const std::optional<FoundFile>& found = medium_.found(member);
  if (!member.is_parity && !medium_.is_one_file() && !found->header_is_damaged) {
    return check_volume(*copied, {medium_.set, false, member.number, found->crc});
  }
  // No check sum of the whole: the copy must be what the medium gives.
  uint32_t original = 0;
  uint32_t copy = 0;
  if (copied->size() != from.size()) return false;
  const Status read = read_pieces(from, [&](ByteSpan piece) -> Status {
    original = crc32c(original, piece);
    return transfer_.check_cancel();
  });
  if (!read.ok() && read.error().kind == ErrorKind::kInterrupted) return read.error();
  PANNIER_TRY(read_pieces(*copied, [&](ByteSpan piece) -> Status {
    copy = crc32c(copy, piece);
    return {};
  }));
  return read.ok() && original == copy;
}

Result<bool> Stager::copy(const SetMember& member, ReadableFile& from, const std::string& part, bool resume) {
  PANNIER_ASSIGN(const std::unique_ptr<RandomAccessFile> to, fs_.open_or_create(part));
  PANNIER_ASSIGN(const uint64_t there, to->size());
  bool right = true;
  Bytes block(kBlockBytes);
  const uint64_t begin = resume && there <= from.size() ? there / kBlockBytes * kBlockBytes : 0;
  if (begin == 0) PANNIER_TRY(to->resize(0));
  for (uint64_t offset = begin; offset < from.size(); offset += kBlockBytes) {
    PANNIER_TRY(transfer_.check_cancel());
    const MutableByteSpan piece =
        MutableByteSpan(block).first(std::min<uint64_t>(kBlockBytes, from.size() - offset));
    PANNIER_TRY(read_block(from, offset, piece, right));
    PANNIER_TRY(to->write_at(offset, piece));
    transfer_.report(std::min(total_, done_ + offset + piece.size()), total_);
  }
  PANNIER_TRY(to->sync());
  PANNIER_ASSIGN(const bool matches, is_right(member, from, part));
  return right && matches;
}

Status Stager::stage(const SetMember& member, StageResult& result) {
  ReadableFile& from = *medium_.found(member)->file;
  const std::string name = medium_.file_name_of(member);
  const std::string part = folder_ + "/." + name + ".part";
  const bool resume = fs_.stat(part).ok();
  PANNIER_ASSIGN(bool right, copy(member, from, part, resume));
  // What was there of an earlier try may not have reached the disk as it was.
  if (!right && resume) {
    PANNIER_ASSIGN(right, copy(member, from, part, false));
  }
  if (!right && !medium_.has_parity()) {
    (void)fs_.remove_file(part);
    return Error{ErrorKind::kCorrupt, fmt::format("{} is damaged", medium_.found(member)->path),
                 fmt::format("have sent again: {}", write_resend_list(medium_.set.identity, {member}))};
  }
  PANNIER_TRY(publish_files(fs_, {{part, folder_ + "/" + name}}, true));
  (right ? result.copied : result.damaged).push_back(name);
  done_ += from.size();
  return {};
}

// What is in the folder already; nothing where there is no bundle.
Result<std::optional<FoundSet>> find_staged(FileSystem& fs, const std::string& folder) {
  auto staged = find_volume_set(fs, {folder}, false);
  if (staged.ok()) return std::optional(std::move(staged).value());
  if (staged.error().kind == ErrorKind::kNotFound) return std::optional<FoundSet>();
  return std::move(staged).error();
}

Status check_same_bundle(const FoundSet& medium, const std::optional<FoundSet>& staged,
                         const std::string& folder) {
  if (!staged || staged->set == medium.set) return {};
  if (staged->set.name == medium.set.name && staged->set.identity == Digest() && medium.is_one_file())
    return {};
  return Error{
      ErrorKind::kInvalid,
      fmt::format("{} holds volumes of another bundle, {}, than {}", folder, staged->what(), medium.what()),
      "give each bundle a folder of its own"};
}

bool is_staged(const std::optional<FoundSet>& staged, const FoundSet& medium, const SetMember& member) {
  if (!staged || !(staged->set == medium.set) || !staged->found(member)) return false;
  const FoundFile& there = *staged->found(member);
  if (there.file->size() != medium.found(member)->file->size()) return false;
  // A damaged one is replaced where this medium has a better one.
  if (member.is_parity || medium.is_one_file()) return true;
  return !there.header_is_damaged && check_volume(*there.file, {medium.set, false, member.number, there.crc});
}

}  // namespace

Result<StageResult> stage_volumes(FileSystem& fs, const std::vector<std::string>& paths,
                                  const std::string& folder, const Transfer& transfer) {
  PANNIER_ASSIGN(const FoundSet medium, find_volume_set(fs, paths, false));
  PANNIER_TRY(fs.make_folders(folder));
  PANNIER_ASSIGN(const std::optional<FoundSet> staged, find_staged(fs, folder));
  PANNIER_TRY(check_same_bundle(medium, staged, folder));
  StageResult result;
  std::vector<SetMember> wanted;
  Stager stager(fs, medium, folder, transfer);
  const auto consider = [&](const SetMember& member) {
    if (!medium.found(member)) return;
    if (is_staged(staged, medium, member)) {
      result.present.push_back(medium.file_name_of(member));
      return;
    }
    wanted.push_back(member);
    stager.count_total(medium.found(member)->file->size());
  };
  for (uint32_t i = 0; i < medium.volumes.size(); ++i) consider({false, i});
  for (uint32_t i = 0; i < medium.parity.size(); ++i) consider({true, i});
  for (const SetMember& member : wanted) PANNIER_TRY(stager.stage(member, result));
  PANNIER_ASSIGN(const FoundSet now, find_volume_set(fs, {folder}, false));
  result.what = now.what();
  for (const SetMember& member : now.missing_volumes()) result.missing.push_back(now.file_name_of(member));
  result.is_enough = volumes_to_resend(now).empty();
  if (!result.is_enough || result.damaged.empty()) return result;
  PANNIER_ASSIGN(const VolumeReport report, check_found_set(now, transfer));
  result.is_enough = report.is_repairable;
  return result;
}

}  // namespace pannier
