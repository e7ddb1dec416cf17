// The files of a sentence-transformers folder: see sentence_transformers_config.h.
//
// Source of the rules: sentence-transformers 5.6.0, base/model.py (modules.json), base/modules/transformer.py
// (sentence_bert_config.json) and sentence_transformer/modules/pooling.py.
#include "run/pipeline/sentence_transformers_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/safe_path.h"

namespace pannier {
namespace {

constexpr const char* kModulesFile = "modules.json";
constexpr const char* kModelFile = "config_sentence_transformers.json";
constexpr size_t kModulesMax = 64;
constexpr size_t kPoolingModesMax = 16;

// The first that is there is read. The names are older than the one name for all.
constexpr std::array kTransformerFiles = {
    "sentence_bert_config.json",      "sentence_roberta_config.json", "sentence_distilbert_config.json",
    "sentence_camembert_config.json", "sentence_albert_config.json",  "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json"};

struct PoolingName {
  std::string_view name;        // in "pooling_mode"
  std::string_view legacy_key;  // a boolean, before sentence-transformers 5
  PoolingMode mode;
};
// In the order in which the booleans are concatenated.
constexpr std::array kPoolingNames = {
    PoolingName{"cls", "pooling_mode_cls_token", PoolingMode::kCls},
    PoolingName{"max", "pooling_mode_max_tokens", PoolingMode::kMax},
    PoolingName{"mean", "pooling_mode_mean_tokens", PoolingMode::kMean},
    PoolingName{"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", PoolingMode::kMeanSqrtLength},
    PoolingName{"weightedmean", "pooling_mode_weightedmean_tokens", PoolingMode::kWeightedMean},
    PoolingName{"lasttoken", "pooling_mode_lasttoken", PoolingMode::kLastToken},
};

// A JSON file, its root an object or (for modules.json) an array.
struct ConfigFile {
  std::string name;
  JsonDocument document;
  JsonValue root() const { return document.root(); }
};

Result<ConfigFile> read_config_file(const ModelFiles& files, const std::string& folder,
                                    const std::string& file, JsonType type) {
  const std::string name = folder.empty() ? file : folder + "/" + file;
  PANNIER_ASSIGN(const std::unique_ptr<FileView> view, files.open(name));
  const std::string_view text = as_text(view->bytes());
  if (text.size() > limits::kConfigBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{} has {} bytes, at most {} are allowed", name, text.size(), limits::kConfigBytesMax),
        ""};
  }
  PANNIER_ASSIGN(JsonDocument document, JsonDocument::parse(std::string(text), name));
  if (!document.root().is(type)) {
    return Error{
        ErrorKind::kCorrupt,
        fmt::format("{} is {}, not {}", name, json_type_name(document.root().type()), json_type_name(type)),
        ""};
  }
  return ConfigFile{name, std::move(document)};
}

Error wrong_type(const ConfigFile& file, std::string_view key, JsonValue value, const char* expected) {
  return {ErrorKind::kCorrupt,
          fmt::format("{}: '{}' at byte {} is {}, not {}", file.name, key, value.offset(),
                      json_type_name(value.type()), expected),
          ""};
}

Error unsupported_setting(const ConfigFile& file, std::string_view key, const std::string& what) {
  return {ErrorKind::kUnsupported, fmt::format("{}: '{}' {}", file.name, key, what),
          "it would change the result, and this version does not do it"};
}

// Absent and null are the default.
Result<bool> read_flag(const ConfigFile& file, std::string_view key, bool default_value) {
  const JsonValue value = file.root()[key];
  if (!value.exists() || value.is_null()) return default_value;
  if (!value.as_bool()) return wrong_type(file, key, value, "true or false");
  return *value.as_bool();
}

Result<std::optional<uint32_t>> read_count(const ConfigFile& file, std::string_view key, uint32_t max) {
  const JsonValue value = file.root()[key];
  if (!value.exists() || value.is_null()) return std::optional<uint32_t>();
  const std::optional<uint64_t> number = value.as_unsigned();
  if (!number || *number < 1 || *number > max) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: '{}' at byte {} is no whole number from 1 to {}", file.name, key,
                             value.offset(), max),
                 ""};
  }
  return std::optional<uint32_t>(static_cast<uint32_t>(*number));
}

Result<std::string> read_text(const ConfigFile& file, JsonValue object, std::string_view key) {
  const JsonValue value = object[key];
  if (!value.exists()) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: the object at byte {} has no '{}'", file.name, object.offset(), key), ""};
  }
  if (!value.is_string()) return wrong_type(file, key, value, "a string");
  return std::string(*value.as_string());
}

// One row of modules.json.
struct Module {
  std::string kind;    // "Pooling"
  std::string folder;  // "1_Pooling"; "" for the model's own
};

constexpr std::string_view kSupportedModules = "Transformer, Pooling and perhaps Normalize, in this order";

