#include "carry/transport/volumes/member_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/crc32c.h"
#include "base/read_pieces.h"
#include "base/reed_solomon.h"
#include "carry/transport/volumes/publish_files.h"
#include "carry/transport/volumes/strip_plan.h"
#include "carry/transport/volumes/stripes.h"

namespace pannier {
namespace {

// The temporary files; they go with the object, unless they were renamed.
class Outputs {
 public:
  Outputs(FileSystem& fs, const FoundSet& found, std::string folder)
      : fs_(fs), found_(found), folder_(std::move(folder)) {}
  ~Outputs() {
    for (const PendingFile& file : pending_) (void)fs_.remove_file(file.temporary);
  }
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  Status add(const SetMember& member) {
    const std::string name = found_.file_name_of(member);
    PANNIER_TRY(check_free_path(fs_, folder_ + "/" + name, false));
    pending_.push_back({unique_name(folder_ + "/." + name), folder_ + "/" + name});
    PANNIER_ASSIGN(files_[member], fs_.open_or_create(pending_.back().temporary));
    return {};
  }
  // Null where that file is not to be written.
  RandomAccessFile* find(const SetMember& member) const {
    const auto place = files_.find(member);
    return place == files_.end() ? nullptr : place->second.get();
  }
  Result<std::vector<std::string>> publish() {
    for (const auto& [member, file] : files_) PANNIER_TRY(file->sync());
    PANNIER_TRY(publish_files(fs_, {pending_.rbegin(), pending_.rend()}, false));
    std::vector<std::string> paths;
    paths.reserve(pending_.size());
    for (const PendingFile& file : pending_) paths.push_back(file.path);
    return paths;
  }

 private:
  FileSystem& fs_;
  const FoundSet& found_;
  const std::string folder_;
  std::vector<PendingFile> pending_;
  std::map<SetMember, std::unique_ptr<RandomAccessFile>> files_;
};

class StripeRepair {
 public:
  StripeRepair(const FoundSet& found, const Stripes& stripes, const Outputs& outputs)
      : found_(found), set_(found.set), stripes_(stripes), outputs_(outputs) {}
  Status run(const Transfer& transfer) const;
  Status write_headers(const std::vector<SetMember>& members) const;

 private:
  Status write_strip(const Strip& strip, Bytes& memory) const;
  Status make_good(const Strip& strip, uint64_t stripe, const std::vector<uint8_t>& right,
                   Bytes& memory) const;
  Status write_shard(const Strip& strip, uint32_t shard, ByteSpan bytes) const;
  uint32_t volume_crc(uint32_t volume) const;

  const FoundSet& found_;
  const VolumeSetShape& set_;
  const Stripes& stripes_;
  const Outputs& outputs_;
};

// Block `stripe` of the strip, of every shard that is not right, out of those that are.
Status StripeRepair::make_good(const Strip& strip, uint64_t stripe, const std::vector<uint8_t>& right,
                               Bytes& memory) const {
  const uint64_t size = set_.block_bytes;
  const uint32_t data = set_.data_shards(strip.group);
  std::vector<uint32_t> present;
  std::vector<uint32_t> wanted;
  std::vector<const uint8_t*> sources;
  std::vector<uint8_t*> targets;
  for (uint32_t shard = 0; shard < stripes_.shards(strip.group); ++shard) {
    uint8_t* block = &memory[(shard * strip.count + stripe) * size];
    if (right[shard * strip.count + stripe] == 0) {
      wanted.push_back(shard);
      targets.push_back(block);
    } else if (present.size() < data) {
      present.push_back(shard);
      sources.push_back(block);
    }
  }
  if (wanted.empty()) return {};
  const uint64_t number = strip.first + stripe;
  const CheckSums& sums = stripes_.sums(strip.group);
  if (present.size() < data || !sums.is_known(number)) {
    return Error{ErrorKind::kIncomplete,
                 fmt::format("{}: stripe {} of group {} has lost more than its parity makes good",
                             found_.what(), number, strip.group + 1),
                 "`pannier verify` tells which volumes to have sent again"};
  }
  ReedSolomon(data, set_.parity_shards(strip.group))
      .decoder(present, wanted)
      .multiply(sources, targets, size);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const uint64_t bytes = stripes_.block_bytes(strip.group, wanted[i], number);
    if (crc32c(0, {targets[i], bytes}) == sums.at(number, wanted[i])) continue;
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: what parity gives for stripe {} is not right", found_.what(), number), ""};
  }
  return {};
}

// A shard's part of a strip, to where it lies in a file that is to be written. A strip lies within one
// volume, or within one file: volumes are whole shards, or one holds all.
Status StripeRepair::write_shard(const Strip& strip, uint32_t shard, ByteSpan bytes) const {
  const BlockPlace place = stripes_.place_of(strip.group, shard, strip.first);
  RandomAccessFile* const file = outputs_.find(place.member);
  const uint64_t size = stripes_.block_bytes(strip.group, shard, strip.first, strip.count);
  return file == nullptr || size == 0 ? Status() : file->write_at(place.offset, bytes.first(size));
}

Status StripeRepair::write_strip(const Strip& strip, Bytes& memory) const {
  const uint64_t strip_bytes = strip.count * set_.block_bytes;
  const uint32_t shards = stripes_.shards(strip.group);
  memory.resize(shards * strip_bytes);
  std::vector<uint8_t> right(shards * strip.count);
  for (uint32_t shard = 0; shard < shards; ++shard) {
    stripes_.read(strip.group, shard, strip.first,
                  MutableByteSpan(memory).subspan(shard * strip_bytes, strip_bytes),
                  std::span(right).subspan(shard * strip.count, strip.count));
  }
  for (uint64_t stripe = 0; stripe < strip.count; ++stripe)
    PANNIER_TRY(make_good(strip, stripe, right, memory));
  for (uint32_t shard = 0; shard < shards; ++shard) {
    PANNIER_TRY(write_shard(strip, shard, ByteSpan(memory).subspan(shard * strip_bytes, strip_bytes)));
  }
  return {};
}

Status StripeRepair::run(const Transfer& transfer) const {
  return for_each_strip(set_, transfer,
                        [this](const Strip& strip, Bytes& memory) { return write_strip(strip, memory); });
}

// Out of the check sums that parity keeps of the volume's blocks.
uint32_t StripeRepair::volume_crc(uint32_t volume) const {
  const uint64_t first = set_.volume_offset(volume) / set_.block_bytes;
  const uint64_t count = (set_.volume_content_bytes(volume) + set_.block_bytes - 1) / set_.block_bytes;
  uint32_t crc = 0;
  for (uint64_t block = first; block < first + count; ++block) {
    const ShardBlock place = shard_block(set_, block);
    const uint32_t sum = stripes_.sums(place.group).at(place.stripe, place.shard);
    crc = crc32c(crc, {reinterpret_cast<const uint8_t*>(&sum), sizeof sum});
  }
  return crc;
}

Status StripeRepair::write_headers(const std::vector<SetMember>& members) const {
  for (const SetMember& member : members) {
    RandomAccessFile* const file = outputs_.find(member);
    if (member.is_parity) {
      const CheckSums& sums = stripes_.sums(set_.parity_place(member.number).group);
      const ParityFrame frame(set_, member.number, sums);
      for (const auto& piece : frame.pieces()) PANNIER_TRY(file->write_at(piece.offset, piece.bytes));
    } else if (!found_.is_one_file()) {
      const std::string header = write_volume_header({set_, false, member.number, volume_crc(member.number)});
      PANNIER_TRY(file->write_at(0, as_bytes(header)));
    }
  }
  return {};
}

// Without parity: the file as it lies, where it is right.
Status copy_volume(const FoundSet& found, const SetMember& member, RandomAccessFile& to) {
  const std::optional<FoundFile>& from = found.found(member);
  const bool is_right = from && (found.is_one_file() ||
                                 check_volume(*from->file, {found.set, false, member.number, from->crc}));
  if (!is_right) {
    return Error{ErrorKind::kIncomplete,
                 fmt::format("{}: {} is missing or damaged, and there is no parity", found.what(),
                             found.file_name_of(member)),
                 "pack it again"};
  }
  uint64_t offset = 0;
  return read_pieces(*from->file, [&](ByteSpan piece) -> Status {
    PANNIER_TRY(to.write_at(offset, piece));
    offset += piece.size();
    return {};
  });
}

}  // namespace

