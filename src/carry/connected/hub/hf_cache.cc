#include "carry/connected/hub/hf_cache.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/read_pieces.h"
#include "base/safe_path.h"
#include "carry/connected/hub/hub_errors.h"
#include "carry/store/near_names.h"

namespace pannier {
namespace {

constexpr uint64_t kRefFileBytesMax = 1024;
constexpr size_t kShortCommitMin = 4;
constexpr size_t kNamesShownMax = 5;

// What the cache's listing of a commit says of a file.
struct ListedFile {
  uint64_t bytes = 0;
  UpstreamId id;
};

std::string repo_folder_name(RepoType type, const std::string& repo) {
  std::string name = type == RepoType::kDataset ? "datasets--" : "models--";
  for (const char c : repo) name += c == '/' ? std::string("--") : std::string(1, c);
  return name;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < std::min(names.size(), kNamesShownMax); ++i) {
    out += (i == 0 ? "" : ", ") + for_message(names[i]);
  }
  return names.size() > kNamesShownMax ? out + ", …" : out;
}

std::string resolved(const std::string& path) {
  std::error_code error;
  const std::filesystem::path out = std::filesystem::canonical(path, error);
  return error ? "" : out.string();
}

// The blob's name, by what a link of a snapshot says, and where that leads in the end.
struct Link {
  std::string blob_name;
  std::string target;
};

class CacheReader {
 public:
  CacheReader(FileSystem& fs, std::string cache_folder, const ModelRef& ref, const std::atomic<bool>* cancel)
      : fs_(fs),
        cache_(std::move(cache_folder)),
        ref_(ref),
        cancel_(cancel),
        folder_(cache_ + "/" + repo_folder_name(ref.repo_type, ref.repo)),
        what_(fmt::format("{} in the cache {}", repo_for_people(ref.repo_type, ref.repo), cache_)) {}

  Result<Snapshot> read() {
    if (!fs_.stat(folder_).ok()) return no_repository();
    PANNIER_ASSIGN(const std::string commit, find_commit());
    snapshot_folder_ = folder_ + "/snapshots/" + commit;
    PANNIER_ASSIGN(listed_, read_listing(commit));
    PANNIER_TRY(walk(""));
    std::sort(snapshot_.files.begin(), snapshot_.files.end(),
              [](const SnapshotFile& a, const SnapshotFile& b) { return a.path < b.path; });
    if (snapshot_.files.empty()) {
      return Error{ErrorKind::kNotFound, what_ + " has no files at " + commit, "download it again"};
    }
    describe(commit);
    note_missing();
    return std::move(snapshot_);
  }

 private:
  Error no_repository() const {
    std::vector<std::string> near;
    const auto entries = fs_.list(cache_);
    const std::string prefix = ref_.repo_type == RepoType::kDataset ? "datasets--" : "models--";
    if (entries.ok()) {
      for (const FolderEntry& entry : *entries) {
        if (!entry.name.starts_with(prefix)) continue;
        std::string repo = entry.name.substr(prefix.size());
        if (const size_t dashes = repo.find("--"); dashes != std::string::npos) repo.replace(dashes, 2, "/");
        const bool is_tail = repo.ends_with("/" + ref_.repo);
        if (is_tail || (repo.size() < 200 && edit_distance(repo, ref_.repo) <= 3)) near.push_back(repo);
      }
    }
    return {ErrorKind::kNotFound,
            fmt::format("the cache {} holds no {}", cache_, repo_for_people(ref_.repo_type, ref_.repo)),
            near.empty() ? "`hf cache ls` shows what it holds; HF_HOME and HF_HUB_CACHE say where it is"
                         : "did you mean " + joined(near) + "?"};
  }

  bool has_snapshot(const std::string& commit) const {
    const auto stat = fs_.stat(folder_ + "/snapshots/" + commit);
    return stat.ok() && stat->kind == FileKind::kFolder;
  }

  Result<std::string> find_commit() const {
    const std::string revision = ref_.revision.empty() ? "main" : ref_.revision;
    PANNIER_TRY(check_revision(revision));
    if (sha1_from_hex(revision).ok() && has_snapshot(revision)) return revision;
    const auto text = read_small_file(fs_, folder_ + "/refs/" + revision, kRefFileBytesMax);
    if (text.ok()) {
      std::string commit = *text;
      while (!commit.empty() && (commit.back() == '\n' || commit.back() == '\r')) commit.pop_back();
      if (!sha1_from_hex(commit).ok()) {
        return Error{ErrorKind::kCorrupt,
                     fmt::format("{}: refs/{} holds \"{}\", no commit", what_, for_message(revision),
                                 for_message(commit)),
                     "download it again"};
      }
      if (has_snapshot(commit)) return commit;
      return Error{ErrorKind::kNotFound,
                   fmt::format("{}: \"{}\" is commit {}, of which no file is there", what_,
                               for_message(revision), commit),
                   "download it again"};
    }
    return commit_that_begins(revision);
  }

