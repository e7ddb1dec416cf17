// Puts snapshots into a Hub cache without disturbing what is there.
#include "carry/isolated/export_hf_cache.h"

#include <fmt/core.h>

#include <map>
#include <memory>
#include <optional>

#include "base/limits.h"
#include "carry/isolated/blob_copier.h"

namespace pannier {
namespace {

constexpr int kSymlinkHopsMax = 8;
constexpr uint64_t kRefFileBytesMax = 4 * limits::kKiB;

// "a/b/../c" as "a/c": links of a cache are relative, and lead through no folder that is itself one.
std::string without_parents(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    start = end + 1;
    if (part == ".." && !parts.empty() && parts.back() != ".." && !parts.back().empty()) {
      parts.pop_back();
    } else if (part != "." && !(part.empty() && !parts.empty())) {
      parts.push_back(part);
    }
  }
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : "/") + parts[i];
  return out;
}

// Where the contents of `path` lie when links are followed; nullopt where nothing is there.
Result<std::optional<std::string>> find_regular_file(FileSystem& fs, std::string path) {
  for (int hop = 0; hop < kSymlinkHopsMax; ++hop) {
    const auto stat = fs.stat(path);
    if (!stat.ok() && stat.error().kind == ErrorKind::kNotFound) return std::optional<std::string>();
    if (!stat.ok()) return stat.error();
    if (stat->kind == FileKind::kRegular) return std::optional<std::string>(std::move(path));
    if (stat->kind != FileKind::kSymlink) break;
    PANNIER_ASSIGN(const std::string target, fs.read_symlink(path));
    path = target.starts_with('/') ? target : without_parents(parent_folder(path) + "/" + target);
  }
  return Error{ErrorKind::kInvalid, path + " is in the way: it is no file", "move it away"};
}

// A folder for what is not yet part of the cache; gone with the object.
class Workshop {
 public:
  static Result<std::unique_ptr<Workshop>> make(FileSystem& fs, const std::string& repo_folder) {
    std::unique_ptr<Workshop> workshop(new Workshop(fs, repo_folder + "/" + unique_name(".pannier")));
    PANNIER_TRY(fs.make_folders(workshop->folder_));
    return workshop;
  }
  ~Workshop() { (void)fs_.remove_tree(folder_); }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  const std::string& folder() const { return folder_; }
  std::string new_path() { return folder_ + "/" + std::to_string(++count_); }

 private:
  Workshop(FileSystem& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}
  FileSystem& fs_;
  const std::string folder_;
  uint64_t count_ = 0;
};

// Makes a file with the contents of `file`; `to` does not exist.
using MakeFile = std::function<Status(const ModelFile& file, const std::string& to)>;

// One folder of the cache ("models--org--name") and one snapshot in it.
class RepoWriter {
 public:
  RepoWriter(FileSystem& fs, const HfCacheOptions& options, std::string folder, const HfCacheNames& names)
      : fs_(fs),
        options_(options),
        folder_(std::move(folder)),
        names_(names),
        snapshot_(folder_ + "/snapshots/" + names.commit) {}

  Status write(const ModelManifest& manifest, BlobCopier& copier, const MakeFile& make) {
    PANNIER_TRY(fs_.make_folders(folder_ + "/snapshots"));
    PANNIER_TRY(fs_.make_folders(folder_ + "/refs"));
    if (options_.symlinks) PANNIER_TRY(fs_.make_folders(folder_ + "/blobs"));
    PANNIER_ASSIGN(workshop_, Workshop::make(fs_, folder_));
    PANNIER_ASSIGN(const bool is_new, is_missing(snapshot_));
    const std::string place = is_new ? workshop_->new_path() : snapshot_;
    PANNIER_TRY(fs_.make_folders(place));
    for (const ModelFile& file : manifest.files) {
      PANNIER_ASSIGN(const bool is_there,
                     is_new ? Result<bool>(false) : check_there(snapshot_, file, copier));
      if (is_there) continue;
      PANNIER_TRY(options_.symlinks ? add_blob_and_link(file, place, copier, make)
                                    : add_plain_file(file, place, copier, make));
      ++files_written_;
    }
    if (files_written_ > 0) PANNIER_TRY(publish(is_new ? place : ""));
    PANNIER_TRY(write_tree(manifest));
    return write_refs();
  }

