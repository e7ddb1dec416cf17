// Lists first, then every blob, then what became of those that the lists need.
#include "carry/isolated/check_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <tuple>

#include "base/limits.h"
#include "base/read_pieces.h"
#include "base/threads.h"
#include "carry/store/store.h"
#include "carry/store/store_layout.h"
#include "format/bundle_statement.h"

namespace pannier {
namespace {

using namespace store_layout;

// Who needs a blob.
struct Need {
  std::optional<uint64_t> bytes;  // where a manifest or list says it
  std::set<std::string> names;
  std::set<Digest> origins;  // statements of the bundles that brought it
  std::string role;          // "the manifest", "config.json", …
  bool in_newest = false;
};

struct BlobState {
  std::string name;  // of the file
  uint64_t bytes = 0;
  std::optional<Digest> found = std::nullopt;  // of its contents
  Status read = {};
};

class Checker {
 public:
  Checker(FileSystem& fs, const Store& store, const CheckOptions& options)
      : fs_(fs), store_(store), options_(options) {}

  Result<CheckResult> run() {
    PANNIER_TRY(read_lists());
    PANNIER_TRY(read_blobs());
    for (const BlobState& blob : blobs_) PANNIER_TRY(judge(blob));
    add_missing();
    PANNIER_TRY(add_origins());
    std::stable_sort(result_.faults.begin(), result_.faults.end(),
                     [](const StoreFault& a, const StoreFault& b) { return a.in_newest > b.in_newest; });
    return std::move(result_);
  }

 private:
  // ---- What is needed ----

  // From the newest on, so that names are those of the newest list that needs a blob.
  Status read_lists() {
    PANNIER_ASSIGN(const std::vector<uint64_t> numbers, store_.generations());
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
      PANNIER_TRY(options_.transfer.check_cancel());
      auto index = store_.generation(*number);
      if (!index.ok() && index.error().kind == ErrorKind::kNotFound) continue;  // pruned meanwhile
      if (!index.ok() && index.error().kind == ErrorKind::kIo) return std::move(index).error();
      ++result_.generation_count;
      const bool is_newest = *number == numbers.back();
      if (!index.ok()) {
        StoreFault fault{StoreFaultKind::kMalformed, generation_file(store_.root(), *number)};
        fault.what = index.error().message;
        fault.in_newest = is_newest;
        result_.faults.push_back(std::move(fault));
        continue;
      }
      PANNIER_TRY(add_needs(*index, is_newest));
    }
    return {};
  }

  Status add_needs(const ImageIndex& index, bool is_newest) {
    for (const Reference& reference : index.references) {
      PANNIER_TRY(options_.transfer.check_cancel());
      need(reference.manifest_digest, reference.manifest_bytes, reference, "its manifest", is_newest);
      if (reference.origin) need(*reference.origin, std::nullopt, reference, "its origin", is_newest);
      for (const Digest& signature : reference.signatures) {
        need(signature, std::nullopt, reference, "a signature", is_newest);
      }
      PANNIER_TRY(add_files(reference, is_newest));
    }
    for (const ChannelState& channel : index.channels) {
      Reference nobody;
      nobody.name.clear();
      need(channel.statement, std::nullopt, nobody, "the statement of channel " + channel.name, is_newest);
    }
    return {};
  }

  // What a manifest names, where it can be read: what is wrong with the manifest itself is seen when the
  // blobs are.
  Status add_files(const Reference& reference, bool is_newest) {
    // Most references stay from one list to the next; an older list adds nothing to what a newer one told.
    if (!told_.emplace(reference.manifest_digest, reference.name, reference.origin).second) return {};
    const std::string path = store_.blob_path(reference.manifest_digest);
    const auto contents = read_small_file(fs_, path, limits::kManifestBytesMax);
    if (!contents.ok() || sha256(*contents) != reference.manifest_digest) return {};
    const auto parsed = parse_model_manifest(*contents, path);
    if (!parsed.ok()) {
      const auto named = blobs_of_manifest(*contents, path);
      if (named.ok() && parsed.error().kind == ErrorKind::kUnsupported) {
        for (const Digest& digest : *named) need(digest, std::nullopt, reference, "a file", is_newest);
        return {};
      }
      if (!malformed_.insert(reference.manifest_digest).second) return {};
      StoreFault fault{StoreFaultKind::kMalformed, path, reference.manifest_digest};
      fault.what = parsed.error().message;
      fault.names = {reference.name};
      fault.in_newest = is_newest;
      result_.faults.push_back(std::move(fault));
      return {};
    }
    need(parsed->config_digest, parsed->config_bytes, reference, "its config", is_newest);
    for (const ModelFile& file : parsed->model.files) {
      need(file.digest, file.bytes, reference, file.path, is_newest);
    }
    return {};
  }