  Result<std::string> commit_that_begins(const std::string& revision) const {
    std::vector<std::string> all;
    std::vector<std::string> found;
    if (const auto entries = fs_.list(folder_ + "/snapshots"); entries.ok()) {
      for (const FolderEntry& entry : *entries) {
        if (!sha1_from_hex(entry.name).ok() || entry.kind != FileKind::kFolder) continue;
        all.push_back(entry.name);
        if (revision.size() >= kShortCommitMin && entry.name.starts_with(revision))
          found.push_back(entry.name);
      }
    }
    if (found.size() == 1) return found.front();
    return Error{ErrorKind::kNotFound,
                 fmt::format("{} has no {}revision \"{}\"", what_, found.empty() ? "" : "single ",
                             for_message(revision)),
                 all.empty() ? "download it again" : "it holds the commits " + joined(all)};
  }

  // trees/COMMIT.json, which newer clients keep; empty where there is none, or none of a known format.
  Result<std::map<std::string, ListedFile>> read_listing(const std::string& commit) const {
    std::map<std::string, ListedFile> listed;
    const std::string path = folder_ + "/trees/" + commit + ".json";
    if (!fs_.stat(path).ok()) return listed;
    PANNIER_ASSIGN(std::string text, read_small_file(fs_, path, limits::kHubPageBytesMax));
    PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse(std::move(text), path));
    if (document.root()["format_version"].as_integer() != 1) return listed;
    if (document.root()["files"].size() > limits::kFilesPerModelMax) {
      return Error{ErrorKind::kLimit, fmt::format("{}: more than {} files", path, limits::kFilesPerModelMax),
                   ""};
    }
    for (const auto [name, entry] : document.root()["files"].members()) {
      const JsonReader reader(entry, path);
      ListedFile file;
      PANNIER_ASSIGN(file.bytes, reader.unsigned_integer("size", limits::kBundleBytesMax));
      if (const auto sha256 = entry["lfs_sha256"].as_string()) {
        PANNIER_ASSIGN(file.id.sha256, digest_from_hex(*sha256));
      } else {
        PANNIER_ASSIGN(const std::string blob, reader.string("blob_id"));
        PANNIER_ASSIGN(file.id.git_blob, sha1_from_hex(blob));
      }
      listed.emplace(name, file);
    }
    return listed;
  }

  Status walk(const std::string& relative) {
    PANNIER_ASSIGN(const auto entries,
                   fs_.list(relative.empty() ? snapshot_folder_ : snapshot_folder_ + "/" + relative));
    for (const FolderEntry& entry : entries) {
      const std::string path = relative.empty() ? entry.name : relative + "/" + entry.name;
      if (entry.name == ".DS_Store") continue;
      const auto safe = SafePath::parse(path);
      if (!safe.ok()) return with_context(safe.error(), what_);
      if (entry.kind == FileKind::kFolder) {
        PANNIER_TRY(walk(path));
      } else {
        if (Status added = paths_.add(*safe); !added.ok()) return with_context(added.error(), what_);
        PANNIER_TRY(add_file(path, entry.kind));
      }
    }
    return {};
  }

  // A snapshot's links lead to blobs of this repository, or to those that newer clients share between
  // repositories. Anything else would carry other files of this user away.
  Result<Link> follow(const std::string& path) const {
    std::error_code error;
    const std::filesystem::path first = std::filesystem::read_symlink(path, error);
    const std::string target = resolved(path);
    if (error || target.empty()) {
      return Error{ErrorKind::kCorrupt, fmt::format("{} is a link that leads nowhere", path),
                   "the download was not finished, or the blob was deleted: download it again"};
    }
    const std::string own = resolved(folder_ + "/blobs") + "/";
    const std::string shared = resolved(cache_ + "/blobs") + "/";
    const bool is_blob =
        (own != "/" && target.starts_with(own)) || (shared != "/" && target.starts_with(shared));
    if (!is_blob) {
      return Error{ErrorKind::kInvalid, fmt::format("{} is a link out of the cache, to {}", path, target),
                   "a link of a cache leads to its blobs; put the file in its place"};
    }
    // Names in the shared folder are of another kind.
    const bool is_named = first.parent_path().filename() == "blobs";
    return Link{is_named ? first.filename().string() : "", target};
  }

