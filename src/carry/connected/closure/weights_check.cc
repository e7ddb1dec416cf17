// Whether weights are whole: every shard that an index names, and an index for every set of shards.
#include <fmt/core.h>

#include <map>
#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "carry/connected/closure/closure_checks.h"
#include "carry/connected/closure/weight_formats.h"

namespace pannier {
namespace {

constexpr std::string_view kIncomplete = "the weights are not whole without it, and loading fails";

void check_index(RepositoryView& view, const std::string& path, const std::string& folder) {
  const JsonValue root = view.json(path);
  if (!root.exists()) return;
  const JsonValue map = root["weight_map"];
  if (!map.is_object()) {
    view.remark(path + " has no \"weight_map\": it is no index of shards", path, Severity::kError);
    return;
  }
  std::set<std::string_view> shards;
  for (const auto [tensor, shard] : map.members()) {
    const auto name = shard.as_string();
    if (!name) {
      view.remark(fmt::format("{}: tensor \"{}\" has no file", path, for_message(tensor)), path,
                  Severity::kError);
      return;
    }
    if (shards.size() < limits::kWeightShardsMax) shards.insert(*name);
  }
  for (const std::string_view name : shards) {
    const std::string shard = joined_path(folder, name);
    if (!SafePath::parse(shard).ok()) {
      view.remark(fmt::format("{} names a shard outside of the repository: \"{}\"", path, for_message(name)),
                  path, Severity::kError);
    } else if (!view.has(shard)) {
      view.missing(shard, path, std::string(kIncomplete));
    }
  }
}

// What the names of shards say of the set they belong to.
struct ShardSet {
  std::string index_path;
  bool has_single = false;
  uint32_t shards = 0;
};

}  // namespace

void check_weight_indexes(RepositoryView& view) {
  std::map<std::pair<std::string, std::string>, ShardSet> sets;
  for (const SnapshotFile& file : view.snapshot().files) {
    const WeightFile weights = classify_weight_file(file.path);
    const bool is_safetensors = weights.format == WeightFormat::kSafetensors;
    if (!is_safetensors && weights.format != WeightFormat::kPytorch) continue;
    if (weights.is_index) {
      check_index(view, file.path, weights.folder);
      continue;
    }
    const std::string base = weights.stem == "model" && !is_safetensors ? "pytorch_model" : weights.stem;
    ShardSet& set =
        sets[{joined_path(weights.folder, base), weights.variant + (is_safetensors ? "" : ".bin")}];
    set.has_single = set.has_single || weights.shard == 0;
    if (weights.shard == 0) continue;
    set.shards = std::max(set.shards, weights.shards);
    const std::string extension = is_safetensors ? ".safetensors" : ".bin";
    const std::string variant = weights.variant.empty() ? "" : "." + weights.variant;
    set.index_path = joined_path(weights.folder, base + extension + ".index" + variant + ".json");
  }
  for (const auto& [key, set] : sets) {
    if (set.shards == 0 || set.has_single || view.has(set.index_path)) continue;
    view.missing(set.index_path, key.first + ": " + std::to_string(set.shards) + " shards",
                 std::string(kIncomplete));
  }
}

void check_weights(RepositoryView& view, const std::string& folder, const std::string& needed_by) {
  std::set<std::string_view> others;
  for (const SnapshotFile& file : view.snapshot().files) {
    const WeightFile weights = classify_weight_file(file.path);
    if (weights.format == WeightFormat::kNone || weights.format == WeightFormat::kTraining) continue;
    const bool is_native =
        weights.format == WeightFormat::kSafetensors || weights.format == WeightFormat::kPytorch;
    // Named otherwise they may still be asked for by name, so only the lack of any is told.
    if (weights.folder == folder && is_native) return;
    if (!is_native) others.insert(weight_format_name(weights.format));
  }
  for (const LeftOutFile& file : view.snapshot().left_out) {
    const WeightFile weights = classify_weight_file(file.path);
    const bool is_native =
        weights.format == WeightFormat::kSafetensors || weights.format == WeightFormat::kPytorch;
    if (weights.folder == folder && is_native && weights.is_whole_model() && !weights.is_index) {
      // The user said so, or the cache lacks them; a single file stands for all.
      view.missing(file.path, needed_by, "these are the weights");
      return;
    }
  }
  const std::string where = folder.empty() ? "the repository" : folder;
  if (!others.empty()) {
    view.remark(fmt::format("{} holds only {}: transformers loads safetensors and PyTorch weights", where,
                            *others.begin()),
                needed_by, Severity::kWarning);
    return;
  }
  view.remark(fmt::format("{} holds no weights: no model.safetensors, no pytorch_model.bin", where),
              needed_by, Severity::kError);
}

}  // namespace pannier