  void need(const Digest& digest, std::optional<uint64_t> bytes, const Reference& reference,
            const std::string& role, bool is_newest) {
    Need& entry = needs_[digest];
    if (entry.role.empty()) entry.role = role;
    if (!entry.bytes) entry.bytes = bytes;
    entry.in_newest |= is_newest;
    if (entry.in_newest && !is_newest) return;  // the newest names are the ones to tell
    if (!reference.name.empty()) entry.names.insert(reference.name);
    if (reference.origin) entry.origins.insert(*reference.origin);
  }

  // ---- What is there ----

  Status read_blobs() {
    PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs_.list(store_layout::blobs(store_.root())));
    uint64_t bytes_total = 0;
    for (const FolderEntry& entry : entries) {
      if (!digest_from_hex(entry.name).ok() || entry.kind != FileKind::kRegular) {
        StoreFault fault{StoreFaultKind::kMisplaced, store_layout::blobs(store_.root()) + "/" + entry.name};
        fault.what = "it is no blob";
        result_.faults.push_back(std::move(fault));
        continue;
      }
      const auto stat = fs_.stat(store_layout::blobs(store_.root()) + "/" + entry.name);
      if (!stat.ok() && stat.error().kind == ErrorKind::kNotFound) continue;  // collected meanwhile
      if (!stat.ok()) return stat.error();
      blobs_.push_back({entry.name, stat->bytes});
      bytes_total += stat->bytes;
    }
    result_.blob_count = blobs_.size();
    result_.blob_bytes = bytes_total;
    options_.transfer.report(0, bytes_total);
    return hash_all(bytes_total);
  }

  // The caller's thread takes part, and it alone reports.
  Status hash_all(uint64_t bytes_total) {
    ThreadPool pool(std::max<uint32_t>(1, options_.threads));
    std::atomic<uint64_t> bytes_done{0};
    pool.parallel_for(blobs_.size(), [&](size_t index, uint32_t thread) {
      BlobState& blob = blobs_[index];
      auto digest = hash(store_layout::blobs(store_.root()) + "/" + blob.name, [&](uint64_t bytes) {
        const uint64_t done = bytes_done += bytes;
        if (thread == 0) options_.transfer.report(std::min(done, bytes_total), bytes_total);
      });
      if (digest.ok()) {
        blob.found = *digest;
      } else {
        blob.read = digest.error();
      }
    });
    PANNIER_TRY(options_.transfer.check_cancel());
    options_.transfer.report(bytes_total, bytes_total);
    return {};
  }

