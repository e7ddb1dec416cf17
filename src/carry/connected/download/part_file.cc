#include "carry/connected/download/part_file.h"

#include <algorithm>
#include <cassert>

#include "base/crc32c.h"

namespace pannier {
namespace {

// Small enough to stay in the processor's cache between its two uses (CRC and digest).
constexpr size_t kReadBytes = 256 * 1024;

// nullopt: there is no such file.
Result<std::optional<ContentDigests>> digests_of(FileSystem& fs, const std::string& path,
                                                 const DownloadKey& key,
                                                 const std::function<Status()>& check_going) {
  auto opened = fs.open(path);
  if (!opened.ok() && opened.error().kind == ErrorKind::kNotFound) return std::optional<ContentDigests>();
  if (!opened.ok()) return std::move(opened).error();
  const std::unique_ptr<ReadableFile> file = std::move(opened).value();
  ContentHash hash(key.id, key.bytes);
  if (file->size() != key.bytes) return std::optional(hash.finish());  // the digest of something else
  Bytes buffer(static_cast<size_t>(std::min<uint64_t>(kReadBytes, key.bytes)));
  for (uint64_t at = 0; at < key.bytes; at += buffer.size()) {
    if (check_going) PANNIER_TRY(check_going());
    const auto piece =
        MutableByteSpan(buffer).first(static_cast<size_t>(std::min<uint64_t>(buffer.size(), key.bytes - at)));
    PANNIER_TRY(file->read_at(at, piece));
    hash.update(piece);
  }
  return std::optional(hash.finish());
}

// Fine where it is not there.
Status remove_if_there(FileSystem& fs, const std::string& path) {
  Status removed = fs.remove_file(path);
  if (!removed.ok() && removed.error().kind == ErrorKind::kNotFound) return {};
  return removed;
}

}  // namespace

PartPaths part_paths(const std::string& folder, const DownloadKey& key) {
  const std::string name = key.name();
  const std::string base = folder + "/" + name;
  const Digest digest = sha256(name);
  const auto number = read_le<uint64_t>(digest.bytes) % (uint64_t{1} << 62);
  return {folder, base + ".part", base + ".journal", base + ".whole", folder + "/locks", number};
}

PartFile::PartFile(FileSystem& fs, PartPaths paths, const DownloadKey& key, std::unique_ptr<FileLock> lock)
    : fs_(fs), paths_(std::move(paths)), key_(key), lock_(std::move(lock)), hash_(key.id, key.bytes) {}

Result<std::unique_ptr<PartFile>> PartFile::open(FileSystem& fs, const std::string& folder,
                                                 const DownloadKey& key, const Options& options) {
  PartPaths paths = part_paths(folder, key);
  PANNIER_ASSIGN(std::unique_ptr<FileLock> lock, fs.try_lock_number(paths.locks, paths.lock_number));
  if (lock == nullptr) return std::unique_ptr<PartFile>();
  std::unique_ptr<PartFile> file(new PartFile(fs, std::move(paths), key, std::move(lock)));
  PANNIER_TRY(file->load(options));
  return file;
}

Status PartFile::load(const Options& options) {
  block_bytes_ = options.block_bytes;
  synced_alone_bytes_ = options.synced_alone_bytes;
  PANNIER_TRY(check_whole(options));
  if (found_whole_) return {};
  if (key_.bytes > block_bytes_) {
    PANNIER_TRY(load_journal(options));
  }
  PANNIER_ASSIGN(file_, fs_.open_or_create(paths_.part));
  block_count_ = block_count_of(key_.bytes, block_bytes_);
  assert(block_count_ <= kDownloadBlocksMax);
  states_.assign(block_count_, BlockState::kMissing);
  crcs_.assign(block_count_, 0);
  missing_count_ = block_count_;
  if (journal_ == nullptr) return {};
  const JournalContents& journal = journal_->contents();
  for (uint32_t block = 0; block < block_count_; ++block) {
    if (!journal.crcs[block]) continue;
    states_[block] = BlockState::kClaimed;
    crcs_[block] = *journal.crcs[block];
    --missing_count_;
    bytes_resumed_ += bytes_of(block);
  }
  bytes_there_ = bytes_resumed_;
  return {};
}

// A whole file of an earlier process, which nobody took away.
Status PartFile::check_whole(const Options& options) {
  PANNIER_ASSIGN(const std::optional<ContentDigests> digests,
                 digests_of(fs_, paths_.whole, key_, options.check_going));
  if (!digests) return {};
  const bool has_journal = fs_.stat(paths_.journal).ok();
  if (!digests->match(key_.id)) {
    // It was not synced before a power cut; its journal tells which blocks are good all the same.
    return has_journal ? fs_.rename(paths_.whole, paths_.part) : remove_if_there(fs_, paths_.whole);
  }
  if (has_journal) leftover_journal_ = paths_.journal;
  PANNIER_TRY(remove_if_there(fs_, paths_.part));
  bytes_there_ = key_.bytes;
  bytes_resumed_ = key_.bytes;
  found_whole_ = digests;
  lock_.reset();
  return {};
}

Status PartFile::load_journal(const Options& options) {
  PANNIER_ASSIGN(journal_,
                 DownloadJournal::open(fs_, {paths_.journal, key_.name(), key_.bytes, options.block_bytes}));
  block_bytes_ = journal_->contents().block_bytes;
  return {};
}

uint64_t PartFile::block_end(uint32_t block) const {
  return std::min(key_.bytes, (uint64_t{block} + 1) * block_bytes_);
}

uint64_t PartFile::bytes_of(uint32_t block) const {
  return block_end(block) - uint64_t{block} * block_bytes_;
}

// ---- Filling ----

std::optional<BlockRun> PartFile::take_run(uint32_t blocks_max) {
  const std::lock_guard<std::mutex> guard(mutex_);
  while (first_missing_ < block_count_ && states_[first_missing_] != BlockState::kMissing) ++first_missing_;
  BlockRun run{first_missing_, 0};
  while (run.count < blocks_max && first_missing_ < block_count_ &&
         states_[first_missing_] == BlockState::kMissing) {
    states_[first_missing_++] = BlockState::kTaken;
    ++run.count;
  }
  missing_count_ -= run.count;
  if (run.count == 0) return std::nullopt;
  return run;
}

bool PartFile::take(uint32_t block) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (states_[block] != BlockState::kMissing) return false;
  states_[block] = BlockState::kTaken;
  --missing_count_;
  return true;
}

