// Checks of a wheel, in the order of their price: the archive's structure, the names, the three text files,
// then every byte.
#include "format/python_wheel_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/digest.h"
#include "base/display.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "format/inflate.h"
#include "format/python_text.h"
#include "format/zip_index.h"

namespace pannier {
namespace {

constexpr std::string_view kDistInfo = ".dist-info";
constexpr uint64_t kPieceBytes = limits::kMiB;

constexpr const char* kHint =
    "do not install it: the file is damaged, badly built or tampered with; fetch it again and compare its "
    "SHA-256 "
    "with the index's";

// The reason why the path could be unpacked outside of its folder on some system; empty: it could not.
std::string path_fault(std::string_view path) {
  if (path.empty() || path.front() == '/') return "an absolute path";
  if (path.find('\\') != std::string_view::npos) return "a backslash, which separates folders on Windows";
  if (path.find(':') != std::string_view::npos) return "a colon, which names drives and streams on Windows";
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view component = python_text::take_until(rest, '/');
    if (component.empty() || component == "." || component == "..") {
      return fmt::format("a component '{}'", component);
    }
  }
  return path.back() == '/' ? "no name behind its last '/'" : "";
}

// The archive of one wheel, and its files by name.
class WheelArchive {
 public:
  WheelArchive(ByteSpan file, const WheelName& name, const WheelCheckProgress& progress)
      : file_(file), name_(name), progress_(progress) {}

  Status open() {
    PANNIER_ASSIGN(index_, parse_zip(file_, name_.filename, ZipKind::kWheel));
    if (index_.entries.size() > limits::kWheelEntriesMax) {
      return Error{ErrorKind::kLimit,
                   at_wheel(fmt::format("{} entries; at most {} are read", index_.entries.size(),
                                        limits::kWheelEntriesMax)),
                   kHint};
    }
    for (const ZipEntry& entry : index_.entries) PANNIER_TRY(add(entry));
    if (unpacked_bytes_ > limits::kWheelUnpackedBytesMax ||
        unpacked_bytes_ / limits::kWheelUnpackRatioMax > file_.size()) {
      return Error{ErrorKind::kLimit,
                   at_wheel(fmt::format("its {} bytes would unpack to {}: this looks like a bomb",
                                        file_.size(), unpacked_bytes_)),
                   kHint};
    }
    for (const auto& [path, entry] : files_) {
      if (folders_.contains(path)) return corrupt(path, "is a file and a folder at once");
    }
    return find_dist_info();
  }

  const std::map<std::string_view, const ZipEntry*>& files() const { return files_; }
  const ZipIndex& index() const { return index_; }
  uint64_t unpacked_bytes() const { return unpacked_bytes_; }
  const std::vector<std::string>& path_warnings() const { return warnings_; }
  // "NAME-VERSION.dist-info/FILE"
  std::string in_dist_info(std::string_view file) const { return fmt::format("{}/{}", dist_info_, file); }

  // A text file of the .dist-info folder, its checksum compared. kCorrupt where there is none; kLimit.
  Result<std::string> dist_info_text(std::string_view file, uint64_t bytes_max) const {
    const std::string path = in_dist_info(file);
    const auto found = files_.find(path);
    if (found == files_.end())
      return Error{ErrorKind::kCorrupt, at_wheel(fmt::format("it has no {}", path)), kHint};
    const ZipEntry& entry = *found->second;
    if (entry.bytes > bytes_max) {
      return Error{
          ErrorKind::kLimit,
          at_wheel(fmt::format("{} has {} bytes; at most {} are read", path, entry.bytes, bytes_max)), kHint};
    }
    std::string text;
    uint32_t crc = 0;
    PANNIER_TRY(unpack(entry,
                       [&](ByteSpan piece) -> Status {
                         crc = running_crc32(crc, piece);
                         text += as_text(piece);
                         return {};
                       },
                       {}));
    if (crc != entry.crc32) return corrupt(path, "does not match its checksum");
    return text;
  }

  // That the entry is what RECORD and the archive say.
  Status check_contents(const ZipEntry& entry, const RecordEntry* record) const {
    Sha256 hash;
    uint32_t crc = 0;
    const auto sink = [&](ByteSpan piece) -> Status {
      crc = running_crc32(crc, piece);
      if (record != nullptr) hash.update(piece);
      return {};
    };
    PANNIER_TRY(unpack(entry, sink, progress_));
    if (progress_) PANNIER_TRY(progress_(entry.end));
    if (crc != entry.crc32) return corrupt(entry.name, "does not match its checksum");
    if (record == nullptr) return {};
    if (record->bytes && *record->bytes != entry.bytes) {
      return corrupt(entry.name, fmt::format("has {} bytes, but {} in RECORD", entry.bytes, *record->bytes));
    }
    if (hash.finish() != *record->sha256) return corrupt(entry.name, "does not match its SHA-256 in RECORD");
    return {};
  }

  // "WHEEL.whl: " and what.
  std::string at_wheel(const std::string& reason) const {
    return fmt::format("{}: {}", for_message(name_.filename), reason);
  }
  Error corrupt(std::string_view path, const std::string& reason) const {
    return {ErrorKind::kCorrupt, at_wheel(fmt::format("'{}' {}", for_message(path), reason)), kHint};
  }