  // Where the contents of a file of the snapshot lie. REQUIRES: written.
  Result<std::string> find_contents(const ModelFile& file) const {
    PANNIER_ASSIGN(const auto found, find_regular_file(fs_, snapshot_ + "/" + file.path));
    if (found) return *found;
    return Error{ErrorKind::kIo, snapshot_ + "/" + file.path + " vanished meanwhile", "try again"};
  }

  uint64_t files_written() const { return files_written_; }

 private:
  Result<bool> is_missing(const std::string& path) const {
    const auto stat = fs_.stat(path);
    if (stat.ok()) return false;
    if (stat.error().kind == ErrorKind::kNotFound) return true;
    return stat.error();
  }

  // Whether a file of that name is there with the right contents. Wrong ones are an error, or, when asked
  // for, as good as missing.
  Result<bool> check_there(const std::string& folder, const ModelFile& file, BlobCopier& copier) const {
    return check_contents_of(folder + "/" + file.path, file, copier);
  }

  Result<bool> check_contents_of(const std::string& path, const ModelFile& file, BlobCopier& copier) const {
    PANNIER_ASSIGN(const auto found, find_regular_file(fs_, path));
    if (!found) return false;
    const Status same = check_contents(fs_, *found, file, [&](uint64_t bytes) {
      copier.skip(bytes);
      return options_.transfer.check_cancel();
    });
    if (same.ok()) return true;
    if (same.error().kind != ErrorKind::kCorrupt) return same.error();
    if (options_.replace) return false;
    return Error{ErrorKind::kInvalid, fmt::format("the cache holds something else: {}", same.error().message),
                 "remove that file, or ask to replace it"};
  }

  // Moves what was made in the workshop to its place, over what is there only when that was asked for.
  struct Move {
    std::string from;
    std::string to;
  };

  Status add_blob_and_link(const ModelFile& file, const std::string& place, BlobCopier& copier,
                           const MakeFile& make) {
    const std::string name = hf_cache_blob_name(file);
    const auto [known, is_first] = blobs_.emplace(name, file.digest);
    if (!is_first && known->second != file.digest) {
      return Error{
          ErrorKind::kCorrupt,
          fmt::format("{} and another file of different contents would both be the blob {}", file.path, name),
          "whoever packed it made a mistake: get the bundle again"};
    }
    if (is_first) {
      const std::string blob = folder_ + "/blobs/" + name;
      PANNIER_ASSIGN(const bool is_there, check_contents_of(blob, file, copier));
      if (!is_there) {
        blob_moves_.push_back({workshop_->new_path(), blob});
        PANNIER_TRY(make(file, blob_moves_.back().from));
      }
    } else {
      copier.skip(file.bytes);
    }
    std::string target = "../../blobs/" + name;
    for (const char c : file.path) target.insert(0, c == '/' ? "../" : "");
    PANNIER_ASSIGN(const std::string link, new_snapshot_path(file, place));
    return fs_.make_symlink(target, link);
  }

  Status add_plain_file(const ModelFile& file, const std::string& place, BlobCopier& copier,
                        const MakeFile& make) {
    PANNIER_ASSIGN(const std::string path, new_snapshot_path(file, place));
    PANNIER_ASSIGN(const std::string same, find_same(file));
    if (!same.empty()) {
      const auto linked = fs_.link(same, path);
      if (linked.ok() && *linked) {
        copier.skip(file.bytes);
        return {};
      }
    }
    PANNIER_TRY(make(file, path));
    plain_files_.emplace(std::pair(file.digest, file.executable), path);
    return {};
  }

