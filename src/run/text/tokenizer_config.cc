// Source of the rules: transformers 5.23.0, PreTrainedTokenizerBase._from_pretrained and __init__.
#include "run/text/tokenizer_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace pannier {

const std::vector<std::string> kSpecialTokenNames = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                     "pad_token", "cls_token", "mask_token"};

namespace {

constexpr std::string_view kConfigFile = "tokenizer_config.json";
constexpr std::string_view kMapFile = "special_tokens_map.json";
constexpr std::string_view kAddedFile = "added_tokens.json";
// Extra special tokens: each is compared with all others.
constexpr size_t kExtrasMax = 4096;

Error wrong(std::string_view file, std::string_view key, JsonValue value, const char* expected) {
  return Error{ErrorKind::kCorrupt,
               fmt::format("{}: \"{}\" is {}, expected {} (at byte {})", file, key,
                           json_type_name(value.type()), expected, value.offset()),
               ""};
}

Status read_flag(JsonValue object, std::string_view file, std::string_view key, bool& flag) {
  const JsonValue value = object[key];
  if (!value.exists()) return {};
  const std::optional<bool> given = value.as_bool();
  if (!given) return wrong(file, key, value, "true or false");
  flag = *given;
  return {};
}

Result<SpecialToken> parse_special_token(JsonValue value, std::string_view file, std::string_view key,
                                         bool force_special) {
  if (const auto text = value.as_string()) return SpecialToken{std::string(*text), std::nullopt};
  if (!value.is_object()) return wrong(file, key, value, "a string or an added token");
  PANNIER_ASSIGN(AddedTokenSpec spec, parse_added_token(value, file));
  if (force_special) spec.token.special = true;
  std::string content = spec.token.content;
  return SpecialToken{std::move(content), std::move(spec)};
}

bool is_usual_name(std::string_view key) {
  return std::find(kSpecialTokenNames.begin(), kSpecialTokenNames.end(), key) != kSpecialTokenNames.end();
}

// Members of one file that name special tokens; a later file overrides an earlier one.
Status read_special_tokens(JsonValue object, std::string_view file, bool force_special,
                           TokenizerConfig& config) {
  for (const JsonValue::Member member : object.members()) {
    if (!is_usual_name(member.key)) continue;
    std::optional<SpecialToken>& place = config.special_tokens[std::string(member.key)];
    place.reset();
    if (member.value.is_null()) continue;
    PANNIER_ASSIGN(place, parse_special_token(member.value, file, member.key, force_special));
  }
  return {};
}

// "additional_special_tokens" is the older name of "extra_special_tokens"; a list, or names with tokens.
Status read_extras(JsonValue object, std::string_view file, bool force_special, TokenizerConfig& config) {
  const JsonValue newer = object["extra_special_tokens"];
  const bool has_newer = newer.size() > 0;
  const std::string_view key = has_newer ? "extra_special_tokens" : "additional_special_tokens";
  const JsonValue value = object[key];
  if (!value.exists() || value.is_null()) return {};
  if (value.is_object()) {
    for (const JsonValue::Member member : value.members()) {
      PANNIER_ASSIGN(SpecialToken token, parse_special_token(member.value, file, member.key, force_special));
      config.named_extras.push_back(std::move(token));
    }
    return {};
  }
  if (!value.is_array()) return wrong(file, key, value, "a list of tokens");
  for (const JsonValue element : value.elements()) {
    PANNIER_ASSIGN(SpecialToken token, parse_special_token(element, file, key, force_special));
    if (config.extras.size() >= kExtrasMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{}: \"{}\" has more than {} tokens", file, key, kExtrasMax), ""};
    }
    const auto same = [&](const SpecialToken& other) { return token.same_as(other); };
    if (std::none_of(config.extras.begin(), config.extras.end(), same))
      config.extras.push_back(std::move(token));
  }
  return {};
}

Status read_named_extras(JsonValue object, TokenizerConfig& config) {
  for (const JsonValue::Member member : object.members()) {
    const auto text = member.value.as_string();
    if (!text || !member.key.ends_with("_token") || is_usual_name(member.key)) continue;
    config.named_extras.push_back(SpecialToken{std::string(*text), std::nullopt});
  }
  return {};
}

Status read_added_tokens_decoder(JsonValue decoder, TokenizerConfig& config) {
  if (!decoder.is_object()) return wrong(kConfigFile, "added_tokens_decoder", decoder, "an object");
  for (const JsonValue::Member member : decoder.members()) {
    int64_t id = 0;
    const char* begin = member.key.data();
    const char* end = begin + member.key.size();
    const auto [stopped, failure] = std::from_chars(begin, end, id);
    if (failure != std::errc() || stopped != end) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: \"added_tokens_decoder\" has the key \"{}\", expected a token id",
                               kConfigFile, member.key.substr(0, 80)),
                   ""};
    }
    PANNIER_ASSIGN(config.added_tokens[id], parse_added_token(member.value, kConfigFile));
  }
  config.has_added_tokens_decoder = true;
  return {};
}