 private:
  Status add(const ZipEntry& entry) {
    std::string_view path = entry.name;
    const bool is_folder = path.ends_with('/');
    if (is_folder) path.remove_suffix(1);
    const std::string fault = path_fault(path);
    if (!fault.empty()) return corrupt(entry.name, fmt::format("is an unsafe path: it has {}", fault));
    for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      folders_.insert(path.substr(0, slash));
    }
    if (is_folder) {
      if (entry.bytes != 0) return corrupt(entry.name, "is a folder with contents");
      folders_.insert(path);
      return {};
    }
    files_.emplace(path, &entry);
    unpacked_bytes_ += std::min(entry.bytes, limits::kWheelUnpackedBytesMax);
    warn_of_path(path);
    return {};
  }

  void warn_of_path(std::string_view path) {
    const Result<SafePath> safe = SafePath::parse(path);
    if (!safe.ok()) {
      warnings_.push_back(at_wheel(safe.error().message));
    } else if (const Status added = seen_.add(*safe); !added.ok()) {
      warnings_.push_back(at_wheel(added.error().message));
    }
  }

  Status find_dist_info() {
    for (const std::string_view folder : folders_) {
      if (folder.find('/') != std::string_view::npos || !folder.ends_with(kDistInfo)) continue;
      if (!dist_info_.empty()) {
        return Error{ErrorKind::kCorrupt,
                     at_wheel(fmt::format("it has two .dist-info folders, '{}' and '{}'",
                                          for_message(dist_info_), for_message(folder))),
                     kHint};
      }
      dist_info_ = folder;
    }
    const std::string_view stem =
        std::string_view(dist_info_)
            .substr(0, dist_info_.size() - std::min(dist_info_.size(), kDistInfo.size()));
    const size_t dash = stem.rfind('-');
    if (dash == std::string_view::npos)
      return Error{ErrorKind::kCorrupt, at_wheel("it has no NAME-VERSION.dist-info folder"), kHint};
    const Result<PackageVersion> version = PackageVersion::parse(stem.substr(dash + 1));
    if (normalise_package_name(stem.substr(0, dash)) != name_.name || !version.ok() ||
        *version != name_.version) {
      return corrupt(dist_info_, "is of another package or version than the file name");
    }
    return {};
  }

  Status unpack(const ZipEntry& entry, const InflateSink& sink, const WheelCheckProgress& progress) const {
    const ByteSpan packed = file_.subspan(entry.begin, entry.end - entry.begin);
    const auto report = [&](uint64_t packed_bytes) -> Status {
      return progress ? progress(entry.begin + packed_bytes) : Status();
    };
    if (entry.deflated) {
      Status status = inflate_exactly(packed, entry.bytes, sink, report);
      if (status.ok() || status.error().kind != ErrorKind::kCorrupt) return status;
      return corrupt(entry.name, fmt::format("cannot be unpacked: {}", status.error().message));
    }
    for (uint64_t begin = 0; begin < packed.size(); begin += kPieceBytes) {
      const ByteSpan piece = packed.subspan(begin, std::min(kPieceBytes, packed.size() - begin));
      PANNIER_TRY(sink(piece));
      PANNIER_TRY(report(begin + piece.size()));
    }
    return {};
  }

  ByteSpan file_;
  const WheelName& name_;
  const WheelCheckProgress& progress_;
  ZipIndex index_;
  std::map<std::string_view, const ZipEntry*> files_;
  std::set<std::string_view> folders_;
  std::string dist_info_;
  uint64_t unpacked_bytes_ = 0;
  SafePathSet seen_;
  std::vector<std::string> warnings_;
};

Result<PackageMetadata> read_metadata(const WheelArchive& archive, const WheelName& name) {
  PANNIER_ASSIGN(const std::string text, archive.dist_info_text("METADATA", limits::kWheelMetadataBytesMax));
  PANNIER_ASSIGN(PackageMetadata metadata, parse_package_metadata(text, archive.at_wheel("METADATA")));
  if (normalise_package_name(metadata.name) != name.name || metadata.version != name.version) {
    return archive.corrupt(archive.in_dist_info("METADATA"),
                           fmt::format("is of {} {}, not of what the file name says",
                                       for_message(metadata.name), metadata.version.text()));
  }
  return metadata;
}

enum class Cover { kNo, kLoosely, kExactly };

// Whether a tag in WHEEL stands for one in the file name.
Cover covers(const WheelTag& described, const WheelTag& named) {
  if (described == named) return Cover::kExactly;
  if (described.python != named.python || described.abi != named.abi) return Cover::kNo;
  if (described.platform == "any") return Cover::kLoosely;
  constexpr std::string_view kLinux = "linux_";
  const bool is_linux = named.platform.starts_with("manylinux") || named.platform.starts_with("musllinux");
  if (!is_linux || !described.platform.starts_with(kLinux)) return Cover::kNo;
  return named.platform.ends_with("_" + described.platform.substr(kLinux.size())) ? Cover::kLoosely
                                                                                  : Cover::kNo;
}

