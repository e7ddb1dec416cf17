// create_bundle_output: the writing side of volume_set.h.
#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "base/bytes.h"
#include "base/read_pieces.h"
#include "carry/transport/volumes/found_set.h"
#include "carry/transport/volumes/parity_writer.h"
#include "carry/transport/volumes/publish_files.h"
#include "carry/transport/volumes/resend_list.h"
#include "carry/transport/volumes/volume_check.h"
#include "carry/transport/volumes/volume_files.h"
#include "carry/transport/volumes/volume_set.h"
#include "format/volume.h"

namespace pannier {
namespace {

struct OutputPlan {
  std::string path;    // of the bundle as one file
  std::string folder;  // where it lies
  bool overwrite = false;
  VolumeOptions options;
  VolumeSetShape set;  // but for what only the finished bundle tells
};

class VolumeOutput : public BundleOutput {
 public:
  VolumeOutput(FileSystem& fs, OutputPlan plan);
  ~VolumeOutput() override;
  WritableFile& file() override { return files_; }
  Result<std::vector<std::string>> publish(const std::string& statement, const Transfer& transfer) override;
  Status read_back(const Transfer& transfer) override;

 private:
  struct Member {
    SetMember name;
    PendingFile file;
  };
  Status write_headers();
  std::vector<Member> members() const;
  Result<std::vector<Member>> chosen_members() const;
  Status check_none_is_there(const std::vector<Member>& members);
  Status remove_others(const std::vector<Member>& members);
  std::string path_of(const std::string& name) const { return plan_.folder + "/" + name; }

