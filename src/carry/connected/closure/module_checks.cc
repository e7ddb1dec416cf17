// Repositories made of parts: sentence-transformers modules, and pipelines of diffusers components.
#include <algorithm>

#include "base/display.h"
#include "base/safe_path.h"
#include "carry/connected/closure/closure_checks.h"

namespace pannier {
namespace {

constexpr size_t kPartsMax = 64;
constexpr std::string_view kSentenceConfigs[] = {
    "sentence_bert_config.json",      "sentence_roberta_config.json", "sentence_distilbert_config.json",
    "sentence_camembert_config.json", "sentence_albert_config.json",  "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json"};
// Modules with weights of their own; the others of those that have a config.json have none.
constexpr std::string_view kModulesWithWeights[] = {
    "Dense", "LayerNorm", "CNN", "LSTM", "WeightedLayerPooling", "SparseAutoEncoder"};
constexpr std::string_view kModulesWithoutFiles[] = {"Normalize"};
// These name their files in ways of their own.
constexpr std::string_view kOtherModules[] = {"WordEmbeddings", "BoW", "WordWeights", "Router", "Asym"};

template <size_t kCount>
bool is_one_of(std::string_view text, const std::string_view (&words)[kCount]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

void check_sentence_config(RepositoryView& view, const std::string& folder) {
  for (const std::string_view name : kSentenceConfigs) {
    if (view.has(joined_path(folder, name))) return;
  }
  view.missing(
      joined_path(folder, kSentenceConfigs[0]), "modules.json",
      "without it sentence-transformers takes 512 tokens, or what the model can, where this one was made "
      "for fewer: other vectors, without an error");
}

void check_module(RepositoryView& view, const std::string& type, const std::string& folder) {
  const std::string needed_by = "modules.json: " + for_message(type);
  const size_t dot = type.rfind('.');
  const std::string_view name =
      dot == std::string::npos ? std::string_view(type) : std::string_view(type).substr(dot + 1);
  const std::string config = joined_path(folder, "config.json");
  if (!type.starts_with("sentence_transformers.")) {
    check_code_reference(view, folder, type, needed_by);
    if (view.has(config)) check_transformers(view, folder, needed_by);
    return;
  }
  if (name.find("Transformer") != std::string_view::npos || name == "CLIPModel") {
    check_transformers(view, folder, needed_by);
    if (name != "CLIPModel") check_sentence_config(view, folder);
    return;
  }
  if (name == "StaticEmbedding") {
    check_weights(view, folder, needed_by);
    if (!view.has(joined_path(folder, "tokenizer.json"))) {
      view.missing(joined_path(folder, "tokenizer.json"), needed_by, "it is the module's vocabulary");
    }
    return;
  }
  if (is_one_of(name, kModulesWithoutFiles) || is_one_of(name, kOtherModules)) return;
  if (!view.has(config)) view.missing(config, needed_by, "the module cannot be built without it");
  if (is_one_of(name, kModulesWithWeights)) check_weights(view, folder, needed_by);
}

// Whether these are vectors of sentences, though modules.json is not among the files. The files that only
// such models have prove it; that the library is named does not: cross-encoders have no modules.
enum class Marks { kNone, kLibrary, kFiles };
Marks marks_of_sentence_transformers(RepositoryView& view) {
  if (view.exists("1_Pooling/config.json")) return Marks::kFiles;
  for (const std::string_view name : kSentenceConfigs) {
    if (view.exists(name)) return Marks::kFiles;
  }
  const bool is_named =
      view.snapshot().library == "sentence-transformers" || view.exists("config_sentence_transformers.json");
  const std::string& task = view.snapshot().pipeline_tag;
  if (!is_named || (!task.empty() && task != "sentence-similarity" && task != "feature-extraction")) {
    return Marks::kNone;
  }
  for (const JsonValue architecture : view.json("config.json")["architectures"].elements()) {
    if (architecture.as_string().value_or("").ends_with("ForSequenceClassification")) return Marks::kNone;
  }
  return Marks::kLibrary;
}

void check_component(RepositoryView& view, const std::string& name, std::string_view library,
                     std::string_view type) {
  const std::string needed_by = "model_index.json: " + name;
  if (library == "transformers" && type.find("Tokenizer") != std::string_view::npos) {
    check_tokenizer(view, name, type, "", needed_by);
  } else if (library == "transformers" && (type.find("Processor") != std::string_view::npos ||
                                           type.find("FeatureExtractor") != std::string_view::npos)) {
    const std::string path = joined_path(name, "preprocessor_config.json");
    if (!view.has(path) && !view.has(joined_path(name, "processor_config.json"))) {
      view.missing(path, needed_by, "the pipeline does not load without it");
    }
  } else if (type.find("Scheduler") != std::string_view::npos) {
    const std::string path = joined_path(name, "scheduler_config.json");
    if (!view.has(path)) view.missing(path, needed_by, "the pipeline does not load without it");
  } else {
    const std::string path = joined_path(name, "config.json");
    if (!view.has(path)) view.missing(path, needed_by, "the pipeline does not load without it");
    check_weights(view, name, needed_by);
    check_auto_map(view, name, path);
    if (library != "transformers" && library != "diffusers" &&
        view.exists(joined_path(name, std::string(library) + ".py"))) {
      check_code_reference(view, name, std::string(library) + "." + std::string(type), needed_by);
    }
  }
}

}  // namespace

void check_sentence_transformers(RepositoryView& view) {
  const std::string path = "modules.json";
  if (!view.has(path)) {
    const Marks marks = marks_of_sentence_transformers(view);
    if (marks == Marks::kNone && !view.is_left_out(path)) return;
    // Where upstream is known to have none either, vectors come out there as they will here.
    const bool is_upstreams =
        marks == Marks::kLibrary && !view.is_left_out(path) && !view.snapshot().commit.empty();
    view.missing(path, "sentence-transformers",
                 "without it vectors are pooled by their mean, not normalised, and cut at 512 tokens: other "
                 "vectors, without an error",
                 is_upstreams ? Severity::kWarning : Severity::kError);
    return;
  }
  const JsonValue modules = view.json(path);
  if (!modules.exists()) return;
  size_t count = 0;
  for (const JsonValue module : modules.elements()) {
    if (++count > kPartsMax) break;
    const auto type = module["type"].as_string();
    std::string_view folder = module["path"].as_string().value_or("");
    while (folder.ends_with('/')) folder.remove_suffix(1);
    if (!type || (!folder.empty() && !SafePath::parse(folder).ok())) {
      view.remark("modules.json names a module that is none, or outside of the repository", path,
                  Severity::kError);
      continue;
    }
    check_module(view, std::string(*type), std::string(folder));
  }
  if (count == 0) view.remark("modules.json names no modules", path, Severity::kError);
}

void check_diffusers(RepositoryView& view) {
  const std::string path = "model_index.json";
  if (!view.has(path)) {
    view.missing(path, "diffusers", "nothing says what the pipeline is made of");
    return;
  }
  const JsonValue index = view.json(path);
  if (!index.exists()) return;
  size_t count = 0;
  for (const auto [key, value] : index.members()) {
    if (key.starts_with('_')) {
      if (key == "_class_name" && value.is_array()) {
        std::vector<std::string> parts;
        for (const JsonValue part : value.elements()) parts.emplace_back(part.as_string().value_or(""));
        if (parts.size() == 2) {
          check_code_reference(view, "", parts[0] + "." + parts[1], path + ": _class_name");
        }
      }
      continue;
    }
    if (!value.is_array() || value.size() != 2 || ++count > kPartsMax) continue;  // a plain setting
    std::vector<std::string_view> parts;
    for (const JsonValue part : value.elements()) parts.push_back(part.as_string().value_or(""));
    if (parts[1].empty()) continue;  // null: a component that this pipeline does without
    if (!SafePath::parse(key).ok() || key.find('/') != std::string_view::npos) {
      view.remark("model_index.json names a component outside of the repository", path, Severity::kError);
      continue;
    }
    check_component(view, std::string(key), parts[0], parts[1]);
  }
}

}  // namespace pannier
