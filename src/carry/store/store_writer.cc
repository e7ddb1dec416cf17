// Stages blobs beside the store and makes them, and the references to them, visible in one step.
// The order of the steps is what makes a crash harmless: docs/formats/store.md, "A commit, step by step".
#include "carry/store/store_writer.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "base/limits.h"
#include "carry/store/staging_folder.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

using namespace store_layout;

// Each lost race means that another writer's commit went through, so nobody waits for a dead one;
// the bound only keeps a broken file system from spinning us for ever.
constexpr int kCommitTriesMax = 100'000;
constexpr int kMirrorTriesMax = 100;
constexpr size_t kCopyBytes = 1 << 20;

struct StagedBlob {
  uint64_t bytes = 0;
  bool is_kept = false;  // a second name of a blob of the store
};

// What stands at the store's root when a writer begins.
enum class RootState { kStore, kFolder, kNothing };

class Writer : public StoreWriter {
 public:
  Writer(FileSystem& fs, std::unique_ptr<Store> store, StagingFolder staging, RootState root_state)
      : fs_(fs),
        store_(std::move(store)),
        staging_(std::move(staging)),
        folder_(staging_.path),
        root_state_(root_state) {}

  ~Writer() override { discard(); }

  Result<std::unique_ptr<WritableFile>> create_blob(const Digest& expected) override {
    PANNIER_TRY(check_open());
    if (staged_.contains(expected)) {
      return Error{ErrorKind::kInvalid, expected.oci() + " is staged already", ""};
    }
    // A second try after a failed first one starts from nothing.
    if (!created_.insert(expected).second) (void)fs_.remove_file(staged_path(expected));
    return fs_.create(staged_path(expected));
  }

  Status stage(const Digest& expected) override {
    PANNIER_TRY(check_open());
    if (!created_.contains(expected)) {
      return Error{ErrorKind::kInvalid, expected.oci() + " was staged without create_blob", ""};
    }
    PANNIER_ASSIGN(const FileStat stat, fs_.stat(staged_path(expected)));
    staged_[expected] = {stat.bytes};
    return {};
  }

  Status adopt(const std::string& path, const Digest& digest) override {
    PANNIER_TRY(check_open());
    const auto stat = fs_.stat(path);
    if (!stat.ok()) {
      if (stat.error().kind != ErrorKind::kNotFound) return stat.error();
      const auto brought = fs_.stat(store_->blob_path(digest));
      if (!staged_.contains(digest) && !brought.ok()) return stat.error();
      if (!staged_.contains(digest)) {
        PANNIER_ASSIGN(const bool is_kept, keep(digest, brought->bytes));
        if (!is_kept) return stat.error();
      }
      return {};
    }
    if (stat->kind != FileKind::kRegular) {
      return Error{ErrorKind::kInvalid, path + " is not a regular file", ""};
    }
    if (!staged_.contains(digest)) {
      if (!created_.insert(digest).second) (void)fs_.remove_file(staged_path(digest));
      PANNIER_TRY(bring_in(path, digest));
      PANNIER_TRY(stage(digest));
    }
    adopted_.push_back(path);
    return {};
  }