// added_tokens.json: {"token": id}. Special where some special token has that content.
Status read_added_tokens_file(JsonValue object, TokenizerConfig& config) {
  std::set<std::string_view> special_contents;
  for (const auto& [name, special] : config.special_tokens) {
    if (special) special_contents.insert(special->content);
  }
  for (const SpecialToken& extra : config.extras) special_contents.insert(extra.content);
  for (const JsonValue::Member member : object.members()) {
    const auto id = member.value.as_integer();
    if (!id) return wrong(kAddedFile, member.key, member.value, "a token id");
    AddedTokenSpec spec;  // normalized where it is not special
    spec.token.content = member.key;
    spec.token.special = special_contents.contains(member.key);
    config.added_tokens[*id] = std::move(spec);
  }
  return {};
}

// Numbers without end ("very large integer") mean no limit.
std::optional<uint32_t> length_or_none(JsonValue value) {
  const auto number = value.as_number();
  if (!number || *number < 1 || *number > INT32_MAX) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

Status read_settings(JsonValue object, TokenizerConfig& config) {
  PANNIER_TRY(read_flag(object, kConfigFile, "do_lower_case", config.do_lower_case));
  PANNIER_TRY(read_flag(object, kConfigFile, "tokenize_chinese_chars", config.tokenize_chinese_chars));
  PANNIER_TRY(read_flag(object, kConfigFile, "split_special_tokens", config.split_special_tokens));
  if (const JsonValue accents = object["strip_accents"]; accents.exists() && !accents.is_null()) {
    config.strip_accents = accents.as_bool();
    if (!config.strip_accents) return wrong(kConfigFile, "strip_accents", accents, "true, false or null");
  }
  config.model_max_length =
      length_or_none(object.size() > 0 && object["model_max_length"].exists() ? object["model_max_length"]
                                                                              : object["max_len"]);
  if (const auto side = object["truncation_side"].as_string()) {
    config.truncation_side = *side == "left" ? TruncationSide::kLeft : TruncationSide::kRight;
  }
  return {};
}

}  // namespace

AddedToken AddedTokenSpec::resolve() const {
  AddedToken result = token;
  if (!normalized_given) result.normalized = !result.special;
  return result;
}

bool SpecialToken::same_as(const SpecialToken& other) const {
  if (spec.has_value() != other.spec.has_value() || content != other.content) return false;
  return !spec || spec->resolve() == other.spec->resolve();
}

Result<AddedTokenSpec> parse_added_token(JsonValue value, std::string_view what) {
  if (!value.is_object()) return wrong(what, "an added token", value, "an object");
  AddedTokenSpec spec;
  PANNIER_ASSIGN(spec.token.content, JsonReader(value, what).string("content"));
  PANNIER_TRY(read_flag(value, what, "single_word", spec.token.single_word));
  PANNIER_TRY(read_flag(value, what, "lstrip", spec.token.lstrip));
  PANNIER_TRY(read_flag(value, what, "rstrip", spec.token.rstrip));
  PANNIER_TRY(read_flag(value, what, "special", spec.token.special));
  PANNIER_TRY(read_flag(value, what, "normalized", spec.token.normalized));
  spec.normalized_given = value["normalized"].exists();
  return spec;
}

Result<TokenizerConfig> parse_tokenizer_config(const TokenizerConfigFiles& files) {
  TokenizerConfig config;
  const JsonValue main = files.tokenizer_config;
  for (const auto& [value, name] : {std::pair{main, kConfigFile},
                                    {files.special_tokens_map, kMapFile},
                                    {files.added_tokens, kAddedFile},
                                    {files.model_config, "config.json"}}) {
    if (value.exists() && !value.is_object()) return wrong(name, "the file", value, "an object");
  }
  if (const auto type = files.model_config["model_type"].as_string()) config.model_type = *type;
  for (const JsonValue object : {main, files.model_config}) {
    const auto name = object["tokenizer_class"].as_string();
    if (name && !config.tokenizer_class) config.tokenizer_class = *name;
  }
  PANNIER_TRY(read_settings(main, config));
  PANNIER_TRY(read_special_tokens(main, kConfigFile, false, config));
  PANNIER_TRY(read_named_extras(main, config));
  PANNIER_TRY(read_extras(main, kConfigFile, false, config));
  if (const JsonValue decoder = main["added_tokens_decoder"]; decoder.exists()) {
    // The older files are then not looked at.
    PANNIER_TRY(read_added_tokens_decoder(decoder, config));
    return config;
  }
  PANNIER_TRY(read_special_tokens(files.special_tokens_map, kMapFile, true, config));
  PANNIER_TRY(read_extras(files.special_tokens_map, kMapFile, true, config));
  PANNIER_TRY(read_added_tokens_file(files.added_tokens, config));
  return config;
}

}  // namespace pannier
