#include "carry/connected/download/download_journal.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "base/crc32c.h"

namespace pannier {
namespace {

constexpr size_t kHeadBytes = 64;
constexpr size_t kRecordBytes = 16;
constexpr uint64_t kSpareRecords = 65'536;
constexpr std::string_view kMagic = "PNRJRNL1";

void put(MutableByteSpan out, size_t offset, uint32_t value) {
  std::memcpy(out.data() + offset, &value, sizeof value);
}
void put(MutableByteSpan out, size_t offset, uint64_t value) {
  std::memcpy(out.data() + offset, &value, sizeof value);
}

std::array<uint8_t, kHeadBytes> make_head(uint64_t block_bytes, uint64_t bytes, const Digest& key_digest) {
  std::array<uint8_t, kHeadBytes> head{};
  std::memcpy(head.data(), kMagic.data(), kMagic.size());
  put(head, 8, block_bytes);
  put(head, 16, bytes);
  std::memcpy(head.data() + 24, key_digest.bytes.data(), key_digest.bytes.size());
  put(head, 60, crc32c(0, ByteSpan(head).first(60)));
  return head;
}

uint32_t record_crc(const Digest& key_digest, ByteSpan record) {
  return crc32c(crc32c(0, key_digest.bytes), record.first(12));
}

// All of the file that may be a journal; empty where it is too long for one.
Result<Bytes> read_journal(RandomAccessFile& file, uint64_t bytes) {
  PANNIER_ASSIGN(const uint64_t size, file.size());
  if (size < kHeadBytes) return Bytes();
  Bytes contents(kHeadBytes);
  PANNIER_TRY(file.read_at(0, contents));
  const auto block_bytes = read_le<uint64_t>(ByteSpan(contents).subspan(8));
  if (block_bytes == 0 || size > journal_bytes_max(bytes, block_bytes)) return Bytes();
  contents.resize(size);
  PANNIER_TRY(file.read_at(kHeadBytes, MutableByteSpan(contents).subspan(kHeadBytes)));
  return contents;
}

}  // namespace

uint32_t block_count_of(uint64_t bytes, uint64_t block_bytes) {
  assert(block_bytes > 0);
  const uint64_t count = bytes / block_bytes + (bytes % block_bytes != 0 ? 1 : 0);
  return static_cast<uint32_t>(std::min<uint64_t>(count, kDownloadBlocksMax + 1));
}

uint64_t journal_bytes_max(uint64_t bytes, uint64_t block_bytes) {
  return kHeadBytes + kRecordBytes * (4 * uint64_t{block_count_of(bytes, block_bytes)} + kSpareRecords);
}

std::optional<JournalContents> parse_journal(ByteSpan journal, const Digest& key_digest, uint64_t bytes) {
  if (journal.size() < kHeadBytes) return std::nullopt;
  JournalContents contents;
  contents.block_bytes = read_le<uint64_t>(journal.subspan(8));
  if (contents.block_bytes == 0) return std::nullopt;
  const auto expected = make_head(contents.block_bytes, bytes, key_digest);
  if (!std::equal(expected.begin(), expected.end(), journal.begin())) return std::nullopt;
  const uint32_t block_count = block_count_of(bytes, contents.block_bytes);
  if (block_count > kDownloadBlocksMax) return std::nullopt;
  if (journal.size() > journal_bytes_max(bytes, contents.block_bytes)) return std::nullopt;
  contents.crcs.resize(block_count);
  for (size_t at = kHeadBytes; at + kRecordBytes <= journal.size(); at += kRecordBytes) {
    const ByteSpan record = journal.subspan(at, kRecordBytes);
    const auto block = read_le<uint32_t>(record);
    if (block >= block_count || read_le<uint32_t>(record.subspan(8)) != 0) continue;
    if (read_le<uint32_t>(record.subspan(12)) != record_crc(key_digest, record)) continue;
    contents.crcs[block] = read_le<uint32_t>(record.subspan(4));
  }
  return contents;
}

DownloadJournal::DownloadJournal(std::unique_ptr<RandomAccessFile> file, const Digest& key_digest,
                                 JournalContents contents, uint64_t end)
    : file_(std::move(file)), key_digest_(key_digest), contents_(std::move(contents)), end_(end) {}

Result<std::unique_ptr<DownloadJournal>> DownloadJournal::open(FileSystem& fs, const File& file) {
  PANNIER_ASSIGN(std::unique_ptr<RandomAccessFile> opened, fs.open_or_create(file.path));
  PANNIER_ASSIGN(const Bytes found, read_journal(*opened, file.bytes));
  const Digest key_digest = sha256(file.key);
  std::optional<JournalContents> contents = parse_journal(found, key_digest, file.bytes);
  // A torn record at the end is overwritten: records keep their places.
  uint64_t end = found.size() - found.size() % kRecordBytes;
  if (!contents) {
    contents = JournalContents{file.block_bytes, {}};
    contents->crcs.resize(block_count_of(file.bytes, file.block_bytes));
    PANNIER_TRY(opened->resize(0));
    PANNIER_TRY(opened->write_at(0, make_head(file.block_bytes, file.bytes, key_digest)));
    end = kHeadBytes;
  }
  return std::unique_ptr<DownloadJournal>(
      new DownloadJournal(std::move(opened), key_digest, std::move(*contents), end));
}

Status DownloadJournal::append(uint32_t block, uint32_t crc) {
  std::array<uint8_t, kRecordBytes> record{};
  put(record, 0, block);
  put(record, 4, crc);
  put(record, 12, record_crc(key_digest_, record));
  const std::lock_guard<std::mutex> guard(mutex_);
  PANNIER_TRY(file_->write_at(end_, record));
  end_ += kRecordBytes;
  return {};
}

Status DownloadJournal::sync() { return file_->sync(); }

}  // namespace pannier
