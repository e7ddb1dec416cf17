#include "carry/transport/volumes/candidates.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace pannier {
namespace {

constexpr std::string_view kSuffix = ".pannier";
constexpr uint64_t kFilesMax = 10'000;  // that are looked at

struct Place {
  std::string path;
  bool was_named = false;
  bool is_beside = false;
};

class PlaceList {
 public:
  void add(Place place) {
    if (seen_.insert(place.path).second) places.push_back(std::move(place));
  }
  std::vector<Place> places;

 private:
  std::set<std::string> seen_;
};

Status add_folder(FileSystem& fs, const std::string& folder, PlaceList& list) {
  PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs.list(folder));
  for (const FolderEntry& entry : entries) {
    if (entry.kind != FileKind::kRegular || !entry.name.ends_with(kSuffix) || entry.name.starts_with('.')) {
      continue;
    }
    list.add({folder + "/" + entry.name, false, false});
  }
  return {};
}

// What has the same name but for the number. A folder that cannot be listed has nothing for us.
void add_beside(FileSystem& fs, const std::string& path, PlaceList& list) {
  const auto entries = fs.list(parent_folder(path));
  if (!entries.ok()) return;
  const std::string name = volume_set_name(file_name(path));
  const std::string folder = path.find('/') == std::string::npos ? "" : parent_folder(path) + "/";
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != FileKind::kRegular || !entry.name.ends_with(kSuffix)) continue;
    if (volume_set_name(entry.name) == name) list.add({folder + entry.name, false, true});
  }
}

Result<std::optional<VolumeHeader>> read_header(ReadableFile& file, uint64_t offset,
                                                const std::string& path) {
  Bytes bytes(kVolumeHeaderBytes);
  PANNIER_TRY(file.read_at(offset, bytes));
  PANNIER_ASSIGN(VolumeHeader header, parse_volume_header(bytes, path));
  return std::optional(std::move(header));
}

// At the beginning; of a parity file also at the end.
Result<std::optional<VolumeHeader>> find_header(ReadableFile& file, const std::string& path) {
  if (file.size() < kVolumeHeaderBytes) return std::optional<VolumeHeader>();
  auto header = read_header(file, 0, path);
  if (header.ok() || header.error().kind == ErrorKind::kUnsupported) return header;
  auto copy = read_header(file, file.size() - kVolumeHeaderBytes, path);
  if (copy.ok() && (*copy)->is_parity) return copy;
  return header;
}

// A tar archive, or a file whose name says that it is the whole bundle: nothing is wrong with its header.
bool has_no_header(ReadableFile& file, const std::string& path) {
  const std::string name = file_name(path);
  const bool is_numbered = volume_set_name(name) + std::string(kSuffix) != name && name.ends_with(kSuffix);
  if (!is_numbered) {
    Bytes start(std::min<uint64_t>(kVolumeMagic.size(), file.size()));
    return !file.read_at(0, start).ok() || !looks_like_volume(start);
  }
  constexpr std::string_view kFirstPath = "pannier/statement.json";
  Bytes start(std::min<uint64_t>(kFirstPath.size(), file.size()));
  return file.read_at(0, start).ok() && as_text(start) == kFirstPath;
}

Result<Candidate> open_candidate(FileSystem& fs, const Place& place, bool uncached) {
  const std::string& path = place.path;
  Candidate candidate;
  candidate.path = path;
  candidate.was_named = place.was_named;
  candidate.is_beside = place.is_beside;
  PANNIER_ASSIGN(candidate.file, uncached ? fs.open_uncached(path) : fs.open(path));
  if (has_no_header(*candidate.file, path)) return candidate;
  auto header = find_header(*candidate.file, path);
  if (header.ok()) {
    candidate.header = *std::move(header);
    if (!candidate.header) {
      candidate.damage =
          Error{ErrorKind::kIncomplete, fmt::format("{} has only {} bytes", path, candidate.file->size()),
                "copy that file again from where it was packed"};
    }
    return candidate;
  }
  if (header.error().kind == ErrorKind::kUnsupported) return std::move(header).error();
  candidate.damage = std::move(header).error();
  return candidate;
}

}  // namespace

Result<std::vector<Candidate>> find_candidates(FileSystem& fs, const std::vector<std::string>& paths,
                                               bool uncached) {
  PlaceList list;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    PANNIER_ASSIGN(const FileStat there, fs.stat(path));
    if (there.kind == FileKind::kFolder) {
      PANNIER_TRY(add_folder(fs, path, list));
    } else {
      list.add({path, true, false});
      files.push_back(path);
    }
  }
  for (const std::string& path : files) add_beside(fs, path, list);
  if (list.places.size() > kFilesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{} files, at most {} are looked at", list.places.size(), kFilesMax),
                 "name the volumes of one bundle"};
  }
  std::vector<Candidate> candidates;
  for (const Place& place : list.places) {
    auto candidate = open_candidate(fs, place, uncached);
    if (!candidate.ok() && place.is_beside) continue;
    if (!candidate.ok()) return std::move(candidate).error();
    candidates.push_back(std::move(candidate).value());
  }
  return candidates;
}

}  // namespace pannier
