#include "carry/transport/volumes/volume_check.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "carry/transport/volumes/strip_plan.h"
#include "carry/transport/volumes/stripes.h"

namespace pannier {
namespace {

// Damage found so far, from several threads.
class Findings {
 public:
  explicit Findings(const FoundSet& found) : found_(found) {}

  void add_block(const BlockPlace& place) {
    DamagedMember& damaged = entry(place.member);
    damaged.first_offset = damaged.blocks == 0 ? place.offset : std::min(damaged.first_offset, place.offset);
    ++damaged.blocks;
  }
  DamagedMember& entry(const SetMember& member) {
    DamagedMember& damaged = members_[member];
    if (!damaged.file.empty()) return damaged;
    const std::optional<FoundFile>& file = found_.found(member);
    damaged.member = member;
    damaged.is_missing = !file;
    damaged.header_is_damaged = file && file->header_is_damaged;
    damaged.file = file ? file->path : found_.file_name_of(member);
    return damaged;
  }
  const std::map<SetMember, DamagedMember>& members() const { return members_; }

 private:
  const FoundSet& found_;
  std::map<SetMember, DamagedMember> members_;
};

// Which volumes must come again so that no stripe has lost more than parity makes good.
class ResendChoice {
 public:
  // A stripe that lost these members' blocks, of which `parity` may be lost.
  void add_stripe(std::vector<SetMember> lost, uint64_t parity) {
    if (lost.size() > parity) ++stripes_[{std::move(lost), parity}];
  }
  bool empty() const { return stripes_.empty(); }

  // The member that most stripes miss comes first, until all can be made good. The numbers are small: what
  // repeats is counted.
  std::vector<SetMember> choose() {
    std::vector<SetMember> chosen;
    while (!stripes_.empty()) {
      std::map<SetMember, uint64_t> votes;
      for (const auto& [stripe, count] : stripes_) {
        for (const SetMember& member : stripe.first) votes[member] += count;
      }
      const SetMember best = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
                               return a.second < b.second || (a.second == b.second && b.first < a.first);
                             })->first;
      chosen.push_back(best);
      take(best);
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

 private:
  using Stripe = std::pair<std::vector<SetMember>, uint64_t>;
  void take(const SetMember& member) {
    std::map<Stripe, uint64_t> left;
    for (const auto& [stripe, count] : stripes_) {
      std::vector<SetMember> lost = stripe.first;
      std::erase(lost, member);
      if (lost.size() > stripe.second) left[{std::move(lost), stripe.second}] += count;
    }
    stripes_ = std::move(left);
  }

  std::map<Stripe, uint64_t> stripes_;
};

class Checker {
 public:
  Checker(const FoundSet& found, const Stripes& stripes)
      : found_(found), stripes_(stripes), findings_(found) {}
  Status run(const Transfer& transfer);
  void report(VolumeReport& report);

 private:
  void check_strip(const Strip& strip, Bytes& memory);
  bool is_framed(uint32_t number) const;

