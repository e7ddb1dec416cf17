// A folder that transformers loads from: configuration, weights, tokenizer, processors.
#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/display.h"
#include "carry/connected/closure/closure_checks.h"
#include "carry/connected/closure/tokenizer_files.h"
#include "carry/connected/closure/weight_formats.h"
#include "carry/connected/hub/default_models.h"

namespace pannier {
namespace {

constexpr std::string_view kFiveTokens =
    "without it transformers makes up a vocabulary of five tokens: every word is unknown, and answers are "
    "wrong without an error";
// Any of these is some vocabulary, if not the one that the class looks for.
constexpr std::string_view kVocabularies[] = {"tokenizer.json",  "vocab.txt",    "vocab.json",
                                              "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
                                              "spm.model",       "tekken.json",  "tiktoken.model"};
// Parts of the names of architectures that see or hear.
constexpr std::string_view kSensingArchitectures[] = {
    "ImageClassification", "ObjectDetection", "DepthEstimation", "Segmentation", "VideoClassification",
    "MaskGeneration",      "AudioClass",      "AudioFrame",      "XVector",      "ImageFeature"};
// The same for those that also write text.
constexpr std::string_view kHearingArchitectures[] = {"ForCTC", "SpeechSeq2Seq", "Whisper", "ImageTextToText",
                                                      "Vision2Seq"};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

// "text", "image", "audio", "video", "multimodal"; empty where the Hub says nothing of use.
std::string_view kind_of_task(const RepositoryView& view) {
  const auto row = default_model_of_task(view.snapshot().pipeline_tag);
  return row.ok() ? row->kind : std::string_view();
}

bool has_architecture(JsonValue config, std::span<const std::string_view> parts) {
  for (const JsonValue element : config["architectures"].elements()) {
    const std::string_view name = element.as_string().value_or("");
    for (const std::string_view part : parts) {
      if (name.find(part) != std::string_view::npos) return true;
    }
  }
  return false;
}

bool has_other_vocabulary(const RepositoryView& view, const std::string& folder) {
  return std::any_of(std::begin(kVocabularies), std::end(kVocabularies),
                     [&](std::string_view name) { return view.has(joined_path(folder, name)); });
}

// A file of the class's own format is left out or not in the cache: named, so that it can be taken.
bool name_left_out(RepositoryView& view, const std::string& folder, const std::vector<std::string>& files,
                   const std::string& needed_by) {
  bool found = false;
  for (const std::string& name : files) {
    const std::string path = joined_path(folder, name);
    if (!view.is_left_out(path)) continue;
    view.missing(path, needed_by, std::string(kFiveTokens));
    found = true;
    if (name == "tokenizer.json") return true;
  }
  return found;
}

void check_vocabulary(RepositoryView& view, const std::string& folder, const TokenizerClass& row,
                      const std::string& needed_by) {
  const std::vector<std::string> own = words_of(row.files);
  std::vector<std::string> accepted = own;
  if (row.is_fast) accepted.insert(accepted.begin(), "tokenizer.json");
  if (accepted.empty()) return;  // bytes are its vocabulary
  if (row.is_fast && view.has(joined_path(folder, "tokenizer.json"))) return;
  const auto is_there = [&](const std::string& name) { return view.has(joined_path(folder, name)); };
  const auto there = std::count_if(own.begin(), own.end(), is_there);
  if (!own.empty() && static_cast<size_t>(there) == own.size()) return;
  if (name_left_out(view, folder, accepted, needed_by)) return;
  if (there != 0) {
    // Some classes have alternatives; half of a pair is never one.
    const bool is_pair = row.files.find("merges.txt") != std::string_view::npos;
    for (const std::string& name : own) {
      if (!is_there(name)) {
        view.missing(joined_path(folder, name), needed_by, fmt::format("{} is loaded from it", row.name),
                     is_pair ? Severity::kError : Severity::kWarning);
      }
    }
    return;
  }
  if (has_other_vocabulary(view, folder)) {
    if (own.empty() || row.is_fast) return;  // it is converted from that, or an older layout
    view.remark(
        fmt::format("{} is loaded from {}, and only another vocabulary is there", row.name, row.files),
        needed_by, Severity::kWarning);
    return;
  }
  view.missing(joined_path(folder, accepted.front()), needed_by,
               (accepted.size() > 1 ? fmt::format("{} is not there either; ", row.files) : std::string()) +
                   std::string(kFiveTokens));
}

std::string string_at(JsonValue object, std::string_view key) {
  return std::string(object[key].as_string().value_or(""));
}

void check_generation(RepositoryView& view, const std::string& folder, JsonValue config) {
  constexpr std::string_view kGenerating[] = {"ForCausalLM", "ForConditionalGeneration", "Seq2Seq"};
  const std::string path = joined_path(folder, "generation_config.json");
  if (view.exists(path) || !has_architecture(config, kGenerating)) return;
  view.remark(path + " is not there: generating takes its defaults from config.json",
              joined_path(folder, "config.json"));
}

void check_chat_template(RepositoryView& view, const std::string& folder) {
  const auto& tags = view.snapshot().tags;
  if (!folder.empty() || std::find(tags.begin(), tags.end(), "conversational") == tags.end()) return;
  if (view.exists("chat_template.jinja") || view.exists("chat_template.json")) return;
  const JsonValue config = view.json("tokenizer_config.json");
  if (!config.exists() || config["chat_template"].exists()) return;
  view.remark("there is no chat template: apply_chat_template and chat pipelines refuse to work",
              "the Hub's tag \"conversational\"", Severity::kWarning);
}

}  // namespace

bool wants_tokenizer(const RepositoryView& view, const std::string& folder, JsonValue config) {
  if (view.exists(joined_path(folder, "tokenizer_config.json"))) return true;
  const TokenizerClass* row = tokenizer_class_of_model(config["model_type"].as_string().value_or(""));
  if (row == nullptr && !config["tokenizer_class"].is_string()) return false;
  if (has_architecture(config, kSensingArchitectures)) return false;
  // A speech encoder has letters only where it writes them.
  if (row != nullptr && row->name == "Wav2Vec2CTCTokenizer") {
    constexpr std::string_view kWriting[] = {"ForCTC"};
    return has_architecture(config, kWriting);
  }
  const std::string_view kind = folder.empty() ? kind_of_task(view) : std::string_view();
  return kind != "image" && kind != "audio" && kind != "video";
}

void check_tokenizer(RepositoryView& view, const std::string& folder, std::string_view tokenizer_class,
                     std::string_view model_type, const std::string& needed_by) {
  const std::string config_path = joined_path(folder, "tokenizer_config.json");
  const JsonValue config = view.json(config_path);
  check_auto_map(view, folder, config_path);
  if (config["auto_map"].exists()) return;  // only its own code knows its files
  std::string name(tokenizer_class);
  const TokenizerClass* row = find_tokenizer_class(name);
  if (row == nullptr) row = find_tokenizer_class(name = string_at(config, "tokenizer_class"));
  if (row == nullptr) row = tokenizer_class_of_model(model_type);
  if (row == nullptr && name.empty()) return;
  if (row != nullptr) {
    check_vocabulary(view, folder, *row, needed_by);
  } else if (!has_other_vocabulary(view, folder)) {
    view.missing(joined_path(folder, "tokenizer.json"), needed_by, std::string(kFiveTokens));
  }
  if (string_at(config, "tokenizer_class") == "TokenizersBackend") {
    view.remark(
        "the tokenizer was saved by transformers 5: release 4 refuses it (\"Tokenizer class "
        "TokenizersBackend does not exist\")",
        config_path);
  }
  if (!view.exists(config_path)) {
    view.remark(
        fmt::format("{} is not there: the tokenizer has no maximum length and no settings", config_path),
        needed_by);
  }
}

void check_processors(RepositoryView& view, const std::string& folder, JsonValue config) {
  bool any = false;
  for (const char* name :
       {"preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json"}) {
    const std::string path = joined_path(folder, name);
    if (!view.exists(path)) continue;
    check_auto_map(view, folder, path);
    check_second_models(view, path);
    any = true;
  }
  if (any) return;  // one of them is enough to load; what was left out is told elsewhere
  const std::string_view kind = folder.empty() ? kind_of_task(view) : std::string_view();
  const bool senses = kind == "image" || kind == "audio" || kind == "video" ||
                      has_architecture(config, kSensingArchitectures) ||
                      has_architecture(config, kHearingArchitectures) || config["vision_config"].is_object();
  if (!senses) return;
  view.missing(joined_path(folder, "preprocessor_config.json"), joined_path(folder, "config.json"),
               "processor_config.json is not there either; without one of them pipelines refuse to "
               "load");
}

void check_transformers(RepositoryView& view, const std::string& folder, const std::string& needed_by) {
  const std::string path = joined_path(folder, "config.json");
  if (!view.has(path)) {
    const std::string& library = view.snapshot().library;
    const bool is_ours = library.empty() || library == "transformers" || library == "sentence-transformers";
    view.missing(path, needed_by, "nothing says what model this is",
                 is_ours || view.is_left_out(path) ? Severity::kError : Severity::kRemark);
    if (view.is_left_out(path)) check_weights(view, folder, needed_by);
    return;
  }
  const JsonValue config = view.json(path);
  if (!config.exists()) return;
  // Other libraries call their configuration by the same name.
  if (!config["model_type"].is_string() && !config["architectures"].is_array()) return;
  check_weights(view, folder, path);
  check_auto_map(view, folder, path);
  check_second_models(view, path);
  if (wants_tokenizer(view, folder, config)) {
    check_tokenizer(view, folder, string_at(config, "tokenizer_class"), string_at(config, "model_type"),
                    path);
  }
  check_processors(view, folder, config);
  check_generation(view, folder, config);
  check_second_models(view, joined_path(folder, "generation_config.json"));
  check_second_models(view, joined_path(folder, "audio_tokenizer_config.json"));
  check_chat_template(view, folder);
}

}  // namespace pannier
