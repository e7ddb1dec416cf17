// Fetching: tell what is held, download or read the rest, adopt it all into the store, commit once.
#include "carry/connected/fetch.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/display.h"
#include "base/read_pieces.h"
#include "carry/connected/download/known_digests.h"

namespace pannier {
namespace {

// Contents that have to come from somewhere, each once however many files have them.
struct Wanted {
  const Snapshot* snapshot = nullptr;
  const SnapshotFile* file = nullptr;
  std::optional<Digest> sha256;  // known before or after the work
  bool held = false;
  std::string downloaded;  // where it lies when it was downloaded
};

// What names contents before their SHA-256 is known.
std::string contents_key(const SnapshotFile& file) {
  if (file.id.sha256) return file.id.sha256->hex();
  if (file.id.git_blob) return fmt::format("git-{}-{}", file.id.git_blob->hex(), file.bytes);
  return "path-" + file.local_path;  // a folder's file that nobody hashed yet
}

HeldFile held_file(const Store& store, const SnapshotFile& file, const KnownDigests& known) {
  HeldFile result;
  result.sha256 = known.known_digest(file.id, file.bytes);
  result.held = result.sha256 && store.has_blob(*result.sha256, file.bytes);
  return result;
}

// All contents of all snapshots, by key, in the order in which they are first named.
class WantedList {
 public:
  WantedList(const Store& store, const KnownDigests& known) : store_(store), known_(known) {}

  void add(const Snapshot& snapshot) {
    for (const SnapshotFile& file : snapshot.files) {
      const auto [place, is_new] = index_.emplace(contents_key(file), all_.size());
      if (!is_new) continue;
      const HeldFile held = held_file(store_, file, known_);
      all_.push_back({&snapshot, &file, held.sha256, held.held, ""});
    }
  }

  Wanted& of(const SnapshotFile& file) { return all_[index_.at(contents_key(file))]; }
  std::vector<Wanted>& all() { return all_; }

 private:
  const Store& store_;
  const KnownDigests& known_;
  std::map<std::string, size_t> index_;
  std::vector<Wanted> all_;
};

Result<DownloadItem> download_item(const Wanted& wanted, const FetchOptions& options) {
  const SnapshotFile& file = *wanted.file;
  DownloadItem item;
  item.label = wanted.snapshot->name + ": " + file.path;
  PANNIER_ASSIGN(item.url, parse_url(file.url));
  item.headers = options.headers;
  item.bytes = file.bytes;
  item.id = file.id;
  item.commit = wanted.snapshot->commit;
  return item;
}

Result<DownloadTotals> download_missing(FileSystem& fs, HttpClient& client, WantedList& list,
                                        const FetchOptions& options) {
  std::vector<DownloadItem> items;
  std::vector<Wanted*> wanted_of_item;
  for (Wanted& wanted : list.all()) {
    if (wanted.held || wanted.file->url.empty()) continue;
    PANNIER_ASSIGN(DownloadItem item, download_item(wanted, options));
    items.push_back(std::move(item));
    wanted_of_item.push_back(&wanted);
  }
  if (items.empty()) return DownloadTotals{};
  DownloadOptions download = options.download;
  download.folder = options.downloads_folder;
  const auto done = options.download.events.done;
  download.events.done = [&wanted_of_item, &done](size_t index, const DownloadedFile& file) -> Status {
    wanted_of_item[index]->sha256 = file.sha256;
    wanted_of_item[index]->downloaded = file.path;
    return done ? done(index, file) : Status();
  };
  return download_all(fs, client, items, download);
}

// Both digests of a file of this machine in one pass; what upstream said of it must hold.
Result<Digest> hash_local_file(FileSystem& fs, const SnapshotFile& file, const std::atomic<bool>* cancel) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> input, fs.open(file.local_path));
  if (input->size() != file.bytes) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{} has {} bytes, {} were expected", for_message(file.local_path), input->size(),
                             file.bytes),
                 "it changed meanwhile: try again"};
  }
  Sha256 sha;
  GitBlobHash git(input->size());
  PANNIER_TRY(read_pieces(*input, [&](ByteSpan piece) -> Status {
    if (cancel != nullptr && cancel->load()) return Error{ErrorKind::kInterrupted, "stopped as asked", ""};
    sha.update(piece);
    git.update(piece);
    return {};
  }));
  const Digest digest = sha.finish();
  const bool git_fits = !file.id.git_blob || *file.id.git_blob == git.finish();
  if ((!file.id.sha256 || *file.id.sha256 == digest) && git_fits) return digest;
  return Error{
      ErrorKind::kCorrupt,
      fmt::format("{} is not what its digest says: sha256:{}", for_message(file.local_path), digest.hex()),
      "the copy on this machine is damaged: fetch it from the Hub"};
}

