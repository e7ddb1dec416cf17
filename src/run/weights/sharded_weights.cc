// Shards as one Weights: see sharded_weights.h.
#include "run/weights/sharded_weights.h"

#include <map>
#include <optional>
#include <utility>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "run/weights/pytorch_weights.h"
#include "run/weights/safetensors_weights.h"

namespace pannier {
namespace {

constexpr std::string_view kIndexSuffix = ".index.json";
constexpr std::string_view kSafetensorsSuffix = ".safetensors";
constexpr size_t kNamesShown = 5;

constexpr const char* kHint =
    "index and shards are of different models, or one of them is damaged; fetch all of "
    "them from one place";

// A few of many names, for one message.
class NameList {
 public:
  void add(const std::string& name) {
    if (++count_ <= kNamesShown) shown_ += (shown_.empty() ? "" : ", ") + name;
  }
  bool empty() const { return count_ == 0; }
  std::string text() const {
    return count_ <= kNamesShown ? shown_ : shown_ + " and " + std::to_string(count_ - kNamesShown) + " more";
  }

 private:
  size_t count_ = 0;
  std::string shown_;
};

// Tensor name -> shard name, as the index says.
using WeightMap = std::map<std::string, std::string, std::less<>>;

Result<WeightMap> read_weight_map(const ModelFiles& files, const std::string& index) {
  PANNIER_ASSIGN(const std::unique_ptr<FileView> view, files.open(index));
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(as_text(view->bytes()), index));
  PANNIER_ASSIGN(const JsonValue entries, JsonReader(document.root(), index).object("weight_map"));
  const std::string extension = index.substr(0, index.size() - kIndexSuffix.size());
  const std::string_view suffix =
      extension.ends_with(kSafetensorsSuffix) ? kSafetensorsSuffix : std::string_view(".bin");
  if (entries.size() > limits::kTensorsMax) {
    return Error{ErrorKind::kLimit,
                 index + ": " + std::to_string(entries.size()) + " tensors; at most " +
                     std::to_string(limits::kTensorsMax) + " are read",
                 kHint};
  }
  WeightMap map;
  for (auto [name, value] : entries.members()) {
    const std::string where = index + ": tensor '" + for_message(name) + "': ";
    const std::optional<std::string_view> shard = value.as_string();
    if (!shard) return Error{ErrorKind::kCorrupt, where + "its shard is no text", kHint};
    auto path = SafePath::parse(*shard);
    if (!path.ok()) return Error{ErrorKind::kCorrupt, where + path.error().message, kHint};
    if (!shard->ends_with(suffix)) {
      return Error{ErrorKind::kUnsupported,
                   where + "its shard '" + for_message(*shard) + "' is no *" + std::string(suffix) + " file",
                   kHint};
    }
    map.emplace(name, path->text());
  }
  return map;
}

class ShardedWeights : public Weights {
 public:
  explicit ShardedWeights(std::string index) : index_(std::move(index)) {}

  Status open(const ModelFiles& files) {
    PANNIER_ASSIGN(const WeightMap map, read_weight_map(files, index_));
    PANNIER_TRY(find_shards(files, map));
    for (auto& [name, shard] : shards_) {
      PANNIER_ASSIGN(shard, name.ends_with(kSafetensorsSuffix) ? open_safetensors(files, name)
                                                               : open_pytorch(files, name));
    }
    PANNIER_TRY(check_shards(map));
    return check_map(map);
  }

  const StoredTensor* find(std::string_view name) const override {
    const auto found = owners_.find(name);
    return found == owners_.end() ? nullptr : found->second->second->find(name);
  }
  std::vector<std::string_view> names() const override {
    std::vector<std::string_view> names;
    names.reserve(owners_.size());
    for (const auto& [name, shard] : owners_) names.push_back(name);
    return names;
  }
  const std::string& file_of(std::string_view name) const override {
    const auto found = owners_.find(name);
    return found == owners_.end() ? index_ : found->second->first;
  }
  void release(ByteSpan tensor) const override {
    for (const auto& [name, shard] : shards_) shard->release(tensor);  // only its own does anything
  }

 private:
  using Shards = std::map<std::string, std::unique_ptr<Weights>>;

  Status find_shards(const ModelFiles& files, const WeightMap& map) {
    for (const auto& [tensor, shard] : map) shards_.try_emplace(shard);
    if (shards_.size() > limits::kWeightShardsMax) {
      return Error{ErrorKind::kLimit,
                   index_ + ": " + std::to_string(shards_.size()) + " shards; at most " +
                       std::to_string(limits::kWeightShardsMax) + " are read",
                   kHint};
    }
    // All of them, however many: each has to be fetched.
    std::string missing;
    size_t count = 0;
    for (const auto& [name, shard] : shards_) {
      if (files.has(name)) continue;
      missing += (missing.empty() ? "" : ", ") + name;
      ++count;
    }
    if (count == 0) return {};
    return Error{ErrorKind::kIncomplete,
                 files.label() + " lacks " + std::to_string(count) + " of the " +
                     std::to_string(shards_.size()) + " shards that " + index_ + " names: " + missing,
                 "fetch the missing shards from where the model came from, into the same folder"};
  }

  // That each tensor of a shard is of this shard, and of no other.
  Status check_shards(const WeightMap& map) {
    NameList twice;
    NameList unknown;
    NameList elsewhere;
    for (auto shard = shards_.begin(); shard != shards_.end(); ++shard) {
      for (const std::string_view name : shard->second->names()) {
        const std::string shown = "'" + for_message(name) + "' (" + shard->first + ")";
        const auto mapped = map.find(name);
        if (mapped == map.end()) {
          unknown.add(shown);
        } else if (!owners_.emplace(name, shard).second) {
          twice.add(shown);
        } else if (mapped->second != shard->first) {
          elsewhere.add(shown);
        }
      }
    }
    if (!twice.empty()) return corrupt("tensors that another shard holds too: " + twice.text());
    if (!elsewhere.empty())
      return corrupt("tensors that are in another shard than it says: " + elsewhere.text());
    if (!unknown.empty()) return corrupt("tensors in the shards that it does not name: " + unknown.text());
    return {};
  }

  // That each tensor of the index is somewhere.
  Status check_map(const WeightMap& map) const {
    NameList missing;
    for (const auto& [name, shard] : map) {
      if (owners_.count(name) == 0) missing.add("'" + for_message(name) + "' (" + shard + ")");
    }
    if (missing.empty()) return {};
    return corrupt("tensors that it names and their shards lack: " + missing.text());
  }

  Error corrupt(const std::string& reason) const {
    return {ErrorKind::kCorrupt, index_ + ": " + reason, kHint};
  }

  std::string index_;
  Shards shards_;
  std::map<std::string, Shards::iterator, std::less<>> owners_;
};

}  // namespace

Result<std::unique_ptr<Weights>> open_sharded(const ModelFiles& files, const std::string& index) {
  auto weights = std::make_unique<ShardedWeights>(index);
  PANNIER_TRY(weights->open(files));
  return std::unique_ptr<Weights>(std::move(weights));
}

}  // namespace pannier