Result<std::vector<std::string>> write_members(FileSystem& fs, const FoundSet& found,
                                               const std::vector<SetMember>& members,
                                               const std::string& folder, const Transfer& transfer) {
  if (members.empty()) return std::vector<std::string>();
  PANNIER_TRY(fs.make_folders(folder));
  Outputs outputs(fs, found, folder);
  for (const SetMember& member : members) PANNIER_TRY(outputs.add(member));
  if (!found.has_parity()) {
    for (const SetMember& member : members) {
      PANNIER_TRY(transfer.check_cancel());
      PANNIER_TRY(copy_volume(found, member, *outputs.find(member)));
    }
    return outputs.publish();
  }
  PANNIER_ASSIGN(const std::unique_ptr<Stripes> stripes, Stripes::open(found));
  const StripeRepair repair(found, *stripes, outputs);
  PANNIER_TRY(repair.run(transfer));
  PANNIER_TRY(repair.write_headers(members));
  return outputs.publish();
}

Result<RepairResult> repair_volumes(FileSystem& fs, const std::vector<std::string>& paths,
                                    const std::string& folder, bool whole_set, const Transfer& transfer) {
  PANNIER_ASSIGN(const FoundSet found, find_volume_set(fs, paths, false));
  RepairResult result;
  PANNIER_ASSIGN(result.report, check_found_set(found, transfer));
  if (!result.report.is_repairable) {
    return Error{ErrorKind::kIncomplete,
                 fmt::format("{}: more is damaged or missing than parity makes good", found.what()),
                 "have sent again: " + result.report.resend_list};
  }
  std::vector<SetMember> members;
  members.reserve(result.report.damaged.size());
  for (const DamagedMember& damaged : result.report.damaged) members.push_back(damaged.member);
  if (whole_set) {
    members.clear();
    for (uint32_t i = 0; i < found.volumes.size(); ++i) members.push_back({false, i});
    for (uint32_t i = 0; i < found.parity.size(); ++i) members.push_back({true, i});
  }
  PANNIER_ASSIGN(result.files, write_members(fs, found, members, folder, transfer));
  return result;
}

Result<std::vector<std::string>> resend_volumes(FileSystem& fs, const std::vector<std::string>& kept,
                                                const std::string& list, const std::string& folder,
                                                const Transfer& transfer) {
  PANNIER_ASSIGN(const FoundSet found, find_volume_set(fs, kept, false));
  PANNIER_ASSIGN(std::vector<SetMember> members, parse_resend_list(found.set.identity, list));
  for (const SetMember& member : members) {
    const size_t count = (member.is_parity ? found.parity : found.volumes).size();
    if (member.number < count) continue;
    return Error{ErrorKind::kInvalid, fmt::format("{} has no {}", found.what(), set_member_label(member)),
                 ""};
  }
  for (uint32_t i = 0; members.empty() && i < found.volumes.size(); ++i) members.push_back({false, i});
  return write_members(fs, found, members, folder, transfer);
}

}  // namespace pannier
