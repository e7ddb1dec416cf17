#include "carry/transport/volumes/found_set.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crc32c.h"
#include "carry/transport/volumes/candidates.h"
#include "carry/transport/volumes/pieced_file.h"
#include "carry/transport/volumes/set_identity.h"

namespace pannier {
namespace {

constexpr const char* kNameThem = "name the files of one bundle, or give each a folder of its own";

Error two_bundles(const std::string& one, const std::string& other, const char* difference) {
  return {ErrorKind::kInvalid, fmt::format("{} and {} are {}", one, other, difference), kNameThem};
}

// Sorts candidates into the set. The first candidate with a header says which set it is.
class SetBuilder {
 public:
  explicit SetBuilder(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}
  Result<FoundSet> build();

 private:
  Status choose_set();
  Result<FoundSet> one_plain_file();
  Status add(Candidate& candidate);
  Status add_bundle_file(Candidate& candidate);
  void add_damaged(Candidate& candidate);
  Status place(std::optional<FoundFile>& slot, Candidate& candidate, const VolumeHeader& header);
  Status check_sizes();

  std::vector<Candidate> candidates_;
  const Candidate* first_ = nullptr;
  FoundSet found_;
};

Status SetBuilder::choose_set() {
  for (const Candidate& candidate : candidates_) {
    if (!candidate.header) continue;
    // What lies beside counts only where nothing else says which set is meant.
    if (first_ == nullptr || (first_->is_beside && !candidate.is_beside)) first_ = &candidate;
  }
  if (first_ == nullptr) return {};
  for (const Candidate& candidate : candidates_) {
    if (!candidate.header || candidate.header->set == first_->header->set || candidate.is_beside) continue;
    const bool same_bundle = candidate.header->set.identity == first_->header->set.identity;
    return two_bundles(
        first_->path, candidate.path,
        same_bundle ? "of one bundle that was cut twice, in different ways" : "volumes of different bundles");
  }
  return {};
}

Result<FoundSet> SetBuilder::one_plain_file() {
  const Candidate* bundle = nullptr;
  for (const Candidate& candidate : candidates_) {
    if (candidate.is_beside) continue;
    if (candidate.damage) return *candidate.damage;
    if (bundle != nullptr) return two_bundles(bundle->path, candidate.path, "two bundles");
    bundle = &candidate;
  }
  if (bundle == nullptr) {
    return Error{ErrorKind::kNotFound, "there is no bundle", "give files, or folders, that hold *.pannier"};
  }
  FoundSet found;
  found.set.name = volume_set_name(file_name(bundle->path));
  found.set.bundle_bytes = bundle->file->size();
  found.volumes.emplace_back(FoundFile{bundle->path, bundle->file, 0, false});
  return found;
}

Status SetBuilder::place(std::optional<FoundFile>& slot, Candidate& candidate, const VolumeHeader& header) {
  if (!slot) {
    slot = FoundFile{candidate.path, candidate.file, header.crc, false};
    return {};
  }
  // Twice: one copy may be damaged, and the other have come to stand in for it.
  if (header.is_parity) return {};
  const bool first_is_right = check_volume(*slot->file, {found_.set, false, header.number, slot->crc});
  if (!first_is_right) slot = FoundFile{candidate.path, candidate.file, header.crc, false};
  return {};
}

Status SetBuilder::add_bundle_file(Candidate& candidate) {
  if (!found_.is_one_file()) {
    if (candidate.is_beside) return {};
    return two_bundles(first_->path, candidate.path, "a volume and a bundle in one file");
  }
  const bool may_be_it = candidate.was_named || file_name(candidate.path) == found_.set.volume_file(0);
  if (!may_be_it) return two_bundles(first_->path, candidate.path, "of different bundles");
  std::optional<FoundFile>& slot = found_.volumes.front();
  if (slot && candidate.is_beside) return {};
  if (slot) return two_bundles(slot->path, candidate.path, "two bundles");
  slot = FoundFile{candidate.path, candidate.file, 0, false};
  return {};
}

// Where there is parity, a file is what its name says, damaged: parity tells block by block what is right.
void SetBuilder::add_damaged(Candidate& candidate) {
  for (uint32_t i = 0; found_.has_parity() && i < found_.set.volume_count(); ++i) {
    if (found_.volumes[i] || file_name(candidate.path) != found_.set.volume_file(i)) continue;
    found_.volumes[i] = FoundFile{candidate.path, candidate.file, 0, true};
  }
  if (!candidate.is_beside || volume_set_name(file_name(candidate.path)) == found_.set.name) {
    found_.damaged.push_back(*candidate.damage);
  }
}

Status SetBuilder::add(Candidate& candidate) {
  if (candidate.damage) return {};  // after the others, which tell what is missing
  if (!candidate.header) return add_bundle_file(candidate);
  const VolumeHeader& header = *candidate.header;
  if (header.set != found_.set) return {};  // lies beside
  return place((header.is_parity ? found_.parity : found_.volumes)[header.number], candidate, header);
}

// Without parity each volume must be as long as it was; with it, that is for the blocks to show.
Status SetBuilder::check_sizes() {
  if (found_.has_parity()) return {};
  for (uint32_t i = 0; i < found_.volumes.size(); ++i) {
    if (!found_.volumes[i]) continue;
    const uint64_t expected = kVolumeHeaderBytes + found_.set.volume_content_bytes(i);
    const uint64_t bytes = found_.volumes[i]->file->size();
    if (bytes == expected) continue;
    return Error{bytes < expected ? ErrorKind::kIncomplete : ErrorKind::kCorrupt,
                 fmt::format("{} has {} bytes instead of {}", found_.volumes[i]->path, bytes, expected),
                 fmt::format("send again: {}", write_resend_list(found_.set.identity, {{false, i}}))};
  }
  return {};
}

Result<FoundSet> SetBuilder::build() {
  PANNIER_TRY(choose_set());
  // A bundle in one file, named, is not of a set that merely lies beside it.
  const auto is_named_bundle = [](const Candidate& c) { return c.was_named && !c.header && !c.damage; };
  const bool names_bundle = std::any_of(candidates_.begin(), candidates_.end(), is_named_bundle);
  if (first_ == nullptr || (first_->is_beside && names_bundle && first_->header->set.volume_bytes != 0)) {
    return one_plain_file();
  }
  found_.set = first_->header->set;
  found_.volumes.resize(std::max<uint32_t>(1, found_.set.volume_count()));
  found_.parity.resize(found_.set.parity_file_count());
  for (Candidate& candidate : candidates_) PANNIER_TRY(add(candidate));
  for (Candidate& candidate : candidates_) {
    if (candidate.damage) add_damaged(candidate);
  }
  PANNIER_TRY(check_sizes());
  if (!found_.is_one_file() || !found_.volumes.front()) return std::move(found_);
  PANNIER_ASSIGN(const bool is_of_parity, is_bundle_of_parity(found_));
  if (is_of_parity) return std::move(found_);
  // Parity of an older bundle of that name, or of a newer one, lies beside it.
  if (first_->is_beside) return one_plain_file();
  return two_bundles(found_.volumes.front()->path, first_->path, "a bundle and the parity of another");
}

}  // namespace

std::vector<SetMember> FoundSet::missing_volumes() const {
  std::vector<SetMember> missing;
  for (uint32_t i = 0; i < volumes.size(); ++i) {
    if (!volumes[i]) missing.push_back({false, i});
  }
  return missing;
}

std::vector<std::string> FoundSet::files() const {
  std::vector<std::string> paths;
  for (const auto& file : volumes) {
    if (file) paths.push_back(file->path);
  }
  for (const auto& file : parity) {
    if (file) paths.push_back(file->path);
  }
  return paths;
}

std::string FoundSet::what() const {
  if (is_one_file() && volumes.front()) return volumes.front()->path;
  if (is_one_file()) return set.volume_file(0);
  return fmt::format("{} ({} volume{})", set.name, volumes.size(), volumes.size() == 1 ? "" : "s");
}

std::unique_ptr<ReadableFile> FoundSet::contents() const {
  std::vector<FilePiece> pieces;
  pieces.reserve(volumes.size());
  for (uint32_t i = 0; i < volumes.size(); ++i) {
    pieces.push_back({volumes[i] ? volumes[i]->file : nullptr, header_bytes(), content_bytes(i)});
  }
  return std::make_unique<PiecedFile>(std::move(pieces));
}

Result<FoundSet> find_volume_set(FileSystem& fs, const std::vector<std::string>& paths, bool uncached) {
  PANNIER_ASSIGN(std::vector<Candidate> candidates, find_candidates(fs, paths, uncached));
  return SetBuilder(std::move(candidates)).build();
}

uint32_t add_block_sums(uint32_t crc, ByteSpan bytes, uint64_t block_bytes) {
  for (uint64_t at = 0; at < bytes.size(); at += block_bytes) {
    const uint32_t sum = crc32c(0, bytes.subspan(at, std::min<uint64_t>(block_bytes, bytes.size() - at)));
    crc = crc32c(crc, {reinterpret_cast<const uint8_t*>(&sum), sizeof sum});
  }
  return crc;
}

bool check_volume(ReadableFile& file, const VolumeHeader& header) {
  const uint64_t bytes = header.set.volume_content_bytes(header.number);
  if (file.size() != kVolumeHeaderBytes + bytes) return false;
  Bytes block(header.set.block_bytes);
  uint32_t crc = 0;
  for (uint64_t offset = 0; offset < bytes; offset += block.size()) {
    const MutableByteSpan part =
        MutableByteSpan(block).first(std::min<uint64_t>(block.size(), bytes - offset));
    if (!file.read_at(kVolumeHeaderBytes + offset, part).ok()) return false;
    crc = add_block_sums(crc, part, header.set.block_bytes);
  }
  return crc == header.crc;
}

}  // namespace pannier
