// torch.save's legacy format: see pytorch_legacy.h.
#include "format/pytorch_legacy.h"

#include <unordered_map>

#include "base/display.h"

namespace pannier {
namespace {

// 0x1950a86a20f9469cfc6c, as a pickle spells it.
constexpr std::string_view kMagicNumber("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t kFormatVersion = 1001;
constexpr uint64_t kCountBytes = 8;
constexpr uint8_t kProto = 0x80;

constexpr const char* kHint =
    "the file is damaged, was cut short or was tampered with; fetch it again and compare its SHA-256";

class LegacyParser {
 public:
  LegacyParser(ByteSpan file, std::string_view what) : file_(file), what_(what) {}

  Result<std::vector<PytorchTensor>> parse() {
    PANNIER_TRY(check_magic_number());
    PANNIER_TRY(check_format_version());
    PANNIER_TRY(check_machine());
    PANNIER_ASSIGN(const Pickle pickle, next_pickle());
    PANNIER_ASSIGN(const Pickle keys, next_pickle());
    PANNIER_ASSIGN(const std::vector<uint64_t> begins, place_storages(pickle, keys));
    return tensors_of(pickle, begins, what_);
  }

 private:
  Result<Pickle> next_pickle() {
    PANNIER_ASSIGN(Pickle pickle, read_pickle(file_.subspan(position_), position_, what_));
    position_ += pickle.bytes;
    return pickle;
  }

  Status check_magic_number() {
    PANNIER_ASSIGN(const Pickle magic, next_pickle());
    const PickleValue& value = magic.root_value();
    if (value.type == PickleType::kLong && value.text == kMagicNumber) return {};
    return Error{ErrorKind::kUnsupported,
                 at(0) + "a pickle, but not one that torch.save made: its magic number is missing",
                 "get the model as model.safetensors"};
  }

  Status check_format_version() {
    const uint64_t offset = position_;
    PANNIER_ASSIGN(const Pickle version, next_pickle());
    const PickleValue& value = version.root_value();
    if (value.type == PickleType::kInteger && value.integer == kFormatVersion) return {};
    return Error{ErrorKind::kUnsupported,
                 at(offset) + "a version of the format other than " + std::to_string(kFormatVersion),
                 "get the model as model.safetensors"};
  }

  Status check_machine() {
    const uint64_t offset = position_;
    PANNIER_ASSIGN(const Pickle machine, next_pickle());
    const PickleValue& root = machine.root_value();
    if (root.type != PickleType::kDict) return corrupt(offset, "the facts about the machine are no dict");
    const PickleValue* little_endian = nullptr;
    const std::vector<uint32_t>& items = machine.items_of(root);
    for (size_t i = 0; i < items.size(); i += 2) {
      const PickleValue& key = machine.values[items[i]];
      if (key.type != PickleType::kText || key.text != "little_endian") continue;
      if (little_endian != nullptr) return corrupt(offset, "'little_endian' comes twice");
      little_endian = &machine.values[items[i + 1]];
    }
    if (little_endian == nullptr || little_endian->type != PickleType::kBool) {
      return corrupt(offset, "the facts about the machine do not tell 'little_endian'");
    }
    if (little_endian->boolean) return {};
    return Error{ErrorKind::kUnsupported, at(offset) + "the numbers are big-endian",
                 "load and save it again with PyTorch, or get the model as model.safetensors"};
  }

  // Where each of the pickle's storages begins: they follow in the order of `keys`, each key once.
  Result<std::vector<uint64_t>> place_storages(const Pickle& pickle, const Pickle& keys) {
    const PickleValue& list = keys.root_value();
    if (list.type != PickleType::kList) return corrupt(keys.base, "the storages' keys are no list");
    std::unordered_map<std::string_view, size_t> unplaced;
    for (size_t i = 0; i < pickle.storages.size(); ++i) unplaced.emplace(pickle.storages[i].key, i);
    std::vector<uint64_t> begins(pickle.storages.size());
    for (const uint32_t item : keys.items_of(list)) {
      const PickleValue& key = keys.values[item];
      const uint64_t offset = keys.base + key.offset;
      if (key.type != PickleType::kText) return corrupt(offset, "a storage's key is no text");
      const auto found = unplaced.find(key.text);
      if (found == unplaced.end()) {
        return corrupt(offset,
                       "storage '" + for_message(key.text) + "' comes twice, or no tensor knows of it");
      }
      PANNIER_ASSIGN(begins[found->second], take_storage(pickle.storages[found->second]));
      unplaced.erase(found);
    }
    if (!unplaced.empty()) {
      return corrupt(keys.base, "storage '" + for_message(unplaced.begin()->first) + "' is not in the file");
    }
    if (position_ != file_.size()) {
      return corrupt(position_,
                     std::to_string(file_.size() - position_) + " bytes follow that belong to no storage");
    }
    return begins;
  }

  Result<uint64_t> take_storage(const PickledStorage& storage) {
    const std::string name = "storage '" + for_message(storage.key) + "': ";
    if (file_.size() - position_ < kCountBytes) {
      return corrupt(position_, name + "the file ends before its count of elements");
    }
    const auto elements = read_le<uint64_t>(file_.subspan(position_));
    if (elements != storage.elements) {
      return corrupt(position_, name + std::to_string(elements) + " elements; the pickle says " +
                                    std::to_string(storage.elements));
    }
    const uint64_t begin = position_ + kCountBytes;
    if (storage.bytes() > file_.size() - begin) {
      return corrupt(begin, name + "it has " + std::to_string(storage.bytes()) + " bytes, but only " +
                                std::to_string(file_.size() - begin) + " follow");
    }
    position_ = begin + storage.bytes();
    return begin;
  }

  std::string at(uint64_t offset) const {
    return std::string(what_) + " at byte " + std::to_string(offset) + ": ";
  }
  Error corrupt(uint64_t offset, const std::string& reason) const {
    return {ErrorKind::kCorrupt, at(offset) + reason, kHint};
  }

  ByteSpan file_;
  std::string_view what_;
  uint64_t position_ = 0;
};

}  // namespace

bool looks_like_pytorch_legacy(ByteSpan file) { return file.size() >= 2 && file[0] == kProto; }

Result<std::vector<PytorchTensor>> parse_pytorch_legacy(ByteSpan file, std::string_view what) {
  return LegacyParser(file, what).parse();
}

}  // namespace pannier
