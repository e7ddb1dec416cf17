// Tokenizer::load: which files a folder has, and which of them transformers would follow.
//
// Source of the rules: transformers 5.23.0. AutoTokenizer picks a class; BertTokenizer builds itself
// anew from a vocabulary and tokenizer_config.json, every other supported class takes tokenizer.json
// as it is. Both then add the tokens that the small files name.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/limits.h"
#include "run/text/normalizer_lowercase.h"
#include "run/text/pre_tokenizer_bert.h"
#include "run/text/tokenizer_config.h"
#include "run/text/tokenizer_json.h"
#include "run/text/tokenizer_parts.h"
#include "run/text/tokenizer_vocab_txt.h"

namespace pannier {
namespace {

constexpr const char* kTokenizerJson = "tokenizer.json";
constexpr const char* kVocabTxt = "vocab.txt";
constexpr const char* kTokenizerConfig = "tokenizer_config.json";

// How transformers makes the tokenizer of a class.
enum class Recipe { kBert, kAsWritten };

struct RecipeRow {
  std::string_view class_name;  // without "Fast"
  Recipe recipe;
};
constexpr std::array kRecipes = {
    RecipeRow{"BertTokenizer", Recipe::kBert},
    RecipeRow{"DistilBertTokenizer", Recipe::kBert},
    RecipeRow{"PreTrainedTokenizer", Recipe::kAsWritten},
    RecipeRow{"TokenizersBackend", Recipe::kAsWritten},
};
// Model types whose tokenizer is a BertTokenizer where no class is named.
constexpr std::array<std::string_view, 4> kBertModelTypes = {"bert", "distilbert", "electra", "mobilebert"};

// The files of a folder, held open as long as documents look into them.
struct OpenFiles {
  std::vector<std::unique_ptr<FileView>> views;
  std::vector<JsonDocument> documents;
  JsonValue tokenizer_json;
  std::string_view vocab_txt;
  TokenizerConfigFiles config;
};

Result<std::string_view> read_file(const ModelFiles& files, const std::string& name, uint64_t bytes_max,
                                   OpenFiles& open) {
  PANNIER_ASSIGN(std::unique_ptr<FileView> view, files.open(name));
  const std::string_view text = as_text(view->bytes());
  if (text.size() > bytes_max) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} has {} bytes, at most {} are allowed", files.label(), name, text.size(),
                             bytes_max),
                 ""};
  }
  open.views.push_back(std::move(view));
  return text;
}

// An absent file gives an absent value.
Result<JsonValue> read_json(const ModelFiles& files, const std::string& name, uint64_t bytes_max,
                            OpenFiles& open) {
  if (!files.has(name)) return JsonValue();
  PANNIER_ASSIGN(const std::string_view text, read_file(files, name, bytes_max, open));
  PANNIER_ASSIGN(JsonDocument document, JsonDocument::parse_view(text, name));
  open.documents.push_back(std::move(document));
  return open.documents.back().root();
}

Result<OpenFiles> open_files(const ModelFiles& files) {
  OpenFiles open;
  if (!files.has(kTokenizerJson) && !files.has(kVocabTxt)) {
    const bool has_config = files.has(kTokenizerConfig);
    return Error{
        ErrorKind::kIncomplete,
        fmt::format("{}: the tokenizer is missing: neither {} nor {} is there{}", files.label(),
                    kTokenizerJson, kVocabTxt, has_config ? "" : fmt::format(", nor {}", kTokenizerConfig)),
        fmt::format("fetch {} from where the weights came from, or {} together with {}", kTokenizerJson,
                    kVocabTxt, kTokenizerConfig)};
  }
  PANNIER_ASSIGN(open.tokenizer_json, read_json(files, kTokenizerJson, limits::kTokenizerBytesMax, open));
  PANNIER_ASSIGN(open.config.tokenizer_config,
                 read_json(files, kTokenizerConfig, limits::kConfigBytesMax, open));
  PANNIER_ASSIGN(open.config.special_tokens_map,
                 read_json(files, "special_tokens_map.json", limits::kConfigBytesMax, open));
  PANNIER_ASSIGN(open.config.added_tokens,
                 read_json(files, "added_tokens.json", limits::kConfigBytesMax, open));
  PANNIER_ASSIGN(open.config.model_config, read_json(files, "config.json", limits::kConfigBytesMax, open));
  if (!open.tokenizer_json.exists()) {
    PANNIER_ASSIGN(open.vocab_txt, read_file(files, kVocabTxt, limits::kTokenizerBytesMax, open));
  }
  return open;
}

