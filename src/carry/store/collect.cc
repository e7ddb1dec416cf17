// Marks without a lock, which takes long; then takes the collector's lock, marks what came meanwhile, and
// sweeps, which is short.
#include "carry/store/collect.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/digest.h"
#include "carry/store/marks.h"
#include "carry/store/staging_folder.h"
#include "carry/store/store.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

using namespace store_layout;

class Collector {
 public:
  Collector(FileSystem& fs, const Store& store, const CollectOptions& options)
      : fs_(fs), store_(store), options_(options), marks_(fs, store) {}

  Result<CollectResult> run() {
    if (!options_.dry_run) result_.dead_writers = sweep_dead_writers(fs_, store_.root());
    PANNIER_TRY(choose_generations());
    // Ahead of the lock, so that it is held for a short time only. Another collector may keep fewer than we
    // do and take away what we read: that is seen again, or seen to be wrong, under the lock.
    if (const Status marked = mark_kept(); !marked.ok() && marked.error().kind == ErrorKind::kInterrupted) {
      return marked.error();
    }
    {
      std::unique_ptr<FileLock> lock;
      if (!options_.dry_run) {
        PANNIER_ASSIGN(lock, fs_.lock(collecting_lock(store_.root()), LockMode::kExclusive));
      }
      // Commits may have come between; from here on there are none.
      PANNIER_TRY(choose_generations());
      PANNIER_TRY(mark_kept());
      PANNIER_TRY(mark_receipts());
      PANNIER_TRY(remove_generations());
      PANNIER_TRY(sweep_blobs());
    }
    PANNIER_TRY(sweep_downloads());
    PANNIER_TRY(sweep_quarantine());
    return std::move(result_);
  }

 private:
  bool is_young(int64_t modified_seconds) const {
    if (options_.grace_seconds == 0) return false;
    // In the future by a clock that was wrong then or is wrong now: rather kept.
    if (modified_seconds >= options_.now_seconds) return true;
    return static_cast<uint64_t>(options_.now_seconds) - static_cast<uint64_t>(modified_seconds) <
           options_.grace_seconds;
  }

  Status check_cancel() const {
    if (options_.cancel == nullptr || !options_.cancel->load()) return {};
    return Error{ErrorKind::kInterrupted, "interrupted", "what was removed so far was garbage"};
  }

  // A list is kept for its number, or because it was in force a short while ago: until its successor came.
  Status choose_generations() {
    PANNIER_ASSIGN(const std::vector<uint64_t> numbers, store_.generations());
    kept_.clear();
    result_.generations.clear();
    const uint64_t last_count = std::max<uint64_t>(1, options_.generations_kept);
    for (size_t i = 0; i < numbers.size(); ++i) {
      bool is_kept = numbers.size() - i <= last_count;
      if (!is_kept) {
        const auto successor = fs_.stat(generation_file(store_.root(), numbers[i + 1]));
        // Another collector may have removed it just now.
        if (!successor.ok() && successor.error().kind != ErrorKind::kNotFound) return successor.error();
        is_kept = successor.ok() && is_young(successor->modified_seconds);
      }
      (is_kept ? kept_ : result_.generations).push_back(numbers[i]);
    }
    result_.generations_left = kept_.size();
    return {};
  }

  Status mark_kept() {
    for (const uint64_t number : kept_) {
      PANNIER_TRY(check_cancel());
      if (marked_generations_.contains(number)) continue;
      PANNIER_ASSIGN(const ImageIndex index, store_.generation(number));
      PANNIER_TRY(marks_.add(index));
      marked_generations_.insert(number);
    }
    return {};
  }

  Status mark_receipts() {
    PANNIER_ASSIGN(std::vector<IssuedReceipt> receipts, issued_receipts(fs_, store_.root()));
    if (!options_.dry_run) {
      PANNIER_ASSIGN(result_.receipts, forget_receipts(fs_, store_.root(), receipts, options_.receipts_kept));
    }
    for (const BlobInfo& blob : receipt_blobs(std::move(receipts), options_.receipts_kept)) {
      marks_.add(blob.digest);
    }
    return {};
  }

  // Before the blobs that only they name, and durably so: no list is ever there without its blobs.
  Status remove_generations() {
    if (options_.dry_run || result_.generations.empty()) return {};
    {
      PANNIER_ASSIGN(const auto mark, fs_.open_or_create(pruned_mark(store_.root())));
    }
    for (const uint64_t number : result_.generations) {
      PANNIER_TRY(remove(generation_file(store_.root(), number)));
    }
    return fs_.sync_folder(store_layout::generations(store_.root()));
  }