void PartFile::give_back(uint32_t block, uint64_t bytes) {
  const std::lock_guard<std::mutex> guard(mutex_);
  assert(states_[block] == BlockState::kTaken);
  states_[block] = BlockState::kMissing;
  ++missing_count_;
  first_missing_ = std::min(first_missing_, block);
  bytes_there_ -= bytes;
}

Status PartFile::write(uint64_t offset, ByteSpan bytes) {
  PANNIER_TRY(file_->write_at(offset, bytes));
  const std::lock_guard<std::mutex> guard(mutex_);
  bytes_there_ += bytes.size();
  return {};
}

Status PartFile::complete(uint32_t block, uint32_t crc) {
  if (journal_) PANNIER_TRY(journal_->append(block, crc));
  const std::lock_guard<std::mutex> guard(mutex_);
  assert(states_[block] == BlockState::kTaken);
  states_[block] = BlockState::kWritten;
  crcs_[block] = crc;
  unsynced_bytes_ += bytes_of(block);
  if (!repaired_crcs_.empty() && repaired_crcs_[block] != crc) differing_blocks_.push_back(block);
  return {};
}

uint32_t PartFile::missing_count() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return missing_count_;
}

uint64_t PartFile::bytes_there() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return bytes_there_;
}

uint64_t PartFile::bytes_resumed() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return bytes_resumed_;
}

// ---- Hashing ----

bool PartFile::can_hash() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return hashed_blocks_ == block_count_ || states_[hashed_blocks_] == BlockState::kWritten ||
         states_[hashed_blocks_] == BlockState::kClaimed;
}

Result<PartFile::Hashing> PartFile::hash_some(uint64_t bytes_max) {
  uint64_t hashed_bytes = 0;
  while (hashed_bytes < bytes_max) {
    BlockState state = BlockState::kMissing;
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      if (hashed_blocks_ == block_count_) return Hashing::kEnded;
      state = states_[hashed_blocks_];
    }
    if (state != BlockState::kWritten && state != BlockState::kClaimed) return Hashing::kWaits;
    const uint32_t block = hashed_blocks_;
    PANNIER_ASSIGN(const bool is_good, hash_block(block, state));
    hashed_bytes += bytes_of(block);
    const std::lock_guard<std::mutex> guard(mutex_);
    if (is_good) {
      ++hashed_blocks_;
      continue;
    }
    states_[block] = BlockState::kMissing;
    ++missing_count_;
    first_missing_ = std::min(first_missing_, block);
    bytes_there_ -= bytes_of(block);
    bytes_resumed_ -= bytes_of(block);
    return Hashing::kWaits;
  }
  return Hashing::kGoesOn;
}