// Copies into staging and checks on the way: the file may change under us.
Status stage_copy(FileSystem& fs, StoreWriter& writer, const std::string& path, const Digest& digest) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> input, fs.open(path));
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> output, writer.create_blob(digest));
  Sha256 sha;
  PANNIER_TRY(read_pieces(*input, [&](ByteSpan piece) {
    sha.update(piece);
    return output->append(piece);
  }));
  PANNIER_TRY(output->close());
  if (sha.finish() != digest) {
    return Error{ErrorKind::kCorrupt, for_message(path) + " changed while it was read", "try again"};
  }
  return writer.stage(digest);
}

// One writer's work: each blob is staged once, however often it is named.
class Committer {
 public:
  Committer(FileSystem& fs, const Store& store, std::unique_ptr<StoreWriter> writer)
      : fs_(fs), store_(store), writer_(std::move(writer)) {}

  Status stage(Wanted& wanted) {
    if (wanted.held || !staged_.insert(*wanted.sha256).second) return {};
    if (!wanted.downloaded.empty()) return writer_->adopt(wanted.downloaded, *wanted.sha256);
    return stage_copy(fs_, *writer_, wanted.file->local_path, *wanted.sha256);
  }

  Status stage(const WheelhouseFile& file) {
    if (store_.has_blob(file.sha256, file.bytes) || !staged_.insert(file.sha256).second) return {};
    return stage_copy(fs_, *writer_, file.source_path, file.sha256);
  }

  Result<Reference> add_manifest(const ModelManifest& manifest) {
    PANNIER_TRY(check_manifest_facts(manifest));
    const ManifestBlobs blobs = write_model_manifest(manifest);
    PANNIER_TRY(writer_->add_blob(blobs.config));
    Reference reference;
    reference.name = manifest.name;
    PANNIER_ASSIGN(reference.manifest_digest, writer_->add_blob(blobs.manifest));
    reference.manifest_bytes = blobs.manifest.size();
    reference.artifact_type = std::string(artifact_type_of_kind(manifest.kind));
    reference.aliases = manifest.upstream.aliases;
    return reference;
  }

  Result<uint64_t> commit(const std::vector<Reference>& references) { return writer_->commit(references); }

 private:
  FileSystem& fs_;
  const Store& store_;
  std::unique_ptr<StoreWriter> writer_;
  std::set<Digest> staged_;
};

ModelManifest manifest_of_wheelhouse(const Wheelhouse& wheelhouse) {
  ModelManifest manifest;
  manifest.name = wheelhouse.name;
  manifest.kind = ArtifactKind::kWheelhouse;
  manifest.wheelhouse = {wheelhouse.locked.target, wheelhouse.locked.requirements};
  for (const WheelhouseFile& file : wheelhouse.files) {
    manifest.files.push_back({file.path, false, file.bytes, file.sha256});
  }
  return manifest;
}

// A folder's path is nobody's business on the far side.
bool has_public_source(const Snapshot& snapshot) {
  return snapshot.ref.kind == RefKind::kHub || snapshot.ref.kind == RefKind::kTask ||
         snapshot.ref.kind == RefKind::kPypi;
}

}  // namespace

