// Source of the rules: the reference library's (de)serialization of Tokenizer, version "1.0".
#include "run/text/tokenizer_json.h"

#include <fmt/core.h>

#include <array>

#include "base/limits.h"
#include "run/text/pre_tokenizer_bert.h"

namespace pannier {
namespace {

constexpr std::string_view kFile = "tokenizer.json";
// A template longer than this was made to multiply the text.
constexpr size_t kTemplateTokensMax = 1024;
constexpr size_t kTemplateTextsMax = 8;

Error corrupt(JsonValue at, std::string message) {
  return Error{ErrorKind::kCorrupt, fmt::format("{}: {} (at byte {})", kFile, message, at.offset()), ""};
}

// One row for each type there is of a part.
template <class Part>
struct BuilderRow {
  std::string_view type;
  Result<Part> (*build)(JsonValue value);
};

template <class Part, size_t kRows>
Result<Part> build_by_type(JsonValue value, const char* part, std::string_view type,
                           const std::array<BuilderRow<Part>, kRows>& rows) {
  std::string supported;
  for (const BuilderRow<Part>& row : rows) {
    if (row.type == type) return row.build(value);
    supported += supported.empty() ? "" : ", ";
    supported += row.type;
  }
  return Error{ErrorKind::kUnsupported,
               fmt::format("{}: {} of type \"{}\" is not supported (at byte {})", kFile, part,
                           type.substr(0, 80), value.offset()),
               fmt::format("supported: {}", supported)};
}

Result<std::string> type_of(JsonValue value, const char* part) {
  if (!value.is_object()) return corrupt(value, fmt::format("{} is {}", part, json_type_name(value.type())));
  return JsonReader(value, kFile).string("type");
}

Result<bool> flag(JsonValue object, std::string_view key) {
  const auto value = object[key].as_bool();
  if (!value) return corrupt(object, fmt::format("\"{}\" is not true or false", key));
  return *value;
}

// --- Post-processors ---

Result<int32_t> small_id(JsonValue value, std::string_view what) {
  const auto id = value.as_unsigned();
  if (!id) return corrupt(value, fmt::format("{} is not a whole number", what));
  if (*id >= limits::kVocabularyEntriesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} is {}, must be below {}", kFile, what, *id, limits::kVocabularyEntriesMax), ""};
  }
  return static_cast<int32_t>(*id);
}

Status append_special(JsonValue piece, JsonValue special_tokens, std::vector<TemplatePiece>& pieces) {
  PANNIER_ASSIGN(const std::string name, JsonReader(piece, kFile).string("id"));
  PANNIER_ASSIGN(const int32_t type_id, small_id(piece["type_id"], "a type_id"));
  const JsonValue token = special_tokens[name];
  if (!token.exists()) {
    return corrupt(piece,
                   fmt::format("the template names \"{}\", which is not among its special_tokens", name));
  }
  PANNIER_ASSIGN(const JsonValue ids, JsonReader(token, kFile).array("ids"));
  for (const JsonValue id : ids.elements()) {
    if (pieces.size() >= kTemplateTokensMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{}: the template has more than {} tokens", kFile, kTemplateTokensMax), ""};
    }
    PANNIER_ASSIGN(const int32_t number, small_id(id, "the id of a special token"));
    pieces.push_back({false, number, type_id});
  }
  return {};
}

Result<PostProcessor> build_template(JsonValue value) {
  const JsonReader reader(value, kFile);
  PANNIER_ASSIGN(const JsonValue single, reader.array("single"));
  PANNIER_ASSIGN(const JsonValue special_tokens, reader.object("special_tokens"));
  std::vector<TemplatePiece> pieces;
  size_t texts = 0;
  for (const JsonValue piece : single.elements()) {
    if (const JsonValue special = piece["SpecialToken"]; special.exists()) {
      PANNIER_TRY(append_special(special, special_tokens, pieces));
      continue;
    }
    const JsonValue sequence = piece["Sequence"];
    if (sequence["id"].as_string() != "A") {
      return corrupt(piece,
                     "the template for one text has a piece that is neither a SpecialToken nor Sequence A");
    }
    if (++texts > kTemplateTextsMax) {
      return Error{
          ErrorKind::kLimit,
          fmt::format("{}: the template repeats the text more than {} times", kFile, kTemplateTextsMax), ""};
    }
    PANNIER_ASSIGN(const int32_t type_id, small_id(sequence["type_id"], "a type_id"));
    pieces.push_back({true, 0, type_id});
  }
  return PostProcessor(std::move(pieces));
}

// ["[SEP]", 102]
Result<TemplatePiece> bert_special(JsonValue value, std::string_view key) {
  const JsonValue pair = value[key];
  if (!pair.is_array() || pair.size() != 2) return corrupt(value, fmt::format("\"{}\" is not a pair", key));
  JsonValue last;
  for (const JsonValue element : pair.elements()) last = element;
  PANNIER_ASSIGN(const int32_t id, small_id(last, "the id of a special token"));
  return TemplatePiece{false, id, 0};
}

Result<PostProcessor> build_bert_processing(JsonValue value) {
  PANNIER_ASSIGN(const TemplatePiece cls, bert_special(value, "cls"));
  PANNIER_ASSIGN(const TemplatePiece sep, bert_special(value, "sep"));
  return PostProcessor({cls, {true, 0, 0}, sep});
}

// --- The other parts ---

Result<std::unique_ptr<Normalizer>> build_bert_normalizer(JsonValue value) {
  PANNIER_ASSIGN(const BertNormalizerSettings settings, parse_bert_normalizer(value));
  return std::unique_ptr<Normalizer>(std::make_unique<BertNormalizer>(settings));
}

Result<std::unique_ptr<PreTokenizer>> build_bert_pre_tokenizer(JsonValue) {
  return std::unique_ptr<PreTokenizer>(std::make_unique<BertPreTokenizer>());
}

Result<std::unique_ptr<TokenModel>> build_wordpiece(JsonValue model) {
  PANNIER_ASSIGN(WordPieceSettings settings, parse_wordpiece_settings(model));
  PANNIER_ASSIGN(Vocabulary vocabulary, parse_wordpiece_vocabulary(model));
  return WordPiece::make(std::move(vocabulary), std::move(settings), kFile);
}

constexpr std::array kNormalizers = {
    BuilderRow<std::unique_ptr<Normalizer>>{"BertNormalizer", build_bert_normalizer},
};
constexpr std::array kPreTokenizers = {
    BuilderRow<std::unique_ptr<PreTokenizer>>{"BertPreTokenizer", build_bert_pre_tokenizer},
};
constexpr std::array kPostProcessors = {
    BuilderRow<PostProcessor>{"TemplateProcessing", build_template},
    BuilderRow<PostProcessor>{"BertProcessing", build_bert_processing},
};
constexpr std::array kModels = {
    BuilderRow<std::unique_ptr<TokenModel>>{"WordPiece", build_wordpiece},
};

// Older files leave the model's type out; the members tell it.
Result<std::string> model_type(JsonValue model) {
  if (model.is_object() && !model["type"].exists() && model["continuing_subword_prefix"].exists() &&
      model["max_input_chars_per_word"].exists() && !model["merges"].exists()) {
    return std::string("WordPiece");
  }
  return type_of(model, "the model");
}

Result<Vocabulary> parse_vocabulary(JsonValue model) {
  PANNIER_ASSIGN(const JsonValue entries, JsonReader(model, kFile).object("vocab"));
  Vocabulary vocabulary;
  for (const JsonValue::Member entry : entries.members()) {
    const auto id = entry.value.as_unsigned();
    if (!id) {
      return corrupt(entry.value, fmt::format("the id of token \"{}\" is not a whole number from 0 on",
                                              entry.key.substr(0, 80)));
    }
    PANNIER_TRY(vocabulary.add(entry.key, *id, kFile));
  }
  PANNIER_TRY(vocabulary.finish(kFile));
  return vocabulary;
}

Status parse_truncation(JsonValue truncation, TokenizerJsonSettings& settings) {
  if (!truncation.exists() || truncation.is_null()) return {};
  const JsonReader reader(truncation, kFile);
  PANNIER_ASSIGN(const uint64_t length, reader.unsigned_integer("max_length", UINT64_MAX));
  if (length <= INT32_MAX) settings.truncation_length = static_cast<uint32_t>(length);
  settings.truncation_side = TruncationSide::kRight;
  if (const JsonValue direction = truncation["direction"]; direction.exists()) {
    if (direction.as_string() == "Left") {
      settings.truncation_side = TruncationSide::kLeft;
    } else if (direction.as_string() != "Right") {
      return corrupt(direction, "the truncation direction is neither \"Left\" nor \"Right\"");
    }
  }
  return {};
}

}  // namespace

