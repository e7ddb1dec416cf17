// A lenient walk over a zip's central directory: whatever is odd is left out.
#include "format/pytorch_storages.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/limits.h"
#include "format/zip_records.h"

namespace pannier {
namespace {

using namespace zip_records;

constexpr uint64_t kDirectoryBytesMax = 32 * limits::kMiB;
constexpr uint64_t kPickleBytesMax = 16 * limits::kMiB;

struct Directory {
  uint64_t begin = 0;
  uint64_t bytes = 0;
};

struct StoredEntry {
  std::string name;
  uint64_t header = 0;  // where its local header begins
  uint64_t bytes = 0;
};

class StorageFinder {
 public:
  StorageFinder(uint64_t file_bytes, const std::function<Status(uint64_t, MutableByteSpan)>& read)
      : file_bytes_(file_bytes), read_(read) {}

  Result<std::vector<PytorchStorage>> run() {
    PANNIER_ASSIGN(const std::vector<StoredEntry> entries, read_entries());
    std::vector<PytorchStorage> storages;
    for (const StoredEntry& entry : entries) {
      const std::string_view name = entry.name;
      const size_t folder = name.find("/data/");
      if (name.ends_with("/data.pkl")) PANNIER_TRY(read_dtypes(entry));
      if (folder == std::string_view::npos || entry.bytes == 0) continue;
      PANNIER_ASSIGN(const uint64_t begin, begin_of(entry));
      if (begin == 0 || entry.bytes > file_bytes_ - begin) continue;
      storages.push_back({std::string(name.substr(folder + 6)), begin, begin + entry.bytes, std::nullopt});
    }
    return sorted(std::move(storages));
  }

 private:
  // Empty where [offset, offset + bytes) is not in the file.
  Result<Bytes> read(uint64_t offset, uint64_t bytes) {
    if (bytes > file_bytes_ || offset > file_bytes_ - bytes) return Bytes();
    Bytes out(bytes);
    PANNIER_TRY(read_(offset, out));
    return out;
  }

  Result<Directory> find_directory() {
    Directory directory;
    if (file_bytes_ < kEndBytes + kZip64LocatorBytes) return directory;
    PANNIER_ASSIGN(const Bytes end,
                   read(file_bytes_ - kEndBytes - kZip64LocatorBytes, kEndBytes + kZip64LocatorBytes));
    const ByteSpan record = ByteSpan(end).subspan(kZip64LocatorBytes);
    if (read_le<uint32_t>(record) != kEndSignature) return directory;
    directory = {read_le<uint32_t>(record.subspan(16)), read_le<uint32_t>(record.subspan(12))};
    if (read_le<uint32_t>(end) != kZip64LocatorSignature) return directory;
    PANNIER_ASSIGN(const Bytes wide, read(read_le<uint64_t>(ByteSpan(end).subspan(8)), kZip64EndBytes));
    if (wide.empty() || read_le<uint32_t>(wide) != kZip64EndSignature) return directory;
    return Directory{read_le<uint64_t>(ByteSpan(wide).subspan(48)),
                     read_le<uint64_t>(ByteSpan(wide).subspan(40))};
  }

  Result<std::vector<StoredEntry>> read_entries() {
    std::vector<StoredEntry> entries;
    PANNIER_ASSIGN(const Directory directory, find_directory());
    if (directory.bytes > kDirectoryBytesMax) return entries;
    PANNIER_ASSIGN(const Bytes bytes, read(directory.begin, directory.bytes));
    for (ByteSpan rest = bytes;
         rest.size() >= kCentralBytes && read_le<uint32_t>(rest) == kCentralSignature;) {
      const uint64_t name_bytes = read_le<uint16_t>(rest.subspan(28));
      const uint64_t extra_bytes = read_le<uint16_t>(rest.subspan(30));
      const uint64_t all = kCentralBytes + name_bytes + extra_bytes + read_le<uint16_t>(rest.subspan(32));
      if (all > rest.size()) break;
      StoredEntry entry;
      entry.name = as_text(rest.subspan(kCentralBytes, name_bytes));
      const bool is_stored = read_le<uint16_t>(rest.subspan(10)) == 0;
      if (is_stored && read_places(rest, rest.subspan(kCentralBytes + name_bytes, extra_bytes), entry)) {
        entries.push_back(std::move(entry));
      }
      rest = rest.subspan(all);
    }
    return entries;
  }

  // Size and place, which lie in the zip64 extra field where they are wide.
  static bool read_places(ByteSpan central, ByteSpan extra, StoredEntry& entry) {
    uint64_t unpacked = read_le<uint32_t>(central.subspan(24));
    entry.bytes = read_le<uint32_t>(central.subspan(20));
    entry.header = read_le<uint32_t>(central.subspan(42));
    ByteSpan wide;
    while (extra.size() >= 4 && extra.size() - 4 >= read_le<uint16_t>(extra.subspan(2))) {
      const uint64_t bytes = read_le<uint16_t>(extra.subspan(2));
      if (read_le<uint16_t>(extra) == kZip64Extra) wide = extra.subspan(4, bytes);
      extra = extra.subspan(4 + bytes);
    }
    for (uint64_t* value : {&unpacked, &entry.bytes, &entry.header}) {
      if (*value != kInZip64Extra) continue;
      if (wide.size() < 8) return false;
      *value = read_le<uint64_t>(wide);
      wide = wide.subspan(8);
    }
    return true;
  }

  // 0 where there is no such entry.
  Result<uint64_t> begin_of(const StoredEntry& entry) {
    PANNIER_ASSIGN(const Bytes local, read(entry.header, kLocalBytes));
    if (local.empty() || read_le<uint32_t>(local) != kLocalSignature) return uint64_t{0};
    const uint64_t begin = entry.header + kLocalBytes + read_le<uint16_t>(ByteSpan(local).subspan(26)) +
                           read_le<uint16_t>(ByteSpan(local).subspan(28));
    return begin <= file_bytes_ ? begin : 0;
  }

  Status read_dtypes(const StoredEntry& entry) {
    if (entry.bytes > kPickleBytesMax) return {};
    PANNIER_ASSIGN(const uint64_t begin, begin_of(entry));
    PANNIER_ASSIGN(const Bytes bytes, read(begin, entry.bytes));
    const Result<Pickle> pickle = read_pickle(bytes, 0, "data.pkl");
    if (!pickle.ok()) return {};  // another program's pickle: what it describes is measured instead
    for (const PickledStorage& storage : pickle->storages) dtypes_[storage.key] = storage.dtype;
    return {};
  }

  std::vector<PytorchStorage> sorted(std::vector<PytorchStorage> storages) const {
    std::sort(storages.begin(), storages.end(),
              [](const PytorchStorage& a, const PytorchStorage& b) { return a.begin < b.begin; });
    std::vector<PytorchStorage> apart;
    for (PytorchStorage& storage : storages) {
      if (!apart.empty() && storage.begin < apart.back().end) continue;
      const auto found = dtypes_.find(storage.key);
      if (found != dtypes_.end()) storage.dtype = found->second;
      apart.push_back(std::move(storage));
    }
    return apart;
  }

  uint64_t file_bytes_;
  const std::function<Status(uint64_t, MutableByteSpan)>& read_;
  std::map<std::string, TorchDtype> dtypes_;
};

}  // namespace

Result<std::vector<PytorchStorage>> find_pytorch_storages(
    uint64_t file_bytes, const std::function<Status(uint64_t offset, MutableByteSpan out)>& read) {
  return StorageFinder(file_bytes, read).run();
}

}  // namespace pannier