// "sentence_transformers.models.Pooling" and "sentence_transformers.….modules.pooling.Pooling" are one class.
Result<std::string> module_kind(const std::string& type, size_t number) {
  constexpr std::array<std::string_view, 3> kKinds = {"Transformer", "Pooling", "Normalize"};
  const size_t dot = type.rfind('.');
  const std::string kind = dot == std::string::npos ? type : type.substr(dot + 1);
  if (type.starts_with("sentence_transformers.") &&
      std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) {
    return kind;
  }
  return Error{ErrorKind::kUnsupported,
               fmt::format("{}: module {} is of type '{}', which is not supported", kModulesFile, number,
                           for_message(type)),
               fmt::format("supported: {}", kSupportedModules)};
}

Result<Module> read_module(const ConfigFile& file, JsonValue value, size_t number) {
  if (!value.is_object()) {
    return Error{
        ErrorKind::kCorrupt,
        fmt::format("{}: module {} is {}, not an object", kModulesFile, number, json_type_name(value.type())),
        ""};
  }
  Module module;
  PANNIER_ASSIGN(const std::string type, read_text(file, value, "type"));
  PANNIER_ASSIGN(module.kind, module_kind(type, number));
  PANNIER_ASSIGN(module.folder, read_text(file, value, "path"));
  while (module.folder.ends_with('/')) module.folder.pop_back();
  if (module.folder.empty()) return module;
  const auto path = SafePath::parse(module.folder);
  if (!path.ok()) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: module {}: {}", kModulesFile, number, path.error().message),
                 "a module lies in a folder of the model; fetch the file again"};
  }
  return module;
}

Result<std::vector<Module>> read_modules(const ModelFiles& files) {
  PANNIER_ASSIGN(const ConfigFile file, read_config_file(files, "", kModulesFile, JsonType::kArray));
  if (file.root().size() > kModulesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{} lists {} modules, at most {} are allowed", kModulesFile, file.root().size(),
                             kModulesMax),
                 ""};
  }
  std::vector<Module> modules;
  std::set<std::string> names;
  for (const JsonValue value : file.root().elements()) {
    PANNIER_ASSIGN(Module module, read_module(file, value, modules.size() + 1));
    PANNIER_ASSIGN(const std::string name, read_text(file, value, "name"));
    if (!names.insert(name).second) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: two modules have the name '{}'", kModulesFile, for_message(name)), ""};
    }
    modules.push_back(std::move(module));
  }
  return modules;
}

// Transformer, Pooling, then any number of Normalize.
Status check_order(const std::vector<Module>& modules) {
  std::string kinds;
  bool fits = modules.size() >= 2 && modules[0].kind == "Transformer" && modules[1].kind == "Pooling";
  for (size_t i = 0; i < modules.size(); ++i) {
    kinds += (kinds.empty() ? "" : ", ") + modules[i].kind;
    if (i >= 2 && modules[i].kind != "Normalize") fits = false;
  }
  if (!fits) {
    return Error{
        ErrorKind::kUnsupported,
        fmt::format("{} lists {}", kModulesFile, kinds.empty() ? "no module" : "the modules " + kinds),
        fmt::format("supported: {}", kSupportedModules)};
  }
  if (modules[0].folder == modules[1].folder) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: Transformer and Pooling have one path, '{}', and so one config.json",
                             kModulesFile, modules[0].folder),
                 "fetch the file again"};
  }
  return {};
}

// Settings of the Transformer module that would change what it computes.
Status check_transformer_settings(const ConfigFile& file) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kFixed = {
      {{"transformer_task", "feature-extraction"}, {"module_output_name", "token_embeddings"}}};
  for (const auto& [key, expected] : kFixed) {
    const JsonValue value = file.root()[key];
    if (value.exists() && !value.is_null() && value.as_string() != expected)
      return unsupported_setting(file, key, fmt::format("is not '{}'", expected));
  }
  const JsonValue output = file.root()["modality_config"]["text"]["method_output_name"];
  if (output.exists() && output.as_string() != "last_hidden_state")
    return unsupported_setting(file, "modality_config", "reads something else than 'last_hidden_state'");
  for (const std::string_view key : {"tokenizer_name_or_path", "config_args", "config_kwargs",
                                     "tokenizer_args", "processor_kwargs", "processing_kwargs"}) {
    const JsonValue value = file.root()[key];
    if (!value.exists() || value.is_null()) continue;
    if (value.is_string() || value.size() > 0) return unsupported_setting(file, key, "is set");
  }
  return {};
}

Status read_transformer(const ModelFiles& files, SentenceTransformersConfig& config) {
  for (const std::string name : kTransformerFiles) {
    const std::string& folder = config.transformer_folder;
    if (!files.has(folder.empty() ? name : folder + "/" + name)) continue;
    PANNIER_ASSIGN(const ConfigFile file, read_config_file(files, folder, name, JsonType::kObject));
    PANNIER_TRY(check_transformer_settings(file));
    PANNIER_ASSIGN(config.length_max, read_count(file, "max_seq_length", limits::kPositionsMax));
    PANNIER_ASSIGN(config.lowercase, read_flag(file, "do_lower_case", false));
    return {};
  }
  return {};
}