  FileSystem& fs_;
  OutputPlan plan_;
  const std::string prefix_;
  VolumeFiles files_;
  std::vector<std::string> parity_temporaries_;
  std::vector<std::string> published_;
  uint32_t one_file_crc_ = 0;  // as it was written: later a bad medium might tell
};

VolumeOutput::VolumeOutput(FileSystem& fs, OutputPlan plan)
    : fs_(fs),
      plan_(std::move(plan)),
      prefix_(plan_.folder + "/." + plan_.set.name),
      files_(fs, prefix_, plan_.set.volume_bytes, plan_.set.block_bytes) {}

VolumeOutput::~VolumeOutput() {
  // What was published has another name by now; an error here would hide the one to tell.
  for (const std::string& path : files_.temporaries()) (void)fs_.remove_file(path);
  for (const std::string& path : parity_temporaries_) (void)fs_.remove_file(path);
}

Status VolumeOutput::write_headers() {
  for (uint32_t number = 0; number < plan_.set.volume_count(); ++number) {
    PANNIER_ASSIGN(const uint32_t crc, files_.crc(number));
    PANNIER_TRY(files_.write_header(number, write_volume_header({plan_.set, false, number, crc})));
  }
  return files_.sync();
}

std::vector<VolumeOutput::Member> VolumeOutput::members() const {
  std::vector<Member> members;
  members.reserve(files_.temporaries().size() + parity_temporaries_.size());
  for (uint32_t i = 0; i < files_.temporaries().size(); ++i) {
    const std::string path = plan_.set.volume_bytes == 0 ? plan_.path : path_of(plan_.set.volume_file(i));
    members.push_back({{false, i}, {files_.temporaries()[i], path}});
  }
  for (uint32_t i = 0; i < parity_temporaries_.size(); ++i) {
    members.push_back({{true, i}, {parity_temporaries_[i], path_of(plan_.set.parity_file(i))}});
  }
  return members;
}

Result<std::vector<VolumeOutput::Member>> VolumeOutput::chosen_members() const {
  std::vector<Member> members = this->members();
  if (plan_.options.only.empty()) return members;
  PANNIER_ASSIGN(const std::vector<SetMember> chosen,
                 parse_resend_list(plan_.set.identity, plan_.options.only));
  if (chosen.empty()) return members;
  for (const SetMember& name : chosen) {
    if (std::any_of(members.begin(), members.end(), [&](const Member& m) { return m.name == name; }))
      continue;
    return Error{ErrorKind::kInvalid, fmt::format("{} has no {}", plan_.set.name, set_member_label(name)),
                 "pack with the same volume size and parity as the first time"};
  }
  std::erase_if(members, [&](const Member& member) {
    return !std::binary_search(chosen.begin(), chosen.end(), member.name);
  });
  return members;
}

Status VolumeOutput::check_none_is_there(const std::vector<Member>& members) {
  for (const Member& member : members) PANNIER_TRY(check_free_path(fs_, member.file.path, plan_.overwrite));
  return {};
}

// After overwriting: volumes of the set before this one, of which there were more, would be taken for parts
// of this one, and refused.
Status VolumeOutput::remove_others(const std::vector<Member>& members) {
  if (!plan_.overwrite || !plan_.options.only.empty()) return {};
  PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs_.list(plan_.folder));
  bool removed = false;
  for (const FolderEntry& entry : entries) {
    if (entry.kind != FileKind::kRegular || volume_set_name(entry.name) != plan_.set.name) continue;
    if (!entry.name.ends_with(".pannier")) continue;
    const std::string path = path_of(entry.name);
    if (std::any_of(members.begin(), members.end(),
                    [&](const Member& m) { return file_name(m.file.path) == entry.name; })) {
      continue;
    }
    PANNIER_TRY(fs_.remove_file(path));
    removed = true;
  }
  return removed ? fs_.sync_folder(plan_.folder) : Status();
}

Result<std::vector<std::string>> VolumeOutput::publish(const std::string& statement,
                                                       const Transfer& transfer) {
  assert(files_.bytes() > 0 && parity_temporaries_.empty());
  VolumeSetShape& set = plan_.set;
  set.identity = sha256(statement);
  set.bundle_bytes = files_.bytes();
  if (plan_.options.parity_percent != 0) {
    set.parity = choose_parity_shape(set.bundle_bytes, set.volume_bytes, set.block_bytes,
                                     plan_.options.parity_percent, plan_.options.volume_bytes);
  }
  PANNIER_TRY(write_headers());
  if (set.volume_bytes == 0) {
    PANNIER_ASSIGN(one_file_crc_, files_.crc(0));
  }
  if (set.parity.percent != 0) {
    PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> bundle, files_.open());
    PANNIER_ASSIGN(parity_temporaries_, write_parity(fs_, *bundle, set, prefix_, transfer));
  }
  PANNIER_TRY(transfer.check_cancel());
  PANNIER_ASSIGN(const std::vector<Member> members, chosen_members());
  PANNIER_TRY(check_none_is_there(members));
  std::vector<PendingFile> in_order;
  std::vector<std::string> paths;
  for (const Member& member : members) {
    paths.push_back(member.file.path);
    in_order.insert(in_order.begin(), member.file);  // the first volume comes last
  }
  PANNIER_TRY(publish_files(fs_, in_order, plan_.overwrite));
  published_ = paths;
  PANNIER_TRY(remove_others(members));
  return paths;
}

Error not_read_back(const std::string& file, const std::string& where) {
  return {ErrorKind::kIo,
          fmt::format("{}: what the medium gives back{} is not what was written", file, where),
          "do not use that medium; write to another one"};
}

Status VolumeOutput::read_back(const Transfer& transfer) {
  assert(!published_.empty());
  if (plan_.set.volume_bytes == 0 && plan_.set.parity.percent == 0) {
    PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs_.open_uncached(published_.front()));
    uint32_t crc = 0;
    uint64_t done = 0;
    transfer.report(0, file->size());
    // A piece is a whole number of blocks.
    PANNIER_TRY(read_pieces(*file, [&](ByteSpan piece) -> Status {
      crc = add_block_sums(crc, piece, plan_.set.block_bytes);
      transfer.report(done += piece.size(), file->size());
      return transfer.check_cancel();
    }));
    const bool same = file->size() == files_.bytes() && crc == one_file_crc_;
    return same ? Status() : not_read_back(published_.front(), "");
  }
  PANNIER_ASSIGN(const FoundSet found, find_volume_set(fs_, published_, true));
  if (!(found.set == plan_.set)) return not_read_back(published_.front(), " of its header");
  PANNIER_ASSIGN(const VolumeReport report, check_found_set(found, transfer));
  for (const DamagedMember& damaged : report.damaged) {
    if (damaged.is_missing && !plan_.options.only.empty()) continue;
    return not_read_back(damaged.file, fmt::format(" at byte {}", damaged.first_offset));
  }
  return {};
}