// False: the block is not what the journal says, and the digest is as if it had not been read.
Result<bool> PartFile::hash_block(uint32_t block, BlockState state) {
  const uint64_t begin = uint64_t{block} * block_bytes_;
  const uint64_t end = block_end(block);
  const bool is_claimed = state == BlockState::kClaimed;
  if (is_claimed) {
    PANNIER_ASSIGN(const uint64_t size, file_->size());
    if (size < end) return false;
  }
  buffer_.resize(
      static_cast<size_t>(std::min<uint64_t>(kReadBytes, std::max<uint64_t>(buffer_.size(), end - begin))));
  const ContentHash before = hash_;
  uint32_t crc = 0;
  for (uint64_t at = begin; at < end; at += buffer_.size()) {
    const auto piece =
        MutableByteSpan(buffer_).first(static_cast<size_t>(std::min<uint64_t>(buffer_.size(), end - at)));
    PANNIER_TRY(file_->read_at(at, piece));
    if (is_claimed) crc = crc32c(crc, piece);
    hash_.update(piece);
  }
  if (!is_claimed || crc == crcs_[block]) return true;
  hash_ = before;
  return false;
}

ContentDigests PartFile::finish_hash() {
  buffer_ = Bytes();
  return hash_.finish();
}

void PartFile::begin_repair() {
  const std::lock_guard<std::mutex> guard(mutex_);
  repaired_crcs_ = crcs_;
  states_.assign(block_count_, BlockState::kMissing);
  first_missing_ = 0;
  missing_count_ = block_count_;
  bytes_there_ = 0;
  bytes_resumed_ = 0;
  hashed_blocks_ = 0;
  hash_ = ContentHash(key_.id, key_.bytes);
}

std::vector<uint32_t> PartFile::differing_blocks() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  std::vector<uint32_t> blocks = differing_blocks_;
  std::sort(blocks.begin(), blocks.end());
  return blocks;
}

// ---- The end ----

Status PartFile::sync(uint64_t unsynced_bytes_min) {
  const std::lock_guard<std::mutex> open_guard(open_mutex_);
  uint64_t bytes = 0;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    bytes = unsynced_bytes_;
  }
  if (journal_ == nullptr || bytes == 0 || bytes < unsynced_bytes_min) return {};
  PANNIER_TRY(file_->sync());
  PANNIER_TRY(journal_->sync());
  if (!name_is_synced_) PANNIER_TRY(fs_.sync_folder(paths_.folder));
  name_is_synced_ = true;
  const std::lock_guard<std::mutex> guard(mutex_);
  unsynced_bytes_ -= bytes;
  return {};
}

Status PartFile::finish() {
  const std::lock_guard<std::mutex> open_guard(open_mutex_);
  PANNIER_ASSIGN(const uint64_t size, file_->size());
  if (size != key_.bytes) PANNIER_TRY(file_->resize(key_.bytes));  // bytes beyond the end were never hashed
  const bool is_synced = journal_ != nullptr && key_.bytes >= synced_alone_bytes_;
  if (is_synced) PANNIER_TRY(file_->sync());  // also what an earlier process wrote
  PANNIER_TRY(fs_.rename(paths_.part, paths_.whole));
  if (is_synced) {
    // The journal must not be gone before the file has its new name.
    PANNIER_TRY(fs_.sync_folder(paths_.folder));
    PANNIER_TRY(remove_if_there(fs_, paths_.journal));
  } else if (journal_) {
    leftover_journal_ = paths_.journal;
  }
  close();
  return {};
}

void PartFile::close() {
  file_.reset();
  journal_.reset();
  lock_.reset();
}

Status PartFile::discard() {
  const std::lock_guard<std::mutex> open_guard(open_mutex_);
  PANNIER_TRY(remove_if_there(fs_, paths_.part));
  PANNIER_TRY(remove_if_there(fs_, paths_.journal));
  close();
  return {};
}

Result<std::string> PartFile::beginning(uint64_t bytes_max) {
  std::string text(static_cast<size_t>(std::min(bytes_max, key_.bytes)), '\0');
  PANNIER_TRY(file_->read_at(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  return text;
}

}  // namespace pannier