  // A file with these contents that this repository's folder holds, as far as it is found at once: made a
  // moment ago, or under the same path in another snapshot. Empty where there is none.
  Result<std::string> find_same(const ModelFile& file) {
    const auto made = plain_files_.find({file.digest, file.executable});
    if (made != plain_files_.end()) return made->second;
    PANNIER_ASSIGN(const auto snapshots, fs_.list(folder_ + "/snapshots"));
    for (const FolderEntry& snapshot : snapshots) {
      const std::string path = folder_ + "/snapshots/" + snapshot.name + "/" + file.path;
      const auto stat = fs_.stat(path);
      if (!stat.ok() || stat->kind != FileKind::kRegular || stat->bytes != file.bytes) continue;
      if (path == snapshot_ + "/" + file.path || stat->executable != file.executable) continue;
      const Status same =
          check_contents(fs_, path, file, [&](uint64_t) { return options_.transfer.check_cancel(); });
      if (same.ok()) return path;
      if (same.error().kind != ErrorKind::kCorrupt) return same.error();
    }
    return std::string();
  }

  // In a new snapshot a file is made at its place, as the whole is renamed; in one that is there each is
  // made apart and renamed by itself.
  Result<std::string> new_snapshot_path(const ModelFile& file, const std::string& place) {
    const std::string path = place + "/" + file.path;
    PANNIER_TRY(fs_.make_folders(parent_folder(path)));
    if (place != snapshot_) return path;
    file_moves_.push_back({workshop_->new_path(), path});
    return file_moves_.back().from;
  }

  // Blobs before the links to them, all of it durable before any of it is visible.
  Status publish(const std::string& new_snapshot) {
    PANNIER_TRY(options_.transfer.check_cancel());
    PANNIER_TRY(fs_.sync_all(folder_));
    for (const Move& move : blob_moves_) PANNIER_TRY(fs_.rename(move.from, move.to));
    if (!blob_moves_.empty()) PANNIER_TRY(fs_.sync_folder(folder_ + "/blobs"));
    for (const Move& move : file_moves_) PANNIER_TRY(fs_.rename(move.from, move.to));
    if (new_snapshot.empty()) return fs_.sync_all(folder_);
    PANNIER_TRY(fs_.rename(new_snapshot, snapshot_));
    return fs_.sync_folder(folder_ + "/snapshots");
  }

  // One that is there may know files that we do not carry: it stays.
  Status write_tree(const ModelManifest& manifest) {
    const std::string path = folder_ + "/trees/" + names_.commit + ".json";
    PANNIER_ASSIGN(const bool is_new, is_missing(path));
    if (!is_new) return {};
    PANNIER_TRY(fs_.make_folders(folder_ + "/trees"));
    return write_file_atomic(fs_, path, hf_cache_tree(manifest));
  }

  Status write_refs() {
    for (const std::string& ref : names_.refs) PANNIER_TRY(write_ref(ref, true));
    return write_ref("main", names_.is_main);
  }

  Status write_ref(const std::string& ref, bool overwrite) {
    const std::string path = folder_ + "/refs/" + ref;
    const auto there = read_small_file(fs_, path, kRefFileBytesMax);
    if (there.ok() && (*there == names_.commit || !overwrite)) return {};
    if (!there.ok() && there.error().kind != ErrorKind::kNotFound) return there.error();
    PANNIER_TRY(fs_.make_folders(parent_folder(path)));
    return write_file_atomic(fs_, path, names_.commit);  // older clients take a line end for part of it
  }

  FileSystem& fs_;
  const HfCacheOptions& options_;
  const std::string folder_;
  const HfCacheNames& names_;
  const std::string snapshot_;
  std::unique_ptr<Workshop> workshop_;
  std::map<std::string, Digest> blobs_;                         // of the files so far
  std::map<std::pair<Digest, bool>, std::string> plain_files_;  // made so far: contents and mode, path
  std::vector<Move> blob_moves_;
  std::vector<Move> file_moves_;
  uint64_t files_written_ = 0;
};

