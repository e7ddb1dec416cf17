// Source of the rules: the reference library's AddedVocabulary.
#include "run/text/added_tokens.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "run/text/unicode.h"

namespace pannier {
namespace {

// How long the white space at the beginning of `text` is.
size_t length_of_leading_white(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && utf8_begins_with(text.substr(end), kUnicodeWhite)) {
    do {
      ++end;
    } while (end < text.size() && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80);
  }
  return end;
}

Error limit(std::string message) { return Error{ErrorKind::kLimit, std::move(message), ""}; }

}  // namespace

Status AddedTokens::add(const std::vector<AddedToken>& tokens, const Vocabulary& vocabulary,
                        std::string_view what) {
  // Where the numbering of new tokens goes on; the reference counts tokens, not the largest id.
  const auto vocabulary_size = static_cast<uint32_t>(vocabulary.size());
  uint32_t next_id = vocabulary_size;
  if (id_count_ > 0 && (id_count_ > vocabulary_size || vocabulary_size == 0)) next_id = id_count_;
  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    if (token.content.size() > kContentBytesMax) {
      return limit(fmt::format("{}: an added token has {} bytes, at most {} are allowed", what,
                               token.content.size(), kContentBytesMax));
    }
    const std::optional<uint32_t> known = id_of(token.content, vocabulary);
    const uint32_t id = known ? *known : next_id++;
    if (id >= limits::kVocabularyEntriesMax || token_by_id_.size() >= limits::kAddedTokensMax) {
      return limit(fmt::format("{}: more than {} added tokens, or an id beyond {}", what,
                               limits::kAddedTokensMax, limits::kVocabularyEntriesMax));
    }
    id_by_content_[token.content] = id;
    token_by_id_[id] = token;
    id_count_ = std::max(id_count_, id + 1);
  }
  return {};
}

Status AddedTokens::finish(const Normalizer* normalizer, bool split_special, std::string_view what) {
  split_special_ = split_special;
  std::vector<std::pair<std::string, uint32_t>> verbatim;
  std::vector<std::pair<std::string, uint32_t>> normalized;
  for (const auto& [id, token] : token_by_id_) {
    if (!token.normalized) {
      verbatim.emplace_back(token.content, id);
      continue;
    }
    NormalizedText content;
    if (normalizer != nullptr) {
      normalizer->normalize(token.content, 0, false, content);
    } else {
      content.text = token.content;
    }
    if (content.text.empty()) {
      return Error{
          ErrorKind::kCorrupt,
          fmt::format("{}: the added token of id {} is nothing once it is normalized", what, id),
          "the reference library refuses such a tokenizer too; give the token \"normalized\": false"};
    }
    normalized.emplace_back(std::move(content.text), id);
  }
  PANNIER_TRY(verbatim_.build(std::move(verbatim), what));
  return normalized_.build(std::move(normalized), what);
}

std::optional<uint32_t> AddedTokens::id_of(std::string_view content, const Vocabulary& vocabulary) const {
  const auto found = id_by_content_.find(std::string(content));
  if (found != id_by_content_.end()) return found->second;
  const uint32_t id = vocabulary.find(content);
  if (id == TokenTable::kAbsent) return std::nullopt;
  return id;
}

std::string_view AddedTokens::token(uint32_t id) const {
  const auto found = token_by_id_.find(id);
  return found == token_by_id_.end() ? std::string_view() : std::string_view(found->second.content);
}

Status AddedTokens::Finder::build(std::vector<std::pair<std::string, uint32_t>> patterns,
                                  std::string_view what) {
  patterns_ = std::move(patterns);
  std::sort(patterns_.begin(), patterns_.end());
  for (size_t i = 1; i < patterns_.size(); ++i) {
    if (patterns_[i - 1].first != patterns_[i].first) continue;
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: the added tokens of ids {} and {} are the same in the text (\"{}\")", what,
                             patterns_[i - 1].second, patterns_[i].second, patterns_[i].first),
                 "the reference library refuses such a tokenizer too; remove one of them"};
  }
  size_t pattern = 0;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    first_of_byte_[byte] = static_cast<uint32_t>(pattern);
    while (pattern < patterns_.size() && static_cast<uint8_t>(patterns_[pattern].first[0]) == byte) ++pattern;
  }
  first_of_byte_[256] = static_cast<uint32_t>(pattern);
  return {};
}

std::optional<AddedTokens::Finder::Match> AddedTokens::Finder::longest_at(std::string_view text,
                                                                          size_t begin) const {
  const auto first_byte = static_cast<uint8_t>(text[begin]);
  auto low = patterns_.begin() + first_of_byte_[first_byte];
  auto high = patterns_.begin() + first_of_byte_[first_byte + 1];
  std::optional<Match> best;
  for (size_t depth = 1; low != high; ++depth) {
    // All of [low, high) begin with text[begin … begin + depth); the shortest of them is the first.
    if (low->first.size() == depth) {
      best = Match{begin, begin + depth, low->second};
      ++low;
    }
    if (begin + depth == text.size()) break;
    const auto next = static_cast<uint8_t>(text[begin + depth]);
    const auto byte_at = [depth](const auto& pattern) { return static_cast<uint8_t>(pattern.first[depth]); };
    low = std::partition_point(low, high, [&](const auto& pattern) { return byte_at(pattern) < next; });
    high = std::partition_point(low, high, [&](const auto& pattern) { return byte_at(pattern) == next; });
  }
  return best;
}

std::optional<AddedTokens::Finder::Match> AddedTokens::Finder::find(std::string_view text,
                                                                    size_t from) const {
  for (size_t begin = from; begin < text.size(); ++begin) {
    const auto byte = static_cast<uint8_t>(text[begin]);
    if (first_of_byte_[byte] == first_of_byte_[byte + 1]) continue;
    if (auto match = longest_at(text, begin)) return match;
  }
  return std::nullopt;
}

void AddedTokens::Finder::split(const AddedTokens& tokens, std::string_view text,
                                std::vector<AddedSplit>& out) const {
  out.clear();
  size_t done = 0;  // bytes of the text that have gone out
  size_t from = patterns_.empty() ? text.size() : 0;
  while (const std::optional<Match> match = find(text, from)) {
    from = match->end;
    const AddedToken& token = tokens.token_by_id_.at(match->id);
    if (tokens.split_special_ && token.special) continue;
    if (token.single_word && (utf8_ends_with(text.substr(0, match->begin), kUnicodeWord) ||
                              utf8_begins_with(text.substr(match->end), kUnicodeWord))) {
      continue;
    }
    size_t begin = match->begin;
    size_t end = match->end;
    // The token before may have taken the white space already.
    if (token.lstrip) begin = std::max(utf8_trailing_white(text.substr(0, begin)), done);
    if (token.rstrip) end += length_of_leading_white(text.substr(end));
    begin = std::min(begin, end);
    if (done < begin)
      out.push_back({static_cast<uint32_t>(done), static_cast<uint32_t>(begin), AddedSplit::kText});
    out.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end), match->id});
    done = end;
  }
  if (done < text.size()) {
    out.push_back({static_cast<uint32_t>(done), static_cast<uint32_t>(text.size()), AddedSplit::kText});
  }
}

}  // namespace pannier
