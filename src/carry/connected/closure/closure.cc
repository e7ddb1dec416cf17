#include "carry/connected/closure/closure.h"

#include <algorithm>

#include "carry/connected/closure/closure_checks.h"
#include "carry/connected/closure/file_globs.h"
#include "carry/connected/closure/weight_formats.h"

namespace pannier {
namespace {

struct ProbedFile {
  std::string_view glob;  // of "/" and the path
  Severity severity;
  std::string_view consequence;
};

// What loading looks for and does without where it is absent. That upstream has it means that the author's
// answers come from it.
constexpr ProbedFile kProbedFiles[] = {
    {"*/config.json", Severity::kError, "nothing says what model this is"},
    {"*/tokenizer_config.json", Severity::kError, "the tokenizer then has other settings, without an error"},
    {"*/special_tokens_map.json", Severity::kWarning, "older releases read special tokens from it"},
    {"*/added_tokens.json", Severity::kWarning, "older releases read added tokens from it"},
    {"*/generation_config.json", Severity::kError, "texts are then generated otherwise, without an error"},
    {"*/chat_template.jinja", Severity::kError, "chats are refused without it"},
    {"*/chat_template.json", Severity::kError, "chats are refused without it"},
    {"*/additional_chat_templates/*", Severity::kWarning, "chats that ask for it are refused"},
    {"*/preprocessor_config.json", Severity::kError, "images or sound cannot be prepared without it"},
    {"*/processor_config.json", Severity::kError, "images or sound cannot be prepared without it"},
    {"*/video_preprocessor_config.json", Severity::kError, "video cannot be prepared without it"},
    {"*/audio_tokenizer_config.json", Severity::kError, "sound cannot be prepared without it"},
    {"/modules.json", Severity::kError,
     "without it vectors are pooled by their mean, not normalised, and cut at 512 tokens: other vectors, "
     "without "
     "an error"},
    {"*/sentence_bert_config.json", Severity::kError,
     "without it texts are cut elsewhere: other vectors, without an error"},
    {"/config_sentence_transformers.json", Severity::kError,
     "prompts and the similarity function are lost without an error"},
    {"/adapter_config.json", Severity::kError, "nothing says which model this adapts"},
    {"/model_index.json", Severity::kError, "nothing says what the pipeline is made of"},
    {"*/scheduler_config.json", Severity::kError, "the pipeline does not load without it"},
};

bool is_from_a_cache(const Snapshot& snapshot) { return snapshot.ref.kind == RefKind::kHfCache; }

bool has_whole_model(const Snapshot& snapshot) {
  return std::any_of(snapshot.files.begin(), snapshot.files.end(), [](const SnapshotFile& file) {
    const WeightFile weights = classify_weight_file(file.path);
    return weights.folder.empty() && weights.is_whole_model();
  });
}

bool has_adapter(const Snapshot& snapshot) {
  return std::any_of(snapshot.files.begin(), snapshot.files.end(), [](const SnapshotFile& file) {
    const WeightFile weights = classify_weight_file(file.path);
    return weights.folder.empty() && weights.stem == "adapter_model";
  });
}

void check_by_kind(RepositoryView& view) {
  const Snapshot& snapshot = view.snapshot();
  if (snapshot.ref.repo_type == RepoType::kDataset) {
    check_dataset(view);
    return;
  }
  check_weight_indexes(view);
  if (view.exists("model_index.json")) {
    check_diffusers(view);
    return;
  }
  check_sentence_transformers(view);
  if (view.exists("adapter_config.json") || has_adapter(snapshot)) check_adapter(view);
  const bool is_adapter_alone = view.exists("adapter_config.json") && !view.exists("config.json");
  if (view.has("modules.json") || is_adapter_alone) return;
  if (view.exists("config.json") || has_whole_model(snapshot)) {
    check_transformers(view, "", has_whole_model(snapshot) ? "its weights" : "config.json");
  } else if (view.exists("tokenizer_config.json")) {
    check_tokenizer(view, "", "", "", "tokenizer_config.json");
  }
  check_voices(view);
  check_lora(view);
}

}  // namespace

void check_left_out(RepositoryView& view) {
  for (const LeftOutFile& file : view.snapshot().left_out) {
    // What stands for another format's weights is left out with them.
    const bool is_patterns = file.reason.starts_with("--exclude") || file.reason == "not in --include";
    if (!is_patterns && file.reason != "not in the cache") continue;
    if (classify_weight_file(file.path).format != WeightFormat::kNone) continue;
    for (const ProbedFile& probed : kProbedFiles) {
      if (!glob_matches(probed.glob, "/" + file.path)) continue;
      // A cache that was filled by loading lacks what loading did not want.
      const Severity severity =
          is_from_a_cache(view.snapshot()) ? std::min(probed.severity, Severity::kWarning) : probed.severity;
      view.missing(file.path, "loading looks for it", std::string(probed.consequence), severity);
      break;
    }
  }
}

Result<std::vector<Finding>> find_code_dependencies(const Snapshot& snapshot, SnapshotReader& reader,
                                                    const std::vector<std::string>& references) {
  RepositoryView view(snapshot, reader);
  for (const std::string& reference : references) {
    check_code_reference(view, "", reference, "code of another repository");
  }
  if (view.failure()) return *view.failure();
  return view.take();
}

Result<std::vector<Finding>> find_dependencies(const Snapshot& snapshot, SnapshotReader& reader) {
  RepositoryView view(snapshot, reader);
  check_by_kind(view);
  if (snapshot.ref.repo_type == RepoType::kModel) check_left_out(view);
  if (view.failure()) return *view.failure();
  return view.take();
}

}  // namespace pannier