Result<Recipe> choose_recipe(const TokenizerConfig& config, bool has_tokenizer_json,
                             const std::string& label) {
  if (!config.tokenizer_class) {
    const bool bert =
        std::find(kBertModelTypes.begin(), kBertModelTypes.end(), config.model_type) != kBertModelTypes.end();
    return bert || !has_tokenizer_json ? Recipe::kBert : Recipe::kAsWritten;
  }
  std::string_view name = *config.tokenizer_class;
  if (name.ends_with("Fast")) name.remove_suffix(4);
  std::string supported;
  for (const RecipeRow& row : kRecipes) {
    if (row.class_name != name) {
      supported += supported.empty() ? "" : ", ";
      supported += row.class_name;
      continue;
    }
    if (row.recipe == Recipe::kAsWritten && !has_tokenizer_json) {
      return Error{ErrorKind::kIncomplete,
                   fmt::format("{}: {} is missing, and the tokenizer class {} cannot do without", label,
                               kTokenizerJson, *config.tokenizer_class),
                   fmt::format("fetch {} from where the weights came from", kTokenizerJson)};
    }
    return row.recipe;
  }
  return Error{ErrorKind::kUnsupported,
               fmt::format("{}: tokenizer class \"{}\" is not supported", kTokenizerConfig,
                           config.tokenizer_class->substr(0, 80)),
               fmt::format("supported: {}", supported)};
}

// What the small files add to what is there already, in the order in which transformers adds it.
std::vector<AddedToken> tokens_to_add(const TokenizerConfig& config, const AddedTokens& present) {
  std::vector<SpecialToken> adding;
  std::set<std::string> known;
  for (const auto& [id, spec] : config.added_tokens) {
    adding.push_back({spec.token.content, spec});
    known.insert(spec.token.content);
  }
  std::vector<SpecialToken> named;
  for (const std::string& name : kSpecialTokenNames) {
    const auto found = config.special_tokens.find(name);
    if (found != config.special_tokens.end() && found->second) named.push_back(*found->second);
  }
  named.insert(named.end(), config.named_extras.begin(), config.named_extras.end());
  std::vector<SpecialToken> candidates = named;
  candidates.insert(candidates.end(), config.extras.begin(), config.extras.end());
  for (const SpecialToken& token : candidates) {
    const auto same = [&](const SpecialToken& other) { return token.same_as(other); };
    if (known.contains(token.content) || present.contains(token.content)) continue;
    if (std::none_of(adding.begin(), adding.end(), same)) adding.push_back(token);
  }
  std::vector<AddedToken> result;
  for (const SpecialToken& token : adding) {
    const auto has_content = [&](const SpecialToken& other) { return token.content == other.content; };
    AddedTokenSpec spec = token.spec.value_or(AddedTokenSpec{});
    spec.token.content = token.content;
    if (!token.spec || std::any_of(named.begin(), named.end(), has_content)) spec.token.special = true;
    result.push_back(spec.resolve());
  }
  return result;
}

// A named special token takes the settings of the added token with its content.
void merge_added_settings(TokenizerConfig& config) {
  for (auto& [name, token] : config.special_tokens) {
    if (!token) continue;
    for (const auto& [id, spec] : config.added_tokens) {
      if (spec.token.content == token->content) token->spec = spec;
    }
  }
}

// BertTokenizer's default for a special token that no file names; an explicit null stays none.
const std::optional<SpecialToken>& special_or_default(TokenizerConfig& config, const char* name,
                                                      const char* content) {
  return config.special_tokens.try_emplace(name, SpecialToken{content, std::nullopt}).first->second;
}

