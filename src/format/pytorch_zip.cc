// torch.save's zip format: see pytorch_zip.h.
#include "format/pytorch_zip.h"

#include <map>

#include "base/display.h"
#include "base/limits.h"
#include "format/zip_index.h"

namespace pannier {
namespace {

constexpr std::string_view kPickleName = "data.pkl";
constexpr std::string_view kStorageFolder = "data/";
constexpr uint64_t kSmallEntryBytesMax = 64;
constexpr int kVersionMax = 10;  // of torch's container; 3 is what is written today

constexpr const char* kHint =
    "the file is damaged or was tampered with; fetch it again and compare its SHA-256";
constexpr const char* kUnsupportedHint =
    "load the model with transformers where Python is at hand, and save_pretrained() it: that writes "
    "model.safetensors";

class PytorchZipParser {
 public:
  PytorchZipParser(ByteSpan file, std::string_view what) : file_(file), what_(what) {}

  Result<std::vector<PytorchTensor>> parse() {
    PANNIER_ASSIGN(index_, parse_zip(file_, what_));
    PANNIER_TRY(sort_entries());
    PANNIER_TRY(check_kind());
    PANNIER_TRY(check_version());
    PANNIER_TRY(check_byte_order());
    const ZipEntry& entry = *entries_.at(kPickleName);
    PANNIER_TRY(check_crc(entry));
    PANNIER_ASSIGN(const Pickle pickle, read_pickle(bytes_of(entry), entry.begin, what_));
    if (pickle.bytes != entry.end - entry.begin) {
      return corrupt(entry.begin + pickle.bytes, std::to_string(entry.end - entry.begin - pickle.bytes) +
                                                     " bytes follow the pickle's STOP");
    }
    PANNIER_ASSIGN(const std::vector<uint64_t> begins, place_storages(pickle));
    return tensors_of(pickle, begins, what_);
  }

 private:
  // All entries lie in one folder, whose name is of no importance: entries_ is by the rest of the name.
  Status sort_entries() {
    std::string_view folder;
    for (const ZipEntry& entry : index_.entries) {
      const std::string_view name = entry.name;
      const size_t slash = name.find('/');
      if (slash == std::string_view::npos) {
        return unsupported(entry.header, "entry '" + for_message(name) +
                                             "' lies in no folder; torch.save puts all "
                                             "of them into one");
      }
      if (folder.empty()) folder = name.substr(0, slash);
      if (name.substr(0, slash) != folder) {
        return unsupported(entry.header, "entry '" + for_message(name) + "' lies outside the folder '" +
                                             for_message(folder) + "', where the others are");
      }
      entries_[name.substr(slash + 1)] = &entry;
    }
    return {};
  }

  Status check_kind() const {
    const auto code = entries_.lower_bound("code/");
    if (entries_.count("constants.pkl") != 0 ||
        (code != entries_.end() && code->first.starts_with("code/"))) {
      return unsupported(0, "a TorchScript program, not a file of tensors");
    }
    if (entries_.count(kPickleName) == 0) {
      return unsupported(0, "a zip archive without data.pkl, so not made by torch.save");
    }
    return {};
  }

  Status check_version() const {
    auto found = entries_.find("version");
    if (found == entries_.end()) found = entries_.find(".data/version");
    if (found == entries_.end()) return corrupt(0, "the archive lacks its entry 'version'");
    PANNIER_ASSIGN(std::string_view text, small_text(*found->second));
    const uint64_t begin = found->second->begin;
    if (text.ends_with('\n')) text.remove_suffix(1);
    int version = 0;
    for (const char digit : text) {
      if (digit < '0' || digit > '9' || version > kVersionMax) return unknown_version(begin, text);
      version = version * 10 + (digit - '0');
    }
    if (version < 1 || version > kVersionMax) return unknown_version(begin, text);
    return {};
  }
  Error unknown_version(uint64_t offset, std::string_view text) const {
    return unsupported(offset, "version '" + for_message(text) + "' of PyTorch's container; 1 to " +
                                   std::to_string(kVersionMax) + " are read");
  }

