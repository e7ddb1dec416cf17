#include "carry/connected/download/known_digests.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/crc32c.h"

namespace pannier {
namespace {

constexpr size_t kRecordBytes = 64;
constexpr uint64_t kRecordsMax = 100'000;
constexpr uint64_t kRecordsAtOnce = 4096;
constexpr uint64_t kLockNumber = (uint64_t{1} << 62) - 1;

using Record = std::array<uint8_t, kRecordBytes>;

std::string path_in(const std::string& folder) { return folder + "/known-digests"; }

uint32_t crc_of(ByteSpan record) { return crc32c(0, record.first(60)); }

Record make_record(const Sha1& git_blob, uint64_t bytes, const Digest& sha256) {
  Record record{};
  std::memcpy(record.data(), git_blob.bytes.data(), git_blob.bytes.size());
  std::memcpy(record.data() + 20, &bytes, sizeof bytes);
  std::memcpy(record.data() + 28, sha256.bytes.data(), sha256.bytes.size());
  const uint32_t crc = crc_of(record);
  std::memcpy(record.data() + 60, &crc, sizeof crc);
  return record;
}

}  // namespace

Result<std::unique_ptr<KnownDigests>> KnownDigests::load(FileSystem& fs, const std::string& folder) {
  std::unique_ptr<KnownDigests> known(new KnownDigests(fs, folder));
  PANNIER_TRY(known->read());
  return known;
}

Status KnownDigests::read() {
  auto opened = fs_.open(path_in(folder_));
  if (!opened.ok() && opened.error().kind == ErrorKind::kNotFound) return {};
  if (!opened.ok()) return std::move(opened).error();
  const std::unique_ptr<ReadableFile> file = std::move(opened).value();
  const uint64_t count = file->size() / kRecordBytes;
  Bytes buffer;
  // The newest ones where there are too many.
  for (uint64_t at = count - std::min(count, kRecordsMax); at < count; at += kRecordsAtOnce) {
    buffer.resize(static_cast<size_t>(std::min(kRecordsAtOnce, count - at) * kRecordBytes));
    PANNIER_TRY(file->read_at(at * kRecordBytes, buffer));
    for (size_t offset = 0; offset < buffer.size(); offset += kRecordBytes) {
      const ByteSpan record = ByteSpan(buffer).subspan(offset, kRecordBytes);
      if (read_le<uint32_t>(record.subspan(60)) != crc_of(record)) continue;
      Sha1 git_blob;
      Digest sha256;
      std::memcpy(git_blob.bytes.data(), record.data(), git_blob.bytes.size());
      std::memcpy(sha256.bytes.data(), record.data() + 28, sha256.bytes.size());
      digests_[{git_blob, read_le<uint64_t>(record.subspan(20))}] = sha256;
    }
  }
  return {};
}

std::optional<Digest> KnownDigests::known_digest(const UpstreamId& id, uint64_t bytes) const {
  if (id.sha256) return id.sha256;
  if (!id.git_blob) return std::nullopt;
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = digests_.find({*id.git_blob, bytes});
  if (found == digests_.end()) return std::nullopt;
  return found->second;
}

Status KnownDigests::add(const Sha1& git_blob, uint64_t bytes, const Digest& sha256) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto [entry, is_new] = digests_.try_emplace({git_blob, bytes}, sha256);
  if (!is_new && entry->second == sha256) return {};
  entry->second = sha256;
  return append(git_blob, bytes, sha256);
}

Status KnownDigests::append(const Sha1& git_blob, uint64_t bytes, const Digest& sha256) {
  PANNIER_ASSIGN(const std::unique_ptr<FileLock> lock, fs_.try_lock_number(folder_ + "/locks", kLockNumber));
  if (lock == nullptr) return {};  // another process writes just now; a record that is not kept costs a fetch
  PANNIER_ASSIGN(const std::unique_ptr<RandomAccessFile> file, fs_.open_or_create(path_in(folder_)));
  PANNIER_ASSIGN(const uint64_t size, file->size());
  const uint64_t end = size - size % kRecordBytes;
  if (end / kRecordBytes >= 2 * kRecordsMax) PANNIER_TRY(file->resize(0));
  return file->write_at(end / kRecordBytes >= 2 * kRecordsMax ? 0 : end,
                        make_record(git_blob, bytes, sha256));
}

}  // namespace pannier