ModelManifest manifest_of_snapshot(const Snapshot& snapshot, const std::vector<Digest>& digests) {
  ModelManifest manifest;
  manifest.name = snapshot.name;
  manifest.kind =
      snapshot.ref.repo_type == RepoType::kDataset ? ArtifactKind::kDataset : ArtifactKind::kModel;
  Upstream& upstream = manifest.upstream;
  upstream.repo = snapshot.repo;
  upstream.commit = snapshot.commit;
  upstream.revision = snapshot.revision;
  upstream.licence = snapshot.licence;
  if (has_public_source(snapshot)) upstream.source = snapshot.source;
  for (const std::string& alias : snapshot.aliases) {
    if (alias != snapshot.name) upstream.aliases.push_back(alias);
  }
  std::sort(upstream.aliases.begin(), upstream.aliases.end());
  upstream.aliases.erase(std::unique(upstream.aliases.begin(), upstream.aliases.end()),
                         upstream.aliases.end());
  for (size_t i = 0; i < snapshot.files.size(); ++i) {
    const SnapshotFile& file = snapshot.files[i];
    ModelFile entry{file.path, file.executable, file.bytes, digests[i]};
    // Only what a hub names by it: a folder's own digest is no upstream's.
    if (!snapshot.commit.empty()) {
      if (file.id.sha256) {
        entry.upstream_id = file.id.sha256->hex();
      } else if (file.id.git_blob) {
        entry.upstream_id = file.id.git_blob->hex();
      }
    }
    manifest.files.push_back(std::move(entry));
  }
  return manifest;
}

Result<std::vector<HeldFile>> held_files(FileSystem& fs, const Store& store, const Snapshot& snapshot,
                                         const std::string& downloads_folder) {
  PANNIER_ASSIGN(const std::unique_ptr<KnownDigests> known, KnownDigests::load(fs, downloads_folder));
  std::vector<HeldFile> held;
  held.reserve(snapshot.files.size());
  for (const SnapshotFile& file : snapshot.files) held.push_back(held_file(store, file, *known));
  return held;
}

Result<FetchResult> fetch_into_store(FileSystem& fs, HttpClient& client, const Store& store,
                                     const std::vector<Snapshot>& snapshots,
                                     const std::vector<Wheelhouse>& wheelhouses,
                                     const FetchOptions& options) {
  PANNIER_ASSIGN(const std::unique_ptr<KnownDigests> known, KnownDigests::load(fs, options.downloads_folder));
  WantedList list(store, *known);
  for (const Snapshot& snapshot : snapshots) list.add(snapshot);
  FetchResult result;
  PANNIER_ASSIGN(result.totals, download_missing(fs, client, list, options));

  PANNIER_ASSIGN(std::unique_ptr<StoreWriter> writer, store.begin());
  Committer committer(fs, store, std::move(writer));
  for (Wanted& wanted : list.all()) {
    // What has a digest is checked against it while it is copied.
    if (!wanted.sha256) {
      PANNIER_ASSIGN(wanted.sha256, hash_local_file(fs, *wanted.file, options.download.cancel));
      wanted.held = store.has_blob(*wanted.sha256, wanted.file->bytes);
    }
    PANNIER_TRY(committer.stage(wanted));
  }
  std::vector<Reference> references;
  for (const Snapshot& snapshot : snapshots) {
    FetchedSnapshot fetched{snapshot.name, {}, snapshot.files.size(), snapshot.total_bytes(), 0};
    std::vector<Digest> digests;
    for (const SnapshotFile& file : snapshot.files) {
      const Wanted& wanted = list.of(file);
      digests.push_back(*wanted.sha256);
      if (wanted.held) fetched.bytes_held += file.bytes;
    }
    PANNIER_ASSIGN(fetched.reference, committer.add_manifest(manifest_of_snapshot(snapshot, digests)));
    references.push_back(fetched.reference);
    result.snapshots.push_back(std::move(fetched));
  }
  for (const Wheelhouse& wheelhouse : wheelhouses) {
    FetchedSnapshot fetched{wheelhouse.name, {}, wheelhouse.files.size(), 0, 0};
    for (const WheelhouseFile& file : wheelhouse.files) {
      fetched.bytes += file.bytes;
      if (store.has_blob(file.sha256, file.bytes)) fetched.bytes_held += file.bytes;
      PANNIER_TRY(committer.stage(file));
    }
    PANNIER_ASSIGN(fetched.reference, committer.add_manifest(manifest_of_wheelhouse(wheelhouse)));
    references.push_back(fetched.reference);
    result.wheelhouses.push_back(std::move(fetched));
  }
  PANNIER_TRY(committer.commit(references));
  return result;
}

}  // namespace pannier