  Status sweep_blobs() {
    PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs_.list(blobs(store_.root())));
    for (const FolderEntry& entry : entries) {
      const auto digest = digest_from_hex(entry.name);
      if (!digest.ok() || entry.kind != FileKind::kRegular || marks_.contains(*digest)) continue;
      PANNIER_TRY(check_cancel());
      const std::string path = store_.blob_path(*digest);
      PANNIER_ASSIGN(const FileStat stat, fs_.stat(path));
      if (is_young(stat.modified_seconds)) {
        ++result_.young_count;
        result_.young_bytes += stat.bytes;
        continue;
      }
      if (!options_.dry_run) PANNIER_TRY(remove(path));
      ++result_.blob_count;
      result_.blob_bytes += stat.bytes;
    }
    if (options_.dry_run || result_.blob_count == 0) return {};
    return fs_.sync_folder(blobs(store_.root()));
  }

  // Unfinished and never fetched downloads: all files of one key together, under its lock
  // (docs/internals/download.md). None of them is younger than the youngest.
  Status sweep_downloads() {
    const std::string folder = downloads(store_.root());
    const auto entries = fs_.list(folder);
    if (!entries.ok() && entries.error().kind == ErrorKind::kNotFound) return {};
    if (!entries.ok()) return entries.error();
    std::map<std::string, std::vector<std::string>> files_of_key;
    for (const FolderEntry& entry : *entries) {
      for (const std::string_view suffix : {".part", ".journal", ".whole"}) {
        if (entry.kind != FileKind::kRegular || !entry.name.ends_with(suffix)) continue;
        files_of_key[entry.name.substr(0, entry.name.size() - suffix.size())].push_back(entry.name);
      }
    }
    for (const auto& [key, names] : files_of_key) {
      PANNIER_TRY(check_cancel());
      PANNIER_TRY(sweep_download(folder, key, names));
    }
    return {};
  }

  Status sweep_download(const std::string& folder, const std::string& key,
                        const std::vector<std::string>& names) {
    std::unique_ptr<FileLock> lock;
    if (!options_.dry_run) {
      PANNIER_ASSIGN(lock, fs_.try_lock_number(folder + "/locks", download_lock_number(key)));
      if (lock == nullptr) return {};
    }
    uint64_t bytes = 0;
    for (const std::string& name : names) {
      const auto stat = fs_.stat(folder + "/" + name);
      if (!stat.ok()) return stat.error().kind == ErrorKind::kNotFound ? Status() : Status(stat.error());
      if (is_young(stat->modified_seconds)) return {};
      bytes += stat->bytes;
    }
    if (!options_.dry_run) {
      for (const std::string& name : names) PANNIER_TRY(remove(folder + "/" + name));
    }
    result_.download_count += names.size();
    result_.download_bytes += bytes;
    return {};
  }

  Status sweep_quarantine() {
    const std::string folder = quarantine(store_.root());
    const auto entries = fs_.list(folder);
    if (!entries.ok() && entries.error().kind == ErrorKind::kNotFound) return {};
    if (!entries.ok()) return entries.error();
    for (const FolderEntry& entry : *entries) {
      const std::string path = folder + "/" + entry.name;
      const auto stat = fs_.stat(path);
      if (!stat.ok() || stat->kind != FileKind::kRegular || is_young(stat->modified_seconds)) continue;
      if (!options_.dry_run) PANNIER_TRY(remove(path));
      ++result_.quarantine_count;
      result_.quarantine_bytes += stat->bytes;
    }
    return {};
  }

  // Fine where it is gone already.
  Status remove(const std::string& path) {
    Status removed = fs_.remove_file(path);
    if (!removed.ok() && removed.error().kind == ErrorKind::kNotFound) return {};
    return removed;
  }

  FileSystem& fs_;
  const Store& store_;
  const CollectOptions& options_;
  CollectResult result_;
  Marks marks_;
  std::vector<uint64_t> kept_;
  std::set<uint64_t> marked_generations_;
};

}  // namespace

Result<CollectResult> collect_garbage(FileSystem& fs, const std::string& root,
                                      const CollectOptions& options) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, root));
  return Collector(fs, *store, options).run();
}

}  // namespace pannier