Status check_options(const VolumeOptions& options, const std::string& path) {
  PANNIER_TRY(check_bundle_name(path));
  if (options.parity_percent > kParityPercentMax) {
    return Error{
        ErrorKind::kInvalid,
        fmt::format("parity of {} percent, at most {} make sense", options.parity_percent, kParityPercentMax),
        "more than that is a second copy"};
  }
  return {};
}

Result<VolumeSetShape> plan_shape(const std::string& path, const VolumeOptions& options,
                                  uint64_t bundle_bytes_max) {
  VolumeSetShape set;
  set.name = volume_set_name(file_name(path));
  set.block_bytes = choose_block_bytes(bundle_bytes_max, options.volume_bytes);
  if (options.volume_bytes == 0 || bundle_bytes_max <= options.volume_bytes) return set;
  set.volume_bytes =
      choose_volume_bytes(bundle_bytes_max, options.volume_bytes, set.block_bytes, options.parity_percent);
  const uint64_t count =
      set.volume_bytes == 0 ? kVolumesMax + 1 : (bundle_bytes_max + set.volume_bytes - 1) / set.volume_bytes;
  if (count <= kVolumesMax) return set;
  return Error{ErrorKind::kInvalid,
               fmt::format("volumes of {} bytes are too small for a bundle of {} bytes: at most {} are made",
                           options.volume_bytes, bundle_bytes_max, kVolumesMax),
               "choose larger volumes"};
}

Status check_space(FileSystem& fs, const std::string& folder, uint64_t bundle_bytes_max, uint32_t percent) {
  PANNIER_ASSIGN(const uint64_t free_bytes, fs.free_bytes(folder));
  const uint64_t needed = bundle_bytes_max + bundle_bytes_max / 100 * percent;
  if (free_bytes >= needed) return {};
  return Error{ErrorKind::kIo,
               fmt::format("the bundle takes {} bytes ({}){}, but {} has only {} ({}) free", needed,
                           human_bytes(needed), percent == 0 ? "" : " with its parity", folder, free_bytes,
                           human_bytes(free_bytes)),
               "free some space there, or choose another place"};
}

}  // namespace

Result<std::unique_ptr<BundleOutput>> create_bundle_output(FileSystem& fs, const std::string& path,
                                                           bool overwrite, const VolumeOptions& options,
                                                           uint64_t bundle_bytes_max) {
  PANNIER_TRY(check_options(options, path));
  OutputPlan plan{path, parent_folder(path), overwrite, options, {}};
  PANNIER_ASSIGN(plan.set, plan_shape(path, options, bundle_bytes_max));
  const bool one_file = plan.set.volume_bytes == 0;
  // Of several files the first and the last to be published stand for the others, whose number is not known.
  PANNIER_TRY(check_free_path(fs, one_file ? path : plan.folder + "/" + plan.set.volume_file(0), overwrite));
  if (options.parity_percent != 0) {
    PANNIER_TRY(check_free_path(fs, plan.folder + "/" + plan.set.parity_file(0), overwrite));
  }
  if (const auto parent = fs.stat(plan.folder); !parent.ok()) return parent.error();
  PANNIER_TRY(check_space(fs, plan.folder, bundle_bytes_max, options.parity_percent));
  return std::unique_ptr<BundleOutput>(std::make_unique<VolumeOutput>(fs, std::move(plan)));
}

}  // namespace pannier