  Result<Digest> add_blob(std::string_view contents) override {
    PANNIER_TRY(check_open());
    const Digest digest = sha256(contents);
    if (staged_.contains(digest)) return digest;
    {
      PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, create_blob(digest));
      PANNIER_TRY(file->append(as_bytes(contents)));
      PANNIER_TRY(file->close());
    }
    PANNIER_TRY(stage(digest));
    return digest;
  }

  Result<bool> keep(const Digest& digest, uint64_t bytes) override {
    PANNIER_TRY(check_open());
    const auto staged = staged_.find(digest);
    if (staged != staged_.end()) return staged->second.bytes == bytes;
    if (!store_->has_blob(digest, bytes)) return false;
    if (!created_.insert(digest).second) (void)fs_.remove_file(staged_path(digest));
    const auto linked = fs_.link(store_->blob_path(digest), staged_path(digest));
    if (!linked.ok() && linked.error().kind == ErrorKind::kNotFound) return false;  // collected just now
    if (linked.ok() && *linked) staged_[digest] = {bytes, true};
    return true;
  }

  Result<uint64_t> commit(const StoreChange& given) override {
    PANNIER_TRY(check_open());
    PANNIER_TRY(check_change(given));
    if (root_state_ != RootState::kStore) {
      // Somebody may have completed the same store meanwhile, and swept our half of it: that is as good.
      const Status created = create_store(fs_, store_->root());
      if (!created.ok() && !Store::open(fs_, store_->root()).ok()) return created.error();
      root_state_ = RootState::kStore;
    }
    StoreChange change = given;
    found_.clear();
    for (Reference& reference : change.references) {
      PANNIER_ASSIGN(reference, check_complete(std::move(reference)));
    }
    PANNIER_TRY(check_other_blobs(change));
    PANNIER_ASSIGN(const ImageIndex before, store_->references());
    PANNIER_ASSIGN(const ImageIndex after, changed_index(before, change));
    const bool blobs_are_there = std::all_of(staged_.begin(), staged_.end(), [&](const auto& staged) {
      return store_->has_blob(staged.first, staged.second.bytes);
    });
    if (blobs_are_there && same_contents(before, after)) {
      PANNIER_TRY(sync_generations());
      discard();
      return before.generation;
    }
    PANNIER_TRY(sync_staged());
    PANNIER_ASSIGN(const uint64_t generation, publish(change));
    remove_adopted();
    discard();
    return generation;
  }

 private:
  Status check_open() const {
    if (staging_.lock) return {};
    return Error{ErrorKind::kInvalid, "this writer has committed already", ""};
  }

  std::string staged_path(const Digest& digest) const { return folder_ + "/" + digest.hex(); }

  // The file gets its name in staging, by the cheapest way the file systems allow.
  Status bring_in(const std::string& path, const Digest& digest) {
    const std::string staged = staged_path(digest);
    const auto linked = fs_.link(path, staged);
    if (linked.ok() && *linked) return {};
    if (fs_.rename(path, staged).ok()) return {};
    return copy_checked(path, staged, digest);
  }

  Status copy_checked(const std::string& path, const std::string& staged, const Digest& digest) {
    PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> from, fs_.open(path));
    PANNIER_ASSIGN(const std::unique_ptr<WritableFile> to, fs_.create(staged));
    Sha256 hash;
    Bytes buffer(static_cast<size_t>(std::min<uint64_t>(kCopyBytes, from->size())));
    for (uint64_t at = 0; at < from->size(); at += buffer.size()) {
      const auto piece = MutableByteSpan(buffer).first(
          static_cast<size_t>(std::min<uint64_t>(buffer.size(), from->size() - at)));
      PANNIER_TRY(from->read_at(at, piece));
      hash.update(piece);
      PANNIER_TRY(to->append(piece));
    }
    PANNIER_TRY(to->close());
    if (hash.finish() == digest) return {};
    return Error{ErrorKind::kCorrupt, path + " does not match " + digest.oci(), "fetch it again"};
  }

  // They are in the store now. What cannot be removed takes room, and does no harm.
  void remove_adopted() {
    for (const std::string& path : adopted_) (void)fs_.remove_file(path);
    adopted_.clear();
  }

  // Gives up the staging folder, the lock last: nobody may take the folder for a dead writer's before.
  void discard() {
    if (!staging_.lock) return;
    (void)fs_.remove_tree(folder_);  // what stays is swept by the next writer
    staging_.lock.reset();
    if (root_state_ != RootState::kStore) remove_skeleton();
  }

  // The folders that were made for a store that never came to be. Others may be making it right now: only
  // what is empty goes, and they make anew what they miss.
  void remove_skeleton() {
    const std::string& root = store_->root();
    (void)fs_.remove_empty_folder(staging(root));
    (void)fs_.remove_empty_folder(own_folder(root));
    if (root_state_ == RootState::kNothing) (void)fs_.remove_empty_folder(root);
  }

  bool will_have(const Digest& digest, uint64_t bytes) {
    const auto staged = staged_.find(digest);
    if (staged != staged_.end()) return staged->second.bytes == bytes;
    if (!store_->has_blob(digest, bytes)) return false;
    found_.insert(digest);
    return true;
  }

  bool will_have(const Digest& digest) {
    if (staged_.contains(digest)) return true;
    if (!store_->has_blob(digest)) return false;
    found_.insert(digest);
    return true;
  }

  Status check_there(const Digest& digest, const std::string& what) {
    if (will_have(digest)) return {};
    return Error{ErrorKind::kIncomplete, what + " (" + digest.oci() + ") is neither staged nor in the store",
                 ""};
  }

  // What a change names beside manifests and their files.
  Status check_other_blobs(const StoreChange& change) {
    for (const Reference& reference : change.references) {
      if (reference.origin) PANNIER_TRY(check_there(*reference.origin, "the origin of " + reference.name));
      for (const Digest& signature : reference.signatures) {
        PANNIER_TRY(check_there(signature, "a signature of " + reference.name));
      }
    }
    for (const ChannelState& channel : change.channels) {
      PANNIER_TRY(check_there(channel.statement, "the statement of channel " + channel.name));
    }
    for (const Digest& digest : change.blobs) PANNIER_TRY(check_there(digest, "a blob"));
    return {};
  }

  // A reference is only made to a model whose every file is there. It comes back with the aliases that its
  // manifest gives.
  Result<Reference> check_complete(Reference reference) {
    const auto missing = [&](const std::string& thing, const Digest& digest) {
      return Error{ErrorKind::kIncomplete,
                   reference.name + " cannot be committed: " + thing + " (" + digest.oci() +
                       ") is neither staged nor in the store",
                   ""};
    };
    if (!will_have(reference.manifest_digest, reference.manifest_bytes)) {
      return missing("its manifest", reference.manifest_digest);
    }
    const bool is_staged = staged_.contains(reference.manifest_digest);
    const std::string path =
        is_staged ? staged_path(reference.manifest_digest) : store_->blob_path(reference.manifest_digest);
    PANNIER_ASSIGN(const std::string contents, read_small_file(fs_, path, limits::kManifestBytesMax));
    if (sha256(contents) != reference.manifest_digest) {
      return Error{ErrorKind::kCorrupt, path + " does not match its digest", ""};
    }
    PANNIER_ASSIGN(const ParsedManifest parsed, parse_model_manifest(contents, path));
    if (!will_have(parsed.config_digest, parsed.config_bytes))
      return missing("its config", parsed.config_digest);
    for (const ModelFile& file : parsed.model.files) {
      if (!will_have(file.digest, file.bytes)) return missing("the file " + file.path, file.digest);
    }
    PANNIER_TRY(check_kind(reference, parsed.model.kind, path));
    reference.aliases = parsed.model.upstream.aliases;
    return reference;
  }

  // What is staged survives a power cut from here on. What is kept was synced by whoever brought it.
  Status sync_staged() {
    const bool has_new = std::any_of(staged_.begin(), staged_.end(),
                                     [](const auto& staged) { return !staged.second.is_kept; });
    return has_new ? fs_.sync_all(folder_) : Status();
  }

  // No collector is at work while this holds the lock: what is in the store now and named by what comes is
  // there to stay. Other commits may hold it too.
  Result<uint64_t> publish(const StoreChange& change) {
    PANNIER_ASSIGN(const std::unique_ptr<FileLock> lock,
                   fs_.lock(collecting_lock(store_->root()), LockMode::kShared));
    for (const Digest& digest : found_) {
      if (store_->has_blob(digest)) continue;
      return Error{ErrorKind::kIncomplete,
                   digest.oci() + " was in the store and has been collected meanwhile", "try again"};
    }
    PANNIER_TRY(publish_blobs());
    return publish_generation(change);
  }

  // After this every staged blob is in its place and stays there; nothing names them yet.
  Status publish_blobs() {
    while (!staged_.empty()) {
      const Digest digest = staged_.begin()->first;
      PANNIER_TRY(fs_.rename(staged_path(digest), store_->blob_path(digest)));
      staged_.erase(digest);  // so that a commit tried again goes on from here
    }
    // Also where nothing was staged: a blob we found may have been renamed by a writer that died
    // before it came to this line.
    return fs_.sync_folder(blobs(store_->root()));
  }

  // The commit point is take_place: whoever comes first to a number has it, the others start again
  // from what the winner wrote.
  Result<uint64_t> publish_generation(const StoreChange& change) {
    for (int attempt = 0; attempt < kCommitTriesMax; ++attempt) {
      PANNIER_ASSIGN(const ImageIndex base, store_->references());
      PANNIER_ASSIGN(ImageIndex next, changed_index(base, change));
      if (same_contents(next, base)) {
        PANNIER_TRY(sync_generations());
        return base.generation;
      }
      PANNIER_TRY(check_number(base.generation));
      next.generation = base.generation + 1;
      const std::string contents = write_image_index(next);
      PANNIER_TRY(check_size(contents));
      const std::string staged = folder_ + "/" + generation_file_name(next.generation);
      PANNIER_TRY(write_synced(staged, contents));
      PANNIER_ASSIGN(const bool is_ours,
                     take_place(fs_, staged, generation_file(store_->root(), next.generation)));
      (void)fs_.remove_file(staged);  // a second name of the generation, or the loser's draft
      if (is_ours) {
        PANNIER_TRY(sync_generations());
        (void)mirror_newest();  // for other tools only; the next commit repairs it
        return next.generation;
      }
    }
    return Error{ErrorKind::kIo, "the store at " + store_->root() + " changes faster than we can commit",
                 "try again"};
  }

  // Also before we report a generation that we only found: whoever made it may have died before this.
  Status sync_generations() { return fs_.sync_folder(generations(store_->root())); }

  static Status check_number(uint64_t newest) {
    if (newest < kGenerationMax) return {};
    return Error{ErrorKind::kLimit, "the store has used up its generation numbers", "use another store"};
  }

  // Many long names and aliases could make a list that no reader takes.
  static Status check_size(const std::string& contents) {
    if (contents.size() <= limits::kGenerationBytesMax) return {};
    return Error{ErrorKind::kLimit,
                 "the store's list would have " + std::to_string(contents.size()) + " bytes, at most " +
                     std::to_string(limits::kGenerationBytesMax) + " are allowed",
                 "use another store"};
  }

  Status write_synced(const std::string& path, std::string_view contents) {
    PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, fs_.create(path));
    PANNIER_TRY(file->append(as_bytes(contents)));
    PANNIER_TRY(file->sync());
    return file->close();
  }

  // Writes index.json until it shows the newest generation: of several writers, each looks again after
  // its own rename, so the last one to rename has seen everybody's.
  Status mirror_newest() {
    uint64_t mirrored = 0;
    for (int attempt = 0; attempt < kMirrorTriesMax; ++attempt) {
      PANNIER_ASSIGN(const ImageIndex newest, store_->references());
      if (attempt > 0 && newest.generation == mirrored) return {};
      const std::string staged = folder_ + "/" + unique_name("index");
      PANNIER_TRY(write_synced(staged, write_image_index(newest)));
      PANNIER_TRY(fs_.rename(staged, mirror(store_->root())));
      mirrored = newest.generation;
    }
    return {};
  }

  FileSystem& fs_;
  std::unique_ptr<Store> store_;
  StagingFolder staging_;  // without a lock once committed
  const std::string folder_;
  RootState root_state_;  // kStore from the commit on
  std::set<Digest> created_;
  std::map<Digest, StagedBlob> staged_;
  std::set<Digest> found_;  // in the store, without being kept: looked at again where no collector can be
  std::vector<std::string> adopted_;  // removed when the commit is through
};

}  // namespace

Result<std::unique_ptr<StoreWriter>> begin_store_writer(FileSystem& fs, const std::string& root) {
  PANNIER_ASSIGN(std::unique_ptr<Store> store, Store::open(fs, root));
  sweep_dead_writers(fs, root);
  PANNIER_ASSIGN(StagingFolder folder, make_staging_folder(fs, root, "writer"));
  return std::unique_ptr<StoreWriter>(
      std::make_unique<Writer>(fs, std::move(store), std::move(folder), RootState::kStore));
}

Result<std::unique_ptr<StoreWriter>> begin_new_store_writer(FileSystem& fs, const std::string& root) {
  PANNIER_TRY(check_place_is_free(fs, root));
  const RootState root_state = fs.stat(root).ok() ? RootState::kFolder : RootState::kNothing;
  PANNIER_ASSIGN(StagingFolder folder, make_staging_folder(fs, root, "writer"));
  return std::unique_ptr<StoreWriter>(
      std::make_unique<Writer>(fs, unchecked_store(fs, root), std::move(folder), root_state));
}

}  // namespace pannier
