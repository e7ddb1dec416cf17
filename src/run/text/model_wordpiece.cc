// Source of the rules: the reference library's WordPiece model.
#include "run/text/model_wordpiece.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "run/text/unicode.h"

namespace pannier {
namespace {

bool begins_character(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) != 0x80; }

}  // namespace

Result<std::unique_ptr<TokenModel>> WordPiece::make(Vocabulary vocabulary, WordPieceSettings settings,
                                                    std::string_view what) {
  if (vocabulary.entry_count() == 0) {
    return Error{ErrorKind::kCorrupt, fmt::format("{}: the vocabulary is empty", what),
                 "the file may be cut off, or made for another program; fetch it again"};
  }
  std::unique_ptr<WordPiece> model(new WordPiece(std::move(vocabulary), std::move(settings)));
  const Vocabulary& tokens = model->vocabulary_;
  const WordPieceSettings& rules = model->settings_;
  model->unknown_id_ = tokens.find(rules.unknown_token);
  if (model->unknown_id_ == TokenTable::kAbsent) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: the vocabulary lacks the unknown token \"{}\"", what, rules.unknown_token),
                 "vocabulary and tokenizer settings belong to different models; fetch both again"};
  }
  size_t continuing_count = 0;
  for (size_t i = 0; i < tokens.entry_count(); ++i) {
    continuing_count += tokens.entry_token(i).starts_with(rules.continuing_prefix);
  }
  model->continuing_ = TokenTable(continuing_count);
  for (size_t i = 0; i < tokens.entry_count(); ++i) {
    const std::string_view token = tokens.entry_token(i);
    if (!token.starts_with(rules.continuing_prefix)) continue;
    PANNIER_TRY(model->continuing_.insert(token.substr(rules.continuing_prefix.size()), tokens.entry_id(i)));
  }
  const uint64_t longest = std::max(tokens.table().longest_bytes(), model->continuing_.longest_bytes());
  if (std::min<uint64_t>(longest, rules.word_characters_max) > kSearchedBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: max_input_chars_per_word is {} and the longest token has {} bytes; one of them "
                    "must be at most {}",
                    what, rules.word_characters_max, longest, kSearchedBytesMax),
        ""};
  }
  return std::unique_ptr<TokenModel>(std::move(model));
}

void WordPiece::tokenize(std::string_view text, std::span<const Word> words, std::vector<Token>& out) const {
  for (const Word& word : words) {
    const std::string_view bytes = text.substr(word.begin, word.end - word.begin);
    if (bytes.size() > settings_.word_characters_max && utf8_count(bytes) > settings_.word_characters_max) {
      out.push_back({unknown_id_, word.begin, word.end});
      continue;
    }
    // Most words are tokens: no need to hash more than the whole word then.
    if (bytes.size() <= vocabulary_.table().longest_bytes()) {
      const uint32_t id = vocabulary_.find(bytes);
      if (id != TokenTable::kAbsent) {
        out.push_back({id, word.begin, word.end});
        continue;
      }
    }
    cut(text, word, out);
  }
}

void WordPiece::cut(std::string_view text, const Word& word, std::vector<Token>& out) const {
  const size_t mark = out.size();
  uint32_t begin = word.begin;
  while (begin < word.end) {
    const TokenTable& table = begin == word.begin ? vocabulary_.table() : continuing_;
    const Match match = longest_match(table, text.substr(begin, word.end - begin));
    if (match.id == TokenTable::kAbsent) {
      out.resize(mark);
      out.push_back({unknown_id_, word.begin, word.end});
      return;
    }
    out.push_back({match.id, begin, begin + match.length});
    begin += match.length;
  }
}

WordPiece::Match WordPiece::longest_match(const TokenTable& table, std::string_view rest) const {
  // Hash every prefix once, then try them from the longest down. Long tokens are rare, so a longer
  // buffer than this is only made where the vocabulary has them.
  std::array<uint64_t, 512> few;
  std::vector<uint64_t> many;
  const size_t length_max = std::min(rest.size(), table.longest_bytes());
  uint64_t* hashes = few.data();
  if (length_max > few.size()) {
    many.resize(length_max);
    hashes = many.data();
  }
  uint64_t hash = kTokenHashStart;
  for (size_t i = 0; i < length_max; ++i) {
    hash = token_hash_step(hash, rest[i]);
    hashes[i] = hash;
  }
  for (size_t length = length_max; length > 0; --length) {
    if (length < rest.size() && !begins_character(rest[length])) continue;
    const uint32_t id = table.find(rest.substr(0, length), hashes[length - 1]);
    if (id != TokenTable::kAbsent) return {id, static_cast<uint32_t>(length)};
  }
  return {TokenTable::kAbsent, 0};
}

}  // namespace pannier
