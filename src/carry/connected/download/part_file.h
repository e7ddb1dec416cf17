// PartFile: one file being put together from blocks, by many connections and across processes.
// Page: docs/internals/download.md.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/connected/download/content_hash.h"
#include "carry/connected/download/download_journal.h"

namespace pannier {

// Blocks one after the other.
struct BlockRun {
  uint32_t first = 0;
  uint32_t count = 0;
};

// Where the files of one key lie, and the number of its lock in FOLDER/locks.
struct PartPaths {
  std::string folder;
  std::string part;
  std::string journal;
  std::string whole;
  std::string locks;
  uint64_t lock_number = 0;
};
PartPaths part_paths(const std::string& folder, const DownloadKey& key);

// Thread-safe, but for what is said below.
class PartFile {
 public:
  struct Options {
    uint64_t block_bytes = 0;  // for a file not begun yet; else what its journal says counts
    // A smaller file is not synced by `finish`: many of them are better synced together.
    uint64_t synced_alone_bytes = 64 * 1024 * 1024;
    std::function<Status()> check_going;  // asked while much is read; an error ends the reading with it
  };

  // Takes the key's lock and finds out what is there; null where another holds the lock.
  // REQUIRES: the folder is there; at most kDownloadBlocksMax blocks.
  static Result<std::unique_ptr<PartFile>> open(FileSystem& fs, const std::string& folder,
                                                const DownloadKey& key, const Options& options);

  const DownloadKey& key() const { return key_; }
  uint64_t block_bytes() const { return block_bytes_; }
  uint32_t block_count() const { return block_count_; }
  // Where the block's bytes end.
  uint64_t block_end(uint32_t block) const;

  // Set where the file was whole when it was opened, and matches; there is nothing to do then.
  const std::optional<ContentDigests>& found_whole() const { return found_whole_; }
  const std::string& whole_path() const { return paths_.whole; }

  // ---- Filling ----

  // The first missing blocks, which are the caller's from now on; nothing where none is missing.
  std::optional<BlockRun> take_run(uint32_t blocks_max);
  // True where the block was missing and is the caller's now.
  bool take(uint32_t block);
  // Not to be filled by the caller after all. `bytes`: how much of it `write` was given.
  void give_back(uint32_t block, uint64_t bytes);
  // REQUIRES: within a block of the caller's.
  Status write(uint64_t offset, ByteSpan bytes);
  // All bytes of a block of the caller's are written; `crc` is their CRC-32C.
  Status complete(uint32_t block, uint32_t crc);

  uint32_t missing_count() const;
  // Written so far, or found from before and not disproved.
  uint64_t bytes_there() const;
  // Found from before, and not disproved since.
  uint64_t bytes_resumed() const;

  // ---- Hashing, by one thread at a time ----

  enum class Hashing { kWaits, kGoesOn, kEnded };
  // True where hash_some would get on.
  bool can_hash() const;
  // Reads on from where it stopped, for about `bytes_max` bytes. kWaits: the next block is not there.
  Result<Hashing> hash_some(uint64_t bytes_max);
  // REQUIRES: kEnded was said.
  ContentDigests finish_hash();
  // Every block is missing again, and the digest begins anew; what is fetched is compared with what was.
  void begin_repair();
  // The blocks whose second fetch differed from the first.
  std::vector<uint32_t> differing_blocks() const;

  // ---- The end ----

  // Makes what was written survive a power cut; nothing where that is less than `unsynced_bytes_min`.
  Status sync(uint64_t unsynced_bytes_min);
  // The file becomes whole_path(), and the lock is given up. REQUIRES: nobody writes any more.
  Status finish();
  // After finish, or where the file was found whole: a journal that must stay until the file is known to be
  // on the disk, and is then to be removed. Empty where there is none.
  const std::string& leftover_journal() const { return leftover_journal_; }
  // Removes all of it.
  Status discard();
  // Up to `bytes_max` bytes from the beginning. REQUIRES: they are written.
  Result<std::string> beginning(uint64_t bytes_max);

 private:
  enum class BlockState : uint8_t { kMissing, kTaken, kWritten, kClaimed };  // claimed: by the journal

  PartFile(FileSystem& fs, PartPaths paths, const DownloadKey& key, std::unique_ptr<FileLock> lock);
  Status load(const Options& options);
  Status check_whole(const Options& options);
  Status load_journal(const Options& options);
  uint64_t bytes_of(uint32_t block) const;
  Result<bool> hash_block(uint32_t block, BlockState state);
  void close();

  FileSystem& fs_;
  const PartPaths paths_;
  const DownloadKey key_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<RandomAccessFile> file_;
  std::unique_ptr<DownloadJournal> journal_;  // null for one block
  uint64_t block_bytes_ = 0;
  uint32_t block_count_ = 0;
  std::optional<ContentDigests> found_whole_;
  uint64_t synced_alone_bytes_ = 0;
  std::string leftover_journal_;

  std::mutex open_mutex_;  // held while the file is synced or closed
  bool name_is_synced_ = false;

  mutable std::mutex mutex_;  // guards all below
  std::vector<BlockState> states_;
  std::vector<uint32_t> crcs_;           // of blocks that are written or claimed
  std::vector<uint32_t> repaired_crcs_;  // in a repair: as they were before it
  std::vector<uint32_t> differing_blocks_;
  uint32_t first_missing_ = 0;  // no block before it is missing
  uint32_t missing_count_ = 0;
  uint64_t bytes_there_ = 0;
  uint64_t bytes_resumed_ = 0;
  uint64_t unsynced_bytes_ = 0;

  // The hashing thread's own.
  ContentHash hash_;
  uint32_t hashed_blocks_ = 0;  // guarded by mutex_ too: can_hash reads it
  Bytes buffer_;
};

}  // namespace pannier
