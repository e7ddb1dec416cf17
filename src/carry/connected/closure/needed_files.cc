#include "carry/connected/closure/needed_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/display.h"
#include "carry/connected/closure/file_globs.h"
#include "carry/connected/closure/weight_formats.h"

namespace pannier {
namespace {

// The weights of one name in one format: a single file, or shards and their index, or both.
struct WeightSet {
  std::string single;
  std::string index;
  std::map<uint32_t, std::set<uint32_t>> shards;  // how many there should be -> which there are
  uint64_t bytes = 0;

  bool has_all_shards() const {
    if (index.empty()) return false;
    return std::any_of(shards.begin(), shards.end(),
                       [](const auto& group) { return group.second.size() == group.first; });
  }
  bool is_complete() const { return !single.empty() || has_all_shards(); }
  const std::string& shown() const { return single.empty() ? index : single; }
};

struct SetKey {
  std::string folder;
  std::string stem;
  std::string variant;
  WeightFormat format;
  auto operator<=>(const SetKey&) const = default;
};

class NeededFiles {
 public:
  explicit NeededFiles(const std::vector<SnapshotFile>& files) {
    for (const SnapshotFile& file : files) add(file);
    for (const auto& [key, set] : sets_) note_kept(key, set);
  }

  // Why the file is left out; empty where it is taken.
  std::string reason(const SnapshotFile& file) const {
    const WeightFile weights = classify_weight_file(file.path);
    switch (weights.format) {
      case WeightFormat::kNone:
        return "";
      case WeightFormat::kSafetensors:
      case WeightFormat::kPytorch:
        return native_reason(weights, file);
      default:
        return foreign_reason(weights);
    }
  }

 private:
  void add(const SnapshotFile& file) {
    if (file.path == "model_index.json") is_diffusers_ = true;
    const WeightFile weights = classify_weight_file(file.path);
    if (weights.format != WeightFormat::kSafetensors && weights.format != WeightFormat::kPytorch) return;
    WeightSet& set = sets_[{weights.folder, weights.stem, weights.variant, weights.format}];
    if (weights.is_index) {
      set.index = file.path;
    } else if (weights.shard != 0) {
      set.shards[weights.shards].insert(weights.shard);
      set.bytes += file.bytes;
    } else {
      // model.pt beside pytorch_model.bin: the one that libraries look for stands for both.
      if (set.single.empty() || file.path.ends_with(".bin")) set.single = file.path;
      set.bytes += file.bytes;
    }
  }

  void note_kept(const SetKey& key, const WeightSet& set) {
    if (!set.is_complete() || !key.variant.empty()) return;
    any_kept_.try_emplace(key.folder, set.shown());
    if (key.stem != "model" && key.stem != "diffusion_pytorch_model") return;
    whole_kept_.try_emplace(key.folder, set.shown());
    if (!is_diffusers_ || key.folder.empty()) return;
    // The components of a pipeline together are what its root stands for.
    whole_kept_.try_emplace("", "model_index.json");
    largest_component_bytes_ = std::max(largest_component_bytes_, set.bytes);
  }

  // The set of that name, where it is complete.
  const WeightSet* complete(const WeightFile& weights, std::string_view variant, WeightFormat format) const {
    const auto place = sets_.find({weights.folder, weights.stem, std::string(variant), format});
    return place != sets_.end() && place->second.is_complete() ? &place->second : nullptr;
  }

  std::string native_reason(const WeightFile& weights, const SnapshotFile& file) const {
    if (!weights.variant.empty()) {
      for (const WeightFormat format : {WeightFormat::kSafetensors, WeightFormat::kPytorch}) {
        const WeightSet* plain = complete(weights, "", format);
        if (plain != nullptr) {
          return fmt::format("the {} variant; {} is taken", for_message(weights.variant), plain->shown());
        }
      }
    }
    if (weights.format == WeightFormat::kPytorch) {
      const WeightSet* safe = complete(weights, weights.variant, WeightFormat::kSafetensors);
      if (safe != nullptr) return fmt::format("PyTorch weights; {} is taken", safe->shown());
    }
    const WeightSet* own = complete(weights, weights.variant, weights.format);
    if (own != nullptr && !own->single.empty() && file.path != own->single) {
      return fmt::format("the same weights once more; {} is taken", own->single);
    }
    return whole_pipeline_reason(weights, file);
  }