// What a folder's tokenizer.json says otherwise than what BertTokenizer does.
Result<std::string> bert_disagreements(JsonValue root, const TokenizerConfig& config,
                                       const BertNormalizerSettings& settings,
                                       const WordPieceSettings& model) {
  std::string found;
  const auto differ = [&found](const char* what) {
    found += found.empty() ? "" : ", ";
    found += what;
  };
  const JsonValue normalizer = root["normalizer"];
  if (normalizer["type"].as_string() != "BertNormalizer") {
    differ("the normalizer");
  } else {
    PANNIER_ASSIGN(const BertNormalizerSettings json, parse_bert_normalizer(normalizer));
    if (json.lowercase != settings.lowercase) differ("lower case");
    if (json.strip_accents != settings.strip_accents) differ("accents");
    if (json.handle_chinese_chars != settings.handle_chinese_chars) differ("Chinese characters");
    if (json.clean_text != settings.clean_text) differ("control characters");
  }
  if (root["pre_tokenizer"]["type"].as_string() != "BertPreTokenizer") differ("the pre-tokenizer");
  PANNIER_ASSIGN(const WordPieceSettings json, parse_wordpiece_settings(root["model"]));
  if (json.unknown_token != model.unknown_token || json.continuing_prefix != model.continuing_prefix ||
      json.word_characters_max != model.word_characters_max) {
    differ("WordPiece settings");
  }
  if (found.empty()) return found;
  return fmt::format(
      "{} and {} disagree about {}; for the class {} transformers follows the latter, and so was done",
      kTokenizerJson, kTokenizerConfig, found, config.tokenizer_class.value_or("BertTokenizer"));
}

// "[CLS]:0 $A:0 [SEP]:0": transformers writes the template as text, so that not every token can be in it.
Result<TemplatePiece> bert_template_piece(const std::optional<SpecialToken>& token,
                                          const TokenizerParts& parts, int32_t id_without_token) {
  if (!token) return TemplatePiece{false, id_without_token, 0};
  const std::string& content = token->content;
  if (content.empty() || content.find_first_of(" :$") != std::string::npos) {
    return Error{
        ErrorKind::kUnsupported,
        fmt::format("{}: \"{}\" cannot be a cls_token or sep_token", kTokenizerConfig, content),
        "transformers cannot load this tokenizer either: empty tokens, and tokens with ' ', ':' or '$', "
        "do not fit its template"};
  }
  const std::optional<uint32_t> id = parts.added_tokens.id_of(content, parts.model->vocabulary());
  // All named special tokens were added before, so that each has an id.
  return TemplatePiece{false, static_cast<int32_t>(id.value_or(0)), 0};
}

Result<TokenizerParts> build_like_bert(const OpenFiles& open, TokenizerConfig& config) {
  TokenizerParts parts;
  const std::optional<SpecialToken>& unknown = special_or_default(config, "unk_token", "[UNK]");
  const std::optional<SpecialToken>& sep = special_or_default(config, "sep_token", "[SEP]");
  special_or_default(config, "pad_token", "[PAD]");
  const std::optional<SpecialToken>& cls = special_or_default(config, "cls_token", "[CLS]");
  special_or_default(config, "mask_token", "[MASK]");

  WordPieceSettings model;
  model.unknown_token = unknown ? unknown->content : "None";
  BertNormalizerSettings settings;
  settings.lowercase = config.do_lower_case;
  settings.handle_chinese_chars = config.tokenize_chinese_chars;
  settings.strip_accents = config.strip_accents.value_or(config.do_lower_case);
  Vocabulary vocabulary;
  if (open.tokenizer_json.exists()) {
    PANNIER_ASSIGN(parts.note, bert_disagreements(open.tokenizer_json, config, settings, model));
    PANNIER_ASSIGN(vocabulary, parse_wordpiece_vocabulary(open.tokenizer_json["model"]));
  } else {
    PANNIER_ASSIGN(vocabulary, parse_vocab_txt(open.vocab_txt));
  }
  const char* vocabulary_file = open.tokenizer_json.exists() ? kTokenizerJson : kVocabTxt;
  PANNIER_ASSIGN(parts.model, WordPiece::make(std::move(vocabulary), std::move(model), vocabulary_file));
  parts.normalizer = std::make_unique<BertNormalizer>(settings);
  parts.pre_tokenizer = std::make_unique<BertPreTokenizer>();
  PANNIER_TRY(parts.added_tokens.add(tokens_to_add(config, parts.added_tokens), parts.model->vocabulary(),
                                     kTokenizerConfig));
  PANNIER_ASSIGN(const TemplatePiece first, bert_template_piece(cls, parts, 2));
  PANNIER_ASSIGN(const TemplatePiece last, bert_template_piece(sep, parts, 3));
  parts.post_processor = PostProcessor({first, {true, 0, 0}, last});
  return parts;
}