  const FoundSet& found_;
  const Stripes& stripes_;
  std::mutex mutex_;  // of what follows
  Findings findings_;
  ResendChoice choice_;
  uint64_t losses_max_ = 0;
};

void Checker::check_strip(const Strip& strip, Bytes& memory) {
  const uint32_t shards = stripes_.shards(strip.group);
  const uint64_t size = found_.set.block_bytes;
  memory.resize(strip.count * size);
  std::vector<uint8_t> right(strip.count);
  std::vector<std::vector<uint32_t>> lost(strip.count);
  for (uint32_t shard = 0; shard < shards; ++shard) {
    stripes_.read(strip.group, shard, strip.first, memory, right);
    for (uint64_t i = 0; i < strip.count; ++i) {
      if (right[i] == 0) lost[i].push_back(shard);
    }
  }
  const std::lock_guard lock(mutex_);
  const uint32_t parity = found_.set.parity_shards(strip.group);
  for (uint64_t i = 0; i < strip.count; ++i) {
    if (lost[i].empty()) continue;
    if (lost[i].size() > losses_max_) losses_max_ = lost[i].size();
    std::vector<SetMember> members;
    for (const uint32_t shard : lost[i]) {
      const BlockPlace place = stripes_.place_of(strip.group, shard, strip.first + i);
      members.push_back(place.member);
      findings_.add_block(place);
    }
    // Where nobody knows the check sums, nothing can be told to be right, and so nothing made good.
    const bool is_known = stripes_.sums(strip.group).is_known(strip.first + i);
    choice_.add_stripe(std::move(members), is_known ? parity : 0);
  }
}

Status Checker::run(const Transfer& transfer) {
  return for_each_strip(found_.set, transfer, [this](const Strip& strip, Bytes& memory) {
    check_strip(strip, memory);
    return Status();
  });
}

// Whether what is around the rows of a parity file is right: headers and tables, both of each.
bool Checker::is_framed(uint32_t number) const {
  ReadableFile& file = *found_.parity[number]->file;
  if (file.size() != found_.set.parity_file_bytes(number)) return false;
  const CheckSums& sums = stripes_.sums(found_.set.parity_place(number).group);
  const ParityFrame frame(found_.set, number, sums);
  const auto pieces = frame.pieces();
  return std::all_of(pieces.begin(), pieces.end(), [&](const ParityFrame::Piece& piece) {
    Bytes found(piece.bytes.size());
    return file.read_at(piece.offset, found).ok() &&
           std::equal(found.begin(), found.end(), piece.bytes.begin());
  });
}

void Checker::report(VolumeReport& report) {
  const VolumeSetShape& set = found_.set;
  for (uint32_t i = 0; i < found_.volumes.size(); ++i) {
    const std::optional<FoundFile>& file = found_.volumes[i];
    const uint64_t expected = found_.header_bytes() + found_.content_bytes(i);
    if (!file || file->header_is_damaged || file->file->size() != expected) findings_.entry({false, i});
  }
  for (uint32_t i = 0; i < found_.parity.size(); ++i) {
    const std::optional<FoundFile>& file = found_.parity[i];
    if (!file || !is_framed(i)) findings_.entry({true, i});
  }
  for (const auto& [member, damaged] : findings_.members()) report.damaged.push_back(damaged);
  report.stripe_losses_max = losses_max_;
  report.stripe_parity = set.parity_shards(0);
  report.is_repairable = choice_.empty();
  report.resend = choice_.choose();
}

// Without parity: each volume against the check sum in its header.
Status check_headers_only(const FoundSet& found, const Transfer& transfer, VolumeReport& report) {
  Findings findings(found);
  transfer.report(0, found.set.bundle_bytes);
  for (uint32_t i = 0; i < found.volumes.size(); ++i) {
    PANNIER_TRY(transfer.check_cancel());
    const std::optional<FoundFile>& file = found.volumes[i];
    if (!file || !check_volume(*file->file, {found.set, false, i, file->crc})) {
      DamagedMember& damaged = findings.entry({false, i});
      damaged.first_offset = kVolumeHeaderBytes;
      damaged.blocks = (found.content_bytes(i) + found.set.block_bytes - 1) / found.set.block_bytes;
      report.resend.push_back({false, i});
    }
    transfer.report(found.set.volume_offset(i) + found.content_bytes(i), found.set.bundle_bytes);
  }
  for (const auto& [member, damaged] : findings.members()) report.damaged.push_back(damaged);
  report.is_repairable = report.resend.empty();
  return {};
}

}  // namespace

std::vector<SetMember> volumes_to_resend(const FoundSet& found) {
  if (!found.has_parity()) return found.missing_volumes();
  const VolumeSetShape& set = found.set;
  std::vector<uint32_t> rows(set.parity.groups);
  for (uint32_t i = 0; i < found.parity.size(); ++i) {
    const ParityPlace place = set.parity_place(i);
    if (found.parity[i]) rows[place.group] += place.rows;
  }
  // Where one file is all, it is all shards.
  if (found.volumes.size() == 1 && rows[0] >= set.data_shards(0)) return {};
  if (found.volumes.size() == 1) return found.missing_volumes();
  std::vector<SetMember> resend;
  for (const SetMember& member : found.missing_volumes()) {
    uint32_t& left = rows[member.number % set.parity.groups];
    if (left == 0) resend.push_back(member);
    if (left > 0) --left;
  }
  return resend;
}

Result<VolumeReport> check_found_set(const FoundSet& found, const Transfer& transfer) {
  VolumeReport report;
  report.what = found.what();
  report.volumes = found.set.volume_count();
  report.parity_files = static_cast<uint32_t>(found.parity.size());
  report.block_bytes = found.set.block_bytes;
  if (found.is_one_file() && !found.has_parity()) return report;
  report.identity = found.set.identity.oci();
  if (found.has_parity()) {
    PANNIER_ASSIGN(const std::unique_ptr<Stripes> stripes, Stripes::open(found));
    Checker checker(found, *stripes);
    PANNIER_TRY(checker.run(transfer));
    checker.report(report);
  } else {
    PANNIER_TRY(check_headers_only(found, transfer, report));
  }
  if (!report.is_repairable) report.resend_list = write_resend_list(found.set.identity, report.resend);
  return report;
}

Result<VolumeReport> check_volumes(FileSystem& fs, const std::vector<std::string>& paths, bool uncached,
                                   const Transfer& transfer) {
  PANNIER_ASSIGN(const FoundSet found, find_volume_set(fs, paths, uncached));
  return check_found_set(found, transfer);
}

}  // namespace pannier