  Status check_byte_order() const {
    const auto found = entries_.find("byteorder");
    if (found == entries_.end()) return {};  // before PyTorch 2.1 there was no such entry
    PANNIER_ASSIGN(const std::string_view order, small_text(*found->second));
    if (order == "little") return {};
    if (order == "big") return unsupported(found->second->begin, "the numbers are big-endian");
    return corrupt(found->second->begin, "byte order '" + for_message(order) + "'");
  }

  Result<std::string_view> small_text(const ZipEntry& entry) const {
    if (entry.end - entry.begin > kSmallEntryBytesMax) {
      return corrupt(entry.begin, "entry '" + for_message(entry.name) + "' has " +
                                      std::to_string(entry.end - entry.begin) + " bytes; a few are expected");
    }
    PANNIER_TRY(check_crc(entry));
    return as_text(bytes_of(entry));
  }

  // Each storage the pickle mentions has an entry of the right size, and each entry a storage.
  Result<std::vector<uint64_t>> place_storages(const Pickle& pickle) const {
    std::vector<uint64_t> begins;
    begins.reserve(pickle.storages.size());
    for (const PickledStorage& storage : pickle.storages) {
      const auto found = entries_.find(std::string(kStorageFolder) + storage.key);
      if (found == entries_.end()) {
        return corrupt(pickle.base + storage.offset,
                       "storage '" + for_message(storage.key) + "' has no entry in the archive");
      }
      const ZipEntry& entry = *found->second;
      if (entry.end - entry.begin != storage.bytes()) {
        return corrupt(entry.begin, "entry '" + for_message(entry.name) + "' has " +
                                        std::to_string(entry.end - entry.begin) + " bytes; the pickle says " +
                                        std::to_string(storage.bytes()) + " (" +
                                        std::to_string(storage.elements) + " " +
                                        std::string(torch_dtype_name(storage.dtype)) + ")");
      }
      begins.push_back(entry.begin);
    }
    // Keys are distinct, so equal counts mean that no entry is left over.
    size_t stored = 0;
    for (auto entry = entries_.lower_bound(kStorageFolder);
         entry != entries_.end() && entry->first.starts_with(kStorageFolder); ++entry) {
      ++stored;
    }
    if (stored != begins.size()) {
      return corrupt(pickle.base, std::to_string(stored) + " storages lie in the archive; the pickle knows " +
                                      std::to_string(begins.size()));
    }
    return begins;
  }

  ByteSpan bytes_of(const ZipEntry& entry) const {
    return file_.subspan(entry.begin, entry.end - entry.begin);
  }
  Status check_crc(const ZipEntry& entry) const {
    if (entry.end - entry.begin > limits::kPickleBytesMax) {
      return Error{ErrorKind::kLimit,
                   at(entry.begin) + "entry '" + for_message(entry.name) + "' has " +
                       std::to_string(entry.end - entry.begin) + " bytes; at most " +
                       std::to_string(limits::kPickleBytesMax) + " are read",
                   kHint};
    }
    if (zip_crc32(bytes_of(entry)) != entry.crc32) {
      return corrupt(entry.begin, "entry '" + for_message(entry.name) + "' does not have its checksum");
    }
    return {};
  }
  std::string at(uint64_t offset) const {
    return std::string(what_) + " at byte " + std::to_string(offset) + ": ";
  }
  Error corrupt(uint64_t offset, const std::string& reason) const {
    return {ErrorKind::kCorrupt, at(offset) + reason, kHint};
  }
  Error unsupported(uint64_t offset, const std::string& reason) const {
    return {ErrorKind::kUnsupported, at(offset) + reason, kUnsupportedHint};
  }

  ByteSpan file_;
  std::string_view what_;
  ZipIndex index_;
  std::map<std::string_view, const ZipEntry*, std::less<>> entries_;
};

}  // namespace

Result<std::vector<PytorchTensor>> parse_pytorch_zip(ByteSpan file, std::string_view what) {
  return PytorchZipParser(file, what).parse();
}

}  // namespace pannier