Result<TokenizerParts> build_from_tokenizer_json(const OpenFiles& open, const TokenizerJsonSettings& settings,
                                                 TokenizerConfig& config) {
  TokenizerParts parts;
  const JsonValue root = open.tokenizer_json;
  PANNIER_ASSIGN(parts.normalizer, build_normalizer(root));
  PANNIER_ASSIGN(parts.pre_tokenizer, build_pre_tokenizer(root));
  PANNIER_ASSIGN(parts.post_processor, build_post_processor(root));
  PANNIER_ASSIGN(parts.model, build_model(root));
  std::vector<AddedToken> tokens;
  tokens.reserve(settings.added_tokens.size());
  for (const auto& [id, spec] : settings.added_tokens) tokens.push_back(spec.resolve());
  PANNIER_TRY(parts.added_tokens.add(tokens, parts.model->vocabulary(), kTokenizerJson));
  for (const auto& [id, spec] : settings.added_tokens) {
    const auto given = parts.added_tokens.id_of(spec.token.content, parts.model->vocabulary());
    if (!given || *given == id || !parts.note.empty()) continue;
    parts.note = fmt::format(
        "{} says that the added token \"{}\" has id {}; by the reference library's numbering, "
        "which was followed, it has {}",
        kTokenizerJson, spec.token.content, id, *given);
  }
  // Padding that is baked in names a pad token.
  if (settings.pad_token)
    config.special_tokens.try_emplace("pad_token", SpecialToken{*settings.pad_token, {}});
  PANNIER_TRY(parts.added_tokens.add(tokens_to_add(config, parts.added_tokens), parts.model->vocabulary(),
                                     kTokenizerConfig));
  return parts;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::load(const ModelFiles& files,
                                                   const TokenizerLoadOptions& options) {
  PANNIER_ASSIGN(const OpenFiles open, open_files(files));
  PANNIER_ASSIGN(TokenizerConfig config, parse_tokenizer_config(open.config));
  PANNIER_ASSIGN(const Recipe recipe, choose_recipe(config, open.tokenizer_json.exists(), files.label()));
  TokenizerJsonSettings settings;
  if (open.tokenizer_json.exists()) {
    PANNIER_ASSIGN(settings, parse_tokenizer_json_settings(open.tokenizer_json));
    if (!config.has_added_tokens_decoder) {
      for (const auto& [id, spec] : settings.added_tokens) config.added_tokens[id] = spec;
    }
  }
  merge_added_settings(config);
  auto built = recipe == Recipe::kBert ? build_like_bert(open, config)
                                       : build_from_tokenizer_json(open, settings, config);
  PANNIER_ASSIGN(TokenizerParts parts, std::move(built));
  if (options.lowercase_first) {
    parts.normalizer = std::make_unique<LowercaseNormalizer>(std::move(parts.normalizer));
  }
  PANNIER_TRY(
      parts.added_tokens.finish(parts.normalizer.get(), config.split_special_tokens, kTokenizerConfig));
  parts.file_truncation_length = settings.truncation_length;
  parts.model_max_length = config.model_max_length;
  parts.truncation_side =
      config.truncation_side.value_or(settings.truncation_side.value_or(TruncationSide::kRight));
  return make_tokenizer(std::move(parts));
}

}  // namespace pannier
