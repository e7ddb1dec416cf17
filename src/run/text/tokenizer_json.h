// tokenizer.json: the parts of a tokenizer as the Hugging Face `tokenizers` library writes them down.
// To support another part, write its file and add one row to a table in tokenizer_json.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/text/model_wordpiece.h"
#include "run/text/normalizer_bert.h"
#include "run/text/tokenizer_config.h"
#include "run/text/tokenizer_parts.h"

namespace pannier {

// The settings beside the parts.
struct TokenizerJsonSettings {
  std::vector<std::pair<int64_t, AddedTokenSpec>> added_tokens;  // with the id written beside each
  std::optional<uint32_t> truncation_length;
  std::optional<TruncationSide> truncation_side;
  std::optional<std::string> pad_token;  // of the padding that is baked in
};
Result<TokenizerJsonSettings> parse_tokenizer_json_settings(JsonValue root);

// Each part, kUnsupported with its type and the types there are, kCorrupt. Absent or null: nullptr, or
// the post-processor that adds nothing.
Result<std::unique_ptr<Normalizer>> build_normalizer(JsonValue root);
Result<std::unique_ptr<PreTokenizer>> build_pre_tokenizer(JsonValue root);
Result<PostProcessor> build_post_processor(JsonValue root);
Result<std::unique_ptr<TokenModel>> build_model(JsonValue root);

// For BertTokenizer, which takes the vocabulary and leaves the rest of the model and the normalizer.
Result<Vocabulary> parse_wordpiece_vocabulary(JsonValue root);
Result<WordPieceSettings> parse_wordpiece_settings(JsonValue root);
Result<BertNormalizerSettings> parse_bert_normalizer(JsonValue normalizer);

}  // namespace pannier