Result<TokenizerJsonSettings> parse_tokenizer_json_settings(JsonValue root) {
  if (!root.is_object()) return corrupt(root, fmt::format("the file is {}", json_type_name(root.type())));
  if (const JsonValue version = root["version"]; version.exists() && version.as_string() != "1.0") {
    return Error{ErrorKind::kUnsupported, fmt::format("{}: its version is not \"1.0\"", kFile),
                 "supported: 1.0"};
  }
  TokenizerJsonSettings settings;
  PANNIER_TRY(parse_truncation(root["truncation"], settings));
  if (const auto pad = root["padding"]["pad_token"].as_string()) settings.pad_token = *pad;
  const JsonValue added = root["added_tokens"];
  if (added.exists() && !added.is_array()) return corrupt(added, "\"added_tokens\" is not an array");
  if (added.size() > limits::kAddedTokensMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} added tokens, at most {} are allowed", kFile, added.size(),
                             limits::kAddedTokensMax),
                 ""};
  }
  for (const JsonValue element : added.elements()) {
    PANNIER_ASSIGN(AddedTokenSpec spec, parse_added_token(element, kFile));
    PANNIER_ASSIGN(const int32_t id, small_id(element["id"], "the id of an added token"));
    settings.added_tokens.emplace_back(id, std::move(spec));
  }
  return settings;
}

