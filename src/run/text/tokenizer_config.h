// TokenizerConfig: what a folder's small files say about its tokenizer, read as transformers reads them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/text/added_tokens.h"
#include "run/text/truncation.h"

namespace pannier {

// An added token whose `normalized` may not be given; then it is the opposite of `special`.
struct AddedTokenSpec {
  AddedToken token;
  bool normalized_given = false;
  AddedToken resolve() const;
};

// {"content": …, "lstrip": …, …}; `what` names the file in messages.
Result<AddedTokenSpec> parse_added_token(JsonValue value, std::string_view what);

// The value of a special token: a plain string, or a token with settings.
struct SpecialToken {
  std::string content;
  std::optional<AddedTokenSpec> spec;  // no value: a plain string
  bool same_as(const SpecialToken& other) const;
};

struct TokenizerConfig {
  std::optional<std::string> tokenizer_class;  // of tokenizer_config.json, else of config.json
  std::string model_type;                      // of config.json
  bool do_lower_case = true;
  bool tokenize_chinese_chars = true;
  std::optional<bool> strip_accents;
  bool split_special_tokens = false;
  std::optional<uint32_t> model_max_length;
  std::optional<TruncationSide> truncation_side;

  // unk_token, cls_token, … by name. A key that is there without a value was said to be null.
  std::map<std::string, std::optional<SpecialToken>> special_tokens;
  std::vector<SpecialToken> named_extras;  // "*_token" keys beyond the usual seven, in order
  std::vector<SpecialToken> extras;        // extra_special_tokens

  // Tokens by the id the files give them. The reference adds them in this order and numbers anew.
  std::map<int64_t, AddedTokenSpec> added_tokens;
  bool has_added_tokens_decoder = false;  // then tokenizer.json's added tokens are not merged in
};

// The seven names in the order in which transformers goes through them.
extern const std::vector<std::string> kSpecialTokenNames;

// Each document is absent where the folder has no such file. kCorrupt, naming file and key.
struct TokenizerConfigFiles {
  JsonValue tokenizer_config;    // tokenizer_config.json
  JsonValue special_tokens_map;  // special_tokens_map.json
  JsonValue added_tokens;        // added_tokens.json
  JsonValue model_config;        // config.json
};
Result<TokenizerConfig> parse_tokenizer_config(const TokenizerConfigFiles& files);

}  // namespace pannier