struct Plan {
  const HfCacheSource* source = nullptr;
  ModelManifest manifest;
  HfCacheNames names;
};

Result<std::vector<Plan>> make_plans(const std::vector<HfCacheSource>& sources) {
  std::vector<Plan> plans;
  for (const HfCacheSource& source : sources) {
    Plan plan;
    plan.source = &source;
    PANNIER_ASSIGN(plan.manifest, source.store->manifest(source.reference));
    PANNIER_ASSIGN(plan.names, hf_cache_names(plan.manifest, source.reference.manifest_digest));
    plans.push_back(std::move(plan));
  }
  return plans;
}

// The folder of the repository itself, then those of its other names.
Result<ExportedRepo> export_repo(FileSystem& fs, const Plan& plan, const HfCacheOptions& options,
                                 BlobCopier& copier) {
  ExportedRepo exported{plan.source->reference.name, plan.names, plan.manifest.files.size(),
                        total_bytes(plan.manifest.files)};
  const auto blob_of = [&](const ModelFile& file) { return plan.source->store->blob_path(file.digest); };
  RepoWriter main(fs, options, options.folder + "/" + plan.names.folder, plan.names);
  PANNIER_TRY(main.write(plan.manifest, copier, [&](const ModelFile& file, const std::string& to) {
    return copier.copy(file, blob_of(file), to);
  }));
  exported.files_written = main.files_written();
  for (const std::string& alias : plan.names.aliases) {
    RepoWriter writer(fs, options, options.folder + "/" + alias, plan.names);
    PANNIER_TRY(
        writer.write(plan.manifest, copier, [&](const ModelFile& file, const std::string& to) -> Status {
          PANNIER_ASSIGN(const std::string contents, main.find_contents(file));
          if (const auto linked = fs.link(contents, to); !linked.ok() || !*linked)
            return copier.copy(file, blob_of(file), to);
          copier.skip(file.bytes);
          return {};
        }));
    exported.files_written += writer.files_written();
  }
  return exported;
}

Status write_cache_tag(FileSystem& fs, const std::string& folder) {
  const std::string path = folder + "/" + std::string(kHfCacheTagFile);
  const auto stat = fs.stat(path);
  if (stat.ok()) return {};
  if (stat.error().kind != ErrorKind::kNotFound) return stat.error();
  return write_file_atomic(fs, path, kHfCacheTag);
}

}  // namespace

Result<std::vector<ExportedRepo>> export_hf_cache(FileSystem& fs, const std::vector<HfCacheSource>& sources,
                                                  const HfCacheOptions& options) {
  PANNIER_ASSIGN(const std::vector<Plan> plans, make_plans(sources));
  uint64_t bytes_total = 0;
  for (const Plan& plan : plans) {
    bytes_total += total_bytes(plan.manifest.files) * (1 + plan.names.aliases.size());
  }
  PANNIER_TRY(fs.make_folders(options.folder));
  PANNIER_TRY(write_cache_tag(fs, options.folder));
  std::vector<ExportedRepo> exported;
  uint64_t bytes_before = 0;
  for (const Plan& plan : plans) {
    Transfer part = options.transfer;
    part.progress = [&](uint64_t done, uint64_t) {
      options.transfer.report(bytes_before + done, bytes_total);
    };
    const uint64_t needed = total_bytes(plan.manifest.files);
    const uint64_t bytes = needed * (1 + plan.names.aliases.size());
    BlobCopier copier(fs, part, {bytes, needed, options.link});
    PANNIER_ASSIGN(ExportedRepo repo, export_repo(fs, plan, options, copier));
    exported.push_back(std::move(repo));
    bytes_before += bytes;
  }
  options.transfer.report(bytes_total, bytes_total);
  return exported;
}

}  // namespace pannier