  // A checkpoint of everything beside the components: at least the largest of them is in it, at half of
  // its precision. What is smaller is something else, such as an adapter.
  std::string whole_pipeline_reason(const WeightFile& weights, const SnapshotFile& file) const {
    if (!weights.folder.empty() || weights.is_whole_model() || largest_component_bytes_ == 0) return "";
    if (file.bytes < largest_component_bytes_ / 2) return "";
    return "the whole pipeline in one file; the components that model_index.json names are taken";
  }

  // Left out only where weights that are taken lie in the same folder or above it.
  std::string foreign_reason(const WeightFile& weights) const {
    const auto& kept = weights.format == WeightFormat::kTraining ? any_kept_ : whole_kept_;
    std::string folder = weights.folder;
    while (true) {
      if (const auto place = kept.find(folder); place != kept.end()) {
        return fmt::format("{}; {} is taken", weight_format_name(weights.format), place->second);
      }
      if (folder.empty()) return "";
      const size_t slash = folder.rfind('/');
      folder = slash == std::string::npos ? "" : folder.substr(0, slash);
    }
  }

  std::map<SetKey, WeightSet> sets_;
  std::map<std::string, std::string> any_kept_;    // folder -> the file to name
  std::map<std::string, std::string> whole_kept_;  // the same, without adapters and unknown names
  uint64_t largest_component_bytes_ = 0;
  bool is_diffusers_ = false;
};

std::string pattern_reason(const FileSelection& selection, const std::string& path) {
  if (!selection.include.empty() && first_match(selection.include, path) == nullptr)
    return "not in --include";
  if (const std::string* pattern = first_match(selection.exclude, path)) {
    return fmt::format("--exclude '{}'", for_message(*pattern));
  }
  return "";
}

// A script that names a file which is not taken fails far from here, so it is said now.
void remark_on_pytorch(Snapshot& snapshot) {
  const auto place =
      std::find_if(snapshot.left_out.begin(), snapshot.left_out.end(), [](const LeftOutFile& file) {
        return file.path.ends_with("pytorch_model.bin") && file.reason.starts_with("PyTorch weights");
      });
  if (place == snapshot.left_out.end()) return;
  snapshot.warnings.push_back(
      fmt::format("{} was left out ({}): a script that asks for it by name needs --files all", place->path,
                  place->reason));
}

}  // namespace

Status select_files(Snapshot& snapshot, const FileSelection& selection) {
  std::vector<SnapshotFile> matching;
  for (SnapshotFile& file : snapshot.files) {
    if (std::string reason = pattern_reason(selection, file.path); !reason.empty()) {
      snapshot.left_out.push_back({file.path, file.bytes, std::move(reason)});
    } else {
      matching.push_back(std::move(file));
    }
  }
  const bool had_files = !snapshot.files.empty();
  snapshot.files.clear();
  if (matching.empty() && had_files) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("--include and --exclude leave nothing of {}", for_message(snapshot.name)),
                 "patterns are of the whole path, and '*' also matches '/': --include '*.json'"};
  }
  const bool takes_all = selection.choice == FileChoice::kAll || !selection.include.empty() ||
                         snapshot.ref.repo_type == RepoType::kDataset;
  const NeededFiles needed(takes_all ? std::vector<SnapshotFile>() : matching);
  for (SnapshotFile& file : matching) {
    std::string reason = takes_all ? "" : needed.reason(file);
    if (reason.empty()) {
      snapshot.files.push_back(std::move(file));
    } else {
      snapshot.left_out.push_back({file.path, file.bytes, std::move(reason)});
    }
  }
  std::sort(snapshot.left_out.begin(), snapshot.left_out.end(),
            [](const LeftOutFile& a, const LeftOutFile& b) { return a.path < b.path; });
  remark_on_pytorch(snapshot);
  return {};
}

}  // namespace pannier