  Status add_file(const std::string& path, FileKind kind) {
    if (snapshot_.files.size() == limits::kFilesPerModelMax) {
      return Error{ErrorKind::kLimit, fmt::format("{}: more than {} files", what_, limits::kFilesPerModelMax),
                   ""};
    }
    if (kind == FileKind::kOther) {
      return Error{ErrorKind::kInvalid, fmt::format("{}: {} is neither a file nor a link", what_, path), ""};
    }
    SnapshotFile file;
    file.path = path;
    Link link{"", snapshot_folder_ + "/" + path};
    if (kind == FileKind::kSymlink) {
      PANNIER_ASSIGN(link, follow(link.target));
    }
    file.local_path = link.target;
    if (const auto digest = digest_from_hex(link.blob_name); digest.ok()) file.id.sha256 = *digest;
    if (const auto blob = sha1_from_hex(link.blob_name); blob.ok()) file.id.git_blob = *blob;
    const auto listed = listed_.find(path);
    if (listed != listed_.end()) {
      if (listed->second.id.sha256) file.id.sha256 = listed->second.id.sha256;
      if (listed->second.id.git_blob) file.id.git_blob = listed->second.id.git_blob;
    }
    if (!file.id.sha256 && !file.id.git_blob) ++unnamed_;
    PANNIER_TRY(verify(file));
    if (listed != listed_.end() && listed->second.bytes != file.bytes) return mismatch(file);
    snapshot_.files.push_back(std::move(file));
    return {};
  }

  Error mismatch(const SnapshotFile& file) const {
    return {ErrorKind::kCorrupt,
            fmt::format("{}: {} is not what upstream published ({})", what_, for_message(file.path),
                        for_message(file.local_path)),
            "it was damaged or edited; delete that file and download it again"};
  }

  // Reads all of the file; sets its size and SHA-256.
  Status verify(SnapshotFile& file) const {
    PANNIER_ASSIGN(const auto reader, fs_.open(file.local_path));
    file.bytes = reader->size();
    Sha256 sha256;
    GitBlobHash git(file.bytes);
    PANNIER_TRY(read_pieces(*reader, [&](ByteSpan piece) -> Status {
      if (cancel_ != nullptr && cancel_->load()) return Error{ErrorKind::kInterrupted, "interrupted", ""};
      sha256.update(piece);
      if (file.id.git_blob) git.update(piece);
      return {};
    }));
    const Digest digest = sha256.finish();
    if (file.id.sha256 && *file.id.sha256 != digest) return mismatch(file);
    if (file.id.git_blob && git.finish() != *file.id.git_blob) return mismatch(file);
    file.id.sha256 = digest;
    return {};
  }

  void describe(const std::string& commit) {
    snapshot_.ref = ref_;
    snapshot_.repo = ref_.repo;
    snapshot_.commit = commit;
    snapshot_.revision = ref_.revision.empty() ? "main" : ref_.revision;
    snapshot_.name = far_side_name(ref_.repo_type, ref_.repo, ref_.revision, commit);
    snapshot_.source = "Hugging Face cache " + folder_;
    if (unnamed_ != 0) {
      snapshot_.warnings.push_back(
          fmt::format("{}: of {} of {} files the cache has no digest, so nothing proves that they are what "
                      "upstream published",
                      what_, unnamed_, snapshot_.files.size()));
    }
  }

  void note_missing() {
    for (const auto& [path, file] : listed_) {
      if (snapshot_.find(path) == nullptr) {
        snapshot_.left_out.push_back({path, file.bytes, "not in the cache"});
      }
    }
    if (snapshot_.left_out.empty()) return;
    std::vector<std::string> names;
    names.reserve(snapshot_.left_out.size());
    for (const LeftOutFile& file : snapshot_.left_out) names.push_back(file.path);
    snapshot_.warnings.push_back(fmt::format("{}: {} of the {} files of this commit are not there: {}", what_,
                                             names.size(), listed_.size(), joined(names)));
  }

  FileSystem& fs_;
  const std::string cache_;
  const ModelRef& ref_;
  const std::atomic<bool>* cancel_;
  const std::string folder_;
  const std::string what_;
  std::string snapshot_folder_;
  std::map<std::string, ListedFile> listed_;
  SafePathSet paths_;
  Snapshot snapshot_;
  size_t unnamed_ = 0;
};

}  // namespace

Result<Snapshot> snapshot_of_hf_cache(FileSystem& fs, const std::string& cache_folder, const ModelRef& ref,
                                      const std::atomic<bool>* cancel) {
  assert(ref.kind == RefKind::kHfCache);
  PANNIER_TRY(check_repo_id(ref.repo));
  if (cache_folder.empty()) {
    return Error{ErrorKind::kNotFound, "there is no Hugging Face cache: neither HF_HOME nor HOME is set",
                 "say where it is with HF_HUB_CACHE"};
  }
  return CacheReader(fs, cache_folder, ref, cancel).read();
}

}  // namespace pannier