Result<PoolingMode> pooling_mode_of(const ConfigFile& file, JsonValue value) {
  if (!value.is_string()) return wrong_type(file, "pooling_mode", value, "a string, or a list of strings");
  const std::string_view name = *value.as_string();
  std::string known;
  for (const PoolingName& row : kPoolingNames) {
    if (row.name == name) return row.mode;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  return Error{ErrorKind::kUnsupported,
               fmt::format("{}: pooling mode '{}' is not supported", file.name, for_message(name)),
               fmt::format("supported: {}", known)};
}

Result<std::vector<PoolingMode>> read_pooling_modes(const ConfigFile& file) {
  std::vector<PoolingMode> modes;
  const JsonValue stated = file.root()["pooling_mode"];
  if (stated.is_array()) {
    if (stated.size() < 1 || stated.size() > kPoolingModesMax) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: 'pooling_mode' lists {} modes, not 1 to {}", file.name, stated.size(),
                               kPoolingModesMax),
                   ""};
    }
    for (const JsonValue value : stated.elements()) {
      PANNIER_ASSIGN(const PoolingMode mode, pooling_mode_of(file, value));
      modes.push_back(mode);
    }
    return modes;
  }
  if (stated.exists()) {
    PANNIER_ASSIGN(const PoolingMode mode, pooling_mode_of(file, stated));
    return std::vector<PoolingMode>{mode};
  }
  for (const PoolingName& row : kPoolingNames) {
    PANNIER_ASSIGN(const bool chosen, read_flag(file, row.legacy_key, false));
    if (chosen) modes.push_back(row.mode);
  }
  if (modes.empty()) modes.push_back(PoolingMode::kMean);
  return modes;
}

// `include_prompt` false matters only where there is a prompt, which is known later.
Status read_pooling(const ModelFiles& files, const std::string& folder, bool& include_prompt,
                    SentenceTransformersConfig& config) {
  const std::string name = folder.empty() ? "config.json" : folder + "/config.json";
  if (!files.has(name)) {
    return Error{ErrorKind::kIncomplete, fmt::format("{} lacks {}", files.label(), name),
                 "it says how token vectors become one; fetch it from where the model came from"};
  }
  PANNIER_ASSIGN(const ConfigFile file, read_config_file(files, folder, "config.json", JsonType::kObject));
  PANNIER_ASSIGN(config.pooling, read_pooling_modes(file));
  const bool renamed = file.root()["embedding_dimension"].exists();
  PANNIER_ASSIGN(
      config.token_dimension,
      read_count(file, renamed ? "embedding_dimension" : "word_embedding_dimension", limits::kHiddenSizeMax));
  PANNIER_ASSIGN(include_prompt, read_flag(file, "include_prompt", true));
  return {};
}

// The prompt that sentence-transformers puts before every text unasked.
Status read_prompt(const ModelFiles& files, bool include_prompt, SentenceTransformersConfig& config) {
  if (!files.has(kModelFile)) return {};
  PANNIER_ASSIGN(const ConfigFile file, read_config_file(files, "", kModelFile, JsonType::kObject));
  const JsonValue similarity = file.root()["similarity_fn_name"];
  if (similarity.is_string() && similarity.as_string() != "cosine") {
    config.note = fmt::format("{} names the similarity '{}'; similarities here are cosines", kModelFile,
                              for_message(*similarity.as_string()));
  }
  const JsonValue name = file.root()["default_prompt_name"];
  if (!name.exists() || name.is_null()) return {};
  if (!name.is_string()) return wrong_type(file, "default_prompt_name", name, "a string");
  const JsonValue prompts = file.root()["prompts"];
  const JsonValue prompt = prompts[*name.as_string()];
  if (prompt.is_null()) return {};
  if (!prompt.is_string()) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: 'default_prompt_name' is '{}', which is no text in 'prompts'", file.name,
                             for_message(*name.as_string())),
                 ""};
  }
  config.prompt = *prompt.as_string();
  if (!config.prompt.empty() && !include_prompt) {
    return unsupported_setting(file, "default_prompt_name", "is set, and the pooling leaves prompts out");
  }
  return {};
}

}  // namespace

bool has_sentence_transformers_config(const ModelFiles& files) { return files.has(kModulesFile); }

Result<SentenceTransformersConfig> read_sentence_transformers_config(const ModelFiles& files) {
  PANNIER_ASSIGN(const std::vector<Module> modules, read_modules(files));
  PANNIER_TRY(check_order(modules));
  SentenceTransformersConfig config;
  config.transformer_folder = modules[0].folder;
  config.normalize = modules.size() > 2;
  PANNIER_TRY(read_transformer(files, config));
  bool include_prompt = true;
  PANNIER_TRY(read_pooling(files, modules[1].folder, include_prompt, config));
  PANNIER_TRY(read_prompt(files, include_prompt, config));
  return config;
}

SentenceTransformersConfig default_sentence_transformers_config() {
  SentenceTransformersConfig config;
  config.pooling = {PoolingMode::kMean};
  config.note = "the folder has no modules.json, so a text's vector is the mean of its tokens'";
  return config;
}

}  // namespace pannier
