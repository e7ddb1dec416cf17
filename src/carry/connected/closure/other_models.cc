// Other repositories that a configuration names: an adapter's base model, vision towers, draft models.
#include <fmt/core.h>

#include "base/display.h"
#include "carry/connected/closure/closure_checks.h"

namespace pannier {
namespace {

// Keys under which configurations name a model of another repository, which loading fetches.
constexpr std::string_view kOtherModelKeys[] = {
    "mm_vision_tower",
    "vision_tower",
    "audio_model_id",
    "text_model_id",
    "base_model_name_or_path",
    "assistant_model",
    "assistant_model_name_or_path",
    "draft_model",
    "draft_model_name_or_path",
    "audio_tokenizer_name_or_path",
};
// The same one level down, by the objects that hold them.
constexpr std::string_view kNestedKeys[][2] = {
    {"speculators_config", "verifier"},
    {"verifier", "name_or_path"},
};

void check_backbone(RepositoryView& view, const std::string& path, JsonValue config) {
  const auto backbone = config["backbone"].as_string();
  if (!backbone || !config["use_pretrained_backbone"].as_bool().value_or(false)) return;
  const bool is_timm = config["use_timm_backbone"].as_bool().value_or(false);
  view.remark(
      fmt::format("{} names the backbone \"{}\"{}: building the model anew fetches its weights; loading "
                  "this one does not need them",
                  path, for_message(*backbone), is_timm ? " of timm" : ""),
      path + ": backbone");
}

}  // namespace

void need_repository(RepositoryView& view, OtherRepository other, const std::string& needed_by,
                     Severity severity) {
  if (other.repo.empty() || other.repo == view.snapshot().repo) return;
  if (!check_repo_id(other.repo).ok() || (!other.revision.empty() && !check_revision(other.revision).ok())) {
    view.remark(fmt::format("\"{}\" is no name of a repository: a folder of the author's machine, perhaps, "
                            "which nobody else has",
                            for_message(other.repo)),
                needed_by, severity);
    return;
  }
  Finding finding;
  finding.kind = FindingKind::kOtherRepository;
  finding.severity = severity;
  finding.needed_by = needed_by;
  finding.ref.repo = other.repo;
  finding.ref.revision = other.revision;
  finding.ref.text = far_side_name(RepoType::kModel, finding.ref.repo, finding.ref.revision, "");
  finding.message = fmt::format("{} is another repository, and needed", for_message(finding.ref.text));
  finding.only = std::move(other.only);
  finding.code = other.code;
  view.add(std::move(finding));
}

void check_second_models(RepositoryView& view, const std::string& path) {
  const JsonValue config = view.json(path);
  if (!config.is_object()) return;
  for (const std::string_view key : kOtherModelKeys) {
    const auto repo = config[key].as_string();
    // What is no name of a repository is one of the many other meanings such keys have.
    if (repo && repo->find('/') != std::string_view::npos && check_repo_id(*repo).ok()) {
      need_repository(view, {*repo}, fmt::format("{}: {}", path, key));
    }
  }
  for (const auto& [outer, inner] : kNestedKeys) {
    const JsonValue value = config[outer][inner];
    const auto repo = value.is_object() ? value["name_or_path"].as_string() : value.as_string();
    if (repo && repo->find('/') != std::string_view::npos && check_repo_id(*repo).ok()) {
      need_repository(view, {*repo}, fmt::format("{}: {}", path, outer));
    }
  }
  check_backbone(view, path, config);
}

void check_voices(RepositoryView& view) {
  const std::string path = "speaker_embeddings_path.json";
  const auto repo = view.json(path)["repo_or_path"].as_string();
  if (repo && check_repo_id(*repo).ok()) {
    need_repository(view, {*repo, "", {"speaker_embeddings*"}}, path + ": repo_or_path", Severity::kWarning);
  }
}

void check_lora(RepositoryView& view) {
  constexpr std::string_view kTag = "base_model:adapter:";
  if (!view.has("pytorch_lora_weights.safetensors") && !view.has("pytorch_lora_weights.bin")) return;
  for (const std::string& tag : view.snapshot().tags) {
    if (!tag.starts_with(kTag)) continue;
    need_repository(view, {std::string_view(tag).substr(kTag.size())}, "the model card: base_model",
                    Severity::kWarning);
    return;
  }
  view.remark("these are weights of an adapter, and nothing says which model it adapts",
              "pytorch_lora_weights", Severity::kWarning);
}

void check_adapter(RepositoryView& view) {
  const std::string path = "adapter_config.json";
  if (!view.has(path)) {
    view.missing(path, "adapter_model", "nothing says which model this adapts");
    return;
  }
  const JsonValue config = view.json(path);
  const auto base = config["base_model_name_or_path"].as_string();
  if (base && !base->empty()) {
    need_repository(view, {*base, config["revision"].as_string().value_or("")},
                    path + ": base_model_name_or_path");
  } else if (config.exists()) {
    view.remark(path + " does not say which model it adapts", path, Severity::kWarning);
  }
  if (config.exists()) check_weights(view, "", path);
}

void check_dataset(RepositoryView& view) {
  const std::string& repo = view.snapshot().repo;
  const std::string script = repo.substr(repo.rfind('/') + 1) + ".py";
  if (!repo.empty() && view.has(script)) {
    view.remark(
        script + " is a loading script: datasets from release 4 on refuses the whole repository for it",
        script, Severity::kWarning);
  }
}

}  // namespace pannier