std::string tags_for_people(const std::vector<WheelTag>& tags) {
  std::string out;
  for (const WheelTag& tag : tags) out += (out.empty() ? "" : " ") + tag.text();
  return for_message(out);
}

Status check_tags(const WheelArchive& archive, const WheelName& name, const WheelDescription& description,
                  std::vector<std::string>& warnings) {
  bool is_exact = true;
  const std::vector<WheelTag> named = name.tags();
  for (const WheelTag& tag : named) {
    Cover best = Cover::kNo;
    for (const WheelTag& described : description.tags) best = std::max(best, covers(described, tag));
    if (best == Cover::kNo) {
      return archive.corrupt(
          archive.in_dist_info("WHEEL"),
          fmt::format("says that the wheel is for {}, not for {}",
                      description.tags.empty() ? "nothing" : tags_for_people(description.tags), tag.text()));
    }
    is_exact &= best == Cover::kExactly;
  }
  if (!is_exact) {
    warnings.push_back(archive.at_wheel(fmt::format(
        "its WHEEL file says {}, its name {}", tags_for_people(description.tags), tags_for_people(named))));
  }
  return {};
}

using RecordMap = std::map<std::string_view, const RecordEntry*>;

// RECORD and its signatures cannot be in RECORD with their digests.
bool is_outside_record(const WheelArchive& archive, std::string_view path) {
  return path == archive.in_dist_info("RECORD") || path == archive.in_dist_info("RECORD.jws") ||
         path == archive.in_dist_info("RECORD.p7s");
}

// That RECORD and the archive list the same files, each with a digest.
Result<RecordMap> match_record(const WheelArchive& archive, const std::vector<RecordEntry>& record) {
  RecordMap rows;
  for (const RecordEntry& row : record) {
    const auto [place, is_new] = rows.emplace(row.path, &row);
    if (!is_new && (row.sha256 != place->second->sha256 || row.bytes != place->second->bytes)) {
      return archive.corrupt(row.path, "is in RECORD twice, with different digests or sizes");
    }
    if (!archive.files().contains(row.path))
      return archive.corrupt(row.path, "is in RECORD, but not in the wheel");
    if (!row.sha256 && !is_outside_record(archive, row.path)) {
      return archive.corrupt(row.path, "has no digest in RECORD");
    }
  }
  for (const auto& [path, entry] : archive.files()) {
    if (!rows.contains(path) && !is_outside_record(archive, path)) {
      return archive.corrupt(path, "is in the wheel, but not in RECORD");
    }
  }
  return rows;
}

}  // namespace

Result<CheckedWheel> check_wheel(ByteSpan file, const WheelName& name, const WheelCheckProgress& progress) {
  WheelArchive archive(file, name, progress);
  PANNIER_TRY(archive.open());
  CheckedWheel checked;
  checked.warnings = archive.path_warnings();
  checked.file_count = archive.files().size();
  checked.unpacked_bytes = archive.unpacked_bytes();
  PANNIER_ASSIGN(checked.metadata, read_metadata(archive, name));
  PANNIER_ASSIGN(const std::string wheel, archive.dist_info_text("WHEEL", limits::kWheelMetadataBytesMax));
  PANNIER_ASSIGN(checked.description, parse_wheel_description(wheel, archive.at_wheel("WHEEL")));
  PANNIER_TRY(check_tags(archive, name, checked.description, checked.warnings));
  PANNIER_ASSIGN(const std::string text, archive.dist_info_text("RECORD", limits::kWheelRecordBytesMax));
  PANNIER_ASSIGN(const std::vector<RecordEntry> record, parse_wheel_record(text, archive.at_wheel("RECORD")));
  PANNIER_ASSIGN(const RecordMap rows, match_record(archive, record));
  for (const ZipEntry& entry : archive.index().entries) {
    const auto row = rows.find(entry.name);
    const bool is_recorded = row != rows.end() && row->second->sha256.has_value();
    PANNIER_TRY(archive.check_contents(entry, is_recorded ? row->second : nullptr));
  }
  return checked;
}

Result<PackageMetadata> read_wheel_metadata(ByteSpan file, const WheelName& name) {
  const WheelCheckProgress none;
  WheelArchive archive(file, name, none);
  PANNIER_TRY(archive.open());
  return read_metadata(archive, name);
}

Status check_wheel_fits(const WheelName& name, const PackageMetadata& metadata, const TargetTags& target) {
  const WheelFit fit = fit_wheel(name, target);
  const std::string where = for_message(name.filename);
  if (!fit.fits) return Error{ErrorKind::kUnsupported, fmt::format("{} {}", where, fit.reason), ""};
  const PackageVersion python = target.target().full_python_version();
  if (metadata.python_specifiers.contains(python)) return {};
  return Error{ErrorKind::kUnsupported,
               fmt::format("{} needs Python {}, the target has {}", where, metadata.python_specifiers.text(),
                           python.text()),
               target.target().patch
                   ? ""
                   : "where the target's Python is newer than that, say which it is, as in cp3.9.18"};
}

}  // namespace pannier
