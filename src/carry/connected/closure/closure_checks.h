// The checks of closure, one a kind of repository or file. Each leaves findings in the view and returns
// early once reading failed.
#pragma once

#include <string>
#include <string_view>

#include "carry/connected/closure/repository_view.h"

namespace pannier {

// Files that loading looks for, that upstream has, and that were left out by the user's patterns or are
// not in the cache.
void check_left_out(RepositoryView& view);

// Every index of shards: each shard there, none outside; shards without an index.
void check_weight_indexes(RepositoryView& view);
// Weights in `folder` under a name that libraries look for.
void check_weights(RepositoryView& view, const std::string& folder, const std::string& needed_by);

// A folder that transformers loads a model from: configuration, weights, tokenizer, processors, code.
void check_transformers(RepositoryView& view, const std::string& folder, const std::string& needed_by);
// The vocabulary of a tokenizer in `folder`. `tokenizer_class` may be empty: tokenizer_config.json and
// `model_type` say it.
void check_tokenizer(RepositoryView& view, const std::string& folder, std::string_view tokenizer_class,
                     std::string_view model_type, const std::string& needed_by);
// Whether models of that configuration are loaded with a tokenizer, images or sound.
bool wants_tokenizer(const RepositoryView& view, const std::string& folder, JsonValue config);
void check_processors(RepositoryView& view, const std::string& folder, JsonValue config);

// "module.Class" or "org/name--module.Class": the module and all that it imports of its own folder.
void check_code_reference(RepositoryView& view, const std::string& folder, std::string_view reference,
                          const std::string& needed_by);
// auto_map and custom_pipelines of the configuration at `path`.
void check_auto_map(RepositoryView& view, const std::string& folder, const std::string& path);

// Other models that a configuration names: vision towers, draft models, backbones.
void check_second_models(RepositoryView& view, const std::string& path);
// The voices of a speaking model, which may lie elsewhere.
void check_voices(RepositoryView& view);

void check_sentence_transformers(RepositoryView& view);
void check_diffusers(RepositoryView& view);
void check_adapter(RepositoryView& view);
// Adapters of diffusers, which name their base model nowhere but in the model card.
void check_lora(RepositoryView& view);
void check_dataset(RepositoryView& view);

// Another repository, and what of it is needed.
struct OtherRepository {
  std::string_view repo;
  std::string_view revision = {};      // may be empty
  std::vector<std::string> only = {};  // patterns; empty: as usual
  std::string_view code = {};          // "module.Class"
};
// A finding that it is needed; a remark of the same severity where `repo` names none.
void need_repository(RepositoryView& view, OtherRepository other, const std::string& needed_by,
                     Severity severity = Severity::kError);

}  // namespace pannier