  template <class Progress>
  Result<Digest> hash(const std::string& path, const Progress& progress) const {
    PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs_.open(path));
    Sha256 sha;
    PANNIER_TRY(read_pieces(*file, [&](ByteSpan piece) -> Status {
      PANNIER_TRY(options_.transfer.check_cancel());
      sha.update(piece);
      progress(piece.size());
      return {};
    }));
    return sha.finish();
  }

  // ---- What is wrong ----

  Status judge(const BlobState& blob) {
    const Digest digest = *digest_from_hex(blob.name);
    if (!blob.found && blob.read.error().kind == ErrorKind::kNotFound) return {};  // collected meanwhile
    const bool is_right = blob.found && *blob.found == digest;
    if (is_right) {
      const auto entry = needs_.find(digest);
      // Right contents and another size than a manifest says: the manifest is wrong.
      if (entry != needs_.end() && entry->second.bytes && *entry->second.bytes != blob.bytes) {
        add_fault(StoreFaultKind::kMalformed, digest,
                  fmt::format("{} has {} bytes, its manifest says {}", entry->second.role, blob.bytes,
                              *entry->second.bytes));
      }
      there_.insert(digest);
      return {};
    }
    there_.insert(digest);  // told as rotten, not as missing too
    // A sector that cannot be read is rot as well.
    add_fault(StoreFaultKind::kRotten, digest,
              blob.found ? fmt::format("its contents have digest {}", blob.found->hex())
                         : blob.read.error().message);
    if (!options_.quarantine) return {};
    PANNIER_ASSIGN(result_.faults.back().quarantined, put_away(digest));
    return {};
  }

  void add_fault(StoreFaultKind kind, const Digest& digest, std::string what) {
    StoreFault fault{kind, store_.blob_path(digest), digest};
    fault.what = std::move(what);
    if (const auto entry = needs_.find(digest); entry != needs_.end()) {
      fault.names.assign(entry->second.names.begin(), entry->second.names.end());
      fault.in_newest = entry->second.in_newest;
      if (kind == StoreFaultKind::kMissing) fault.what = entry->second.role;
    }
    result_.faults.push_back(std::move(fault));
  }

  void add_missing() {
    for (const auto& [digest, entry] : needs_) {
      if (there_.contains(digest) || store_.has_blob(digest)) continue;
      add_fault(StoreFaultKind::kMissing, digest, entry.role);
    }
  }

  // No commit and no collector meanwhile: whoever heals the blob puts a good one in its place, and that must
  // not be what is moved.
  Result<bool> put_away(const Digest& digest) {
    const std::string path = store_.blob_path(digest);
    PANNIER_ASSIGN(const std::unique_ptr<FileLock> lock,
                   fs_.lock(collecting_lock(store_.root()), LockMode::kExclusive));
    const auto again = hash(path, [](uint64_t) {});
    if (again.ok() && *again == digest) return false;  // healed meanwhile
    if (!again.ok() && again.error().kind == ErrorKind::kInterrupted) return again.error();
    PANNIER_TRY(fs_.make_folders(quarantine(store_.root())));
    PANNIER_TRY(fs_.rename(path, quarantine(store_.root()) + "/" + unique_name(digest.hex())));
    PANNIER_TRY(fs_.sync_folder(store_layout::blobs(store_.root())));
    PANNIER_TRY(fs_.sync_folder(quarantine(store_.root())));
    return true;
  }

  // ---- What heals it ----

  Status add_origins() {
    for (StoreFault& fault : result_.faults) {
      if (!fault.digest) continue;
      const auto entry = needs_.find(*fault.digest);
      if (entry == needs_.end()) continue;
      for (const Digest& statement : entry->second.origins) {
        const std::string path = store_.blob_path(statement);
        const auto contents = read_small_file(fs_, path, limits::kStatementBytesMax);
        if (!contents.ok() || sha256(*contents) != statement) continue;
        const auto parsed = parse_bundle_statement(*contents, path);
        if (!parsed.ok()) continue;
        fault.origins.push_back(
            {parsed->statement.channel, parsed->statement.sequence, parsed->statement.payload_digest});
      }
    }
    return {};
  }

  FileSystem& fs_;
  const Store& store_;
  const CheckOptions& options_;
  CheckResult result_;
  std::map<Digest, Need> needs_;
  std::vector<BlobState> blobs_;
  std::set<Digest> there_;
  std::set<std::tuple<Digest, std::string, std::optional<Digest>>> told_;  // manifests, and who needs them
  std::set<Digest> malformed_;
};

}  // namespace

const char* store_fault_kind_name(StoreFaultKind kind) {
  switch (kind) {
    case StoreFaultKind::kRotten:
      return "rotten";
    case StoreFaultKind::kMissing:
      return "missing";
    case StoreFaultKind::kMalformed:
      return "malformed";
    case StoreFaultKind::kMisplaced:
      return "misplaced";
  }
  return "rotten";
}

Result<CheckResult> check_store(FileSystem& fs, const std::string& root, const CheckOptions& options) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, root));
  return Checker(fs, *store, options).run();
}

}  // namespace pannier