Result<std::unique_ptr<Normalizer>> build_normalizer(JsonValue root) {
  const JsonValue value = root["normalizer"];
  if (!value.exists() || value.is_null()) return std::unique_ptr<Normalizer>();
  PANNIER_ASSIGN(const std::string type, type_of(value, "the normalizer"));
  return build_by_type(value, "a normalizer", type, kNormalizers);
}

Result<std::unique_ptr<PreTokenizer>> build_pre_tokenizer(JsonValue root) {
  const JsonValue value = root["pre_tokenizer"];
  if (!value.exists() || value.is_null()) return std::unique_ptr<PreTokenizer>();
  PANNIER_ASSIGN(const std::string type, type_of(value, "the pre-tokenizer"));
  return build_by_type(value, "a pre-tokenizer", type, kPreTokenizers);
}

Result<PostProcessor> build_post_processor(JsonValue root) {
  const JsonValue value = root["post_processor"];
  if (!value.exists() || value.is_null()) return PostProcessor();
  PANNIER_ASSIGN(const std::string type, type_of(value, "the post-processor"));
  return build_by_type(value, "a post-processor", type, kPostProcessors);
}

Result<std::unique_ptr<TokenModel>> build_model(JsonValue root) {
  PANNIER_ASSIGN(const std::string type, model_type(root["model"]));
  return build_by_type(root["model"], "a model", type, kModels);
}

Result<Vocabulary> parse_wordpiece_vocabulary(JsonValue model) {
  PANNIER_ASSIGN(const std::string type, model_type(model));
  if (type != "WordPiece") {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: a model of type \"{}\" is not supported (at byte {})", kFile,
                             type.substr(0, 80), model.offset()),
                 "supported: WordPiece"};
  }
  return parse_vocabulary(model);
}

Result<WordPieceSettings> parse_wordpiece_settings(JsonValue model) {
  const JsonReader reader(model, kFile);
  WordPieceSettings settings;
  PANNIER_ASSIGN(settings.unknown_token, reader.string("unk_token"));
  PANNIER_ASSIGN(settings.continuing_prefix, reader.string("continuing_subword_prefix"));
  const JsonValue length = model["max_input_chars_per_word"];
  if (!length.as_unsigned() && length.as_number().value_or(0) > static_cast<double>(INT64_MAX)) {
    settings.word_characters_max = UINT64_MAX;  // "no limit", written as the largest number there is
    return settings;
  }
  PANNIER_ASSIGN(settings.word_characters_max,
                 reader.unsigned_integer("max_input_chars_per_word", UINT64_MAX));
  return settings;
}

Result<BertNormalizerSettings> parse_bert_normalizer(JsonValue normalizer) {
  BertNormalizerSettings settings;
  PANNIER_ASSIGN(settings.clean_text, flag(normalizer, "clean_text"));
  PANNIER_ASSIGN(settings.handle_chinese_chars, flag(normalizer, "handle_chinese_chars"));
  PANNIER_ASSIGN(settings.lowercase, flag(normalizer, "lowercase"));
  settings.strip_accents = settings.lowercase;
  if (const JsonValue accents = normalizer["strip_accents"]; accents.exists() && !accents.is_null()) {
    PANNIER_ASSIGN(settings.strip_accents, flag(normalizer, "strip_accents"));
  }
  return settings;
}

}  // namespace pannier
