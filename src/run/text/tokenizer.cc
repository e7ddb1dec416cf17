// The path of a text: added tokens, normalizer, added tokens again, words, model, special tokens.
#include "run/text/tokenizer.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "base/utf8.h"
#include "run/text/tokenizer_parts.h"
#include "run/text/unicode.h"

namespace pannier {
namespace {

// Buffers that one thread uses again for every text.
struct Scratch {
  std::vector<AddedSplit> raw_splits;
  std::vector<AddedSplit> normalized_splits;
  NormalizedText normalized;
  std::vector<Word> words;
  std::vector<Token> tokens;
  Encoding text;  // the text's own tokens, without special ones

  // One huge text must not keep its memory for ever.
  void shrink() {
    constexpr size_t kKeptBytes = 1 << 20;
    if (normalized.text.capacity() > kKeptBytes || text.ids.capacity() > kKeptBytes / sizeof(int32_t)) {
      *this = Scratch();
    }
  }
};

class PartsTokenizer : public Tokenizer {
 public:
  explicit PartsTokenizer(TokenizerParts parts) : parts_(std::move(parts)) {}

  Status encode(std::string_view text, const EncodeOptions& options, Encoding& out) const override;

  uint32_t id_count() const override {
    uint32_t count = std::max(parts_.model->vocabulary().id_count(), parts_.added_tokens.id_count());
    for (const TemplatePiece& piece : parts_.post_processor.pieces()) {
      if (!piece.is_text) count = std::max(count, static_cast<uint32_t>(piece.id) + 1);
    }
    return count;
  }
  std::string_view token(int32_t id) const override {
    if (id < 0) return {};
    const std::string_view added = parts_.added_tokens.token(static_cast<uint32_t>(id));
    return added.empty() ? parts_.model->vocabulary().token(static_cast<uint32_t>(id)) : added;
  }
  uint32_t special_token_count() const override { return parts_.post_processor.special_token_count(); }
  std::optional<uint32_t> file_truncation_length() const override { return parts_.file_truncation_length; }
  std::optional<uint32_t> model_max_length() const override { return parts_.model_max_length; }
  const std::string& note() const override { return parts_.note; }

 private:
  // Each appends the tokens of a part of the text to scratch.text.
  void encode_text(std::string_view text, bool want_offsets, Truncation& truncation, Scratch& scratch) const;
  void encode_plain(std::string_view text, uint32_t source, bool want_offsets, Truncation& truncation,
                    Scratch& scratch) const;
  void encode_normalized(const AddedSplit& piece, bool want_offsets, Truncation& truncation,
                         Scratch& scratch) const;
  static void append(const Token& token, bool want_offsets, Scratch& scratch);

  TokenizerParts parts_;
};

Status PartsTokenizer::encode(std::string_view text, const EncodeOptions& options, Encoding& out) const {
  out.clear();
  if (text.size() > limits::kTextBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("the text has {} bytes, at most {} are allowed", text.size(), limits::kTextBytesMax),
        "split it into smaller texts"};
  }
  uint64_t keep = Truncation::kNoLimit;
  if (options.length_max) {
    const uint32_t special = options.add_special_tokens ? special_token_count() : 0;
    if (*options.length_max < special) {
      return Error{ErrorKind::kInvalid,
                   fmt::format("a length of at most {} leaves no room for {} special tokens",
                               *options.length_max, special),
                   ""};
    }
    keep = *options.length_max - special;
  }
  thread_local Scratch scratch;
  scratch.text.clear();
  Truncation truncation(keep, parts_.truncation_side);
  if (utf8_is_ascii(text) || utf8_find_invalid(text) == std::string_view::npos) {
    encode_text(text, options.want_offsets, truncation, scratch);
  } else {
    encode_text(utf8_repair(text), options.want_offsets, truncation, scratch);
  }
  truncation.finish(scratch.text);
  parts_.post_processor.apply(scratch.text, options.add_special_tokens, options.want_offsets, out);
  out.dropped_token_count = scratch.text.dropped_token_count;
  scratch.shrink();
  return {};
}

void PartsTokenizer::encode_text(std::string_view text, bool want_offsets, Truncation& truncation,
                                 Scratch& scratch) const {
  parts_.added_tokens.split(text, scratch.raw_splits);
  size_t counted = 0;   // bytes whose code points have been counted
  uint32_t source = 0;  // code points before them
  for (const AddedSplit& split : scratch.raw_splits) {
    const std::string_view part = text.substr(split.begin, split.end - split.begin);
    if (want_offsets) {
      // An added token may reach back into white space that the one before it took as well.
      const size_t low = std::min<size_t>(counted, split.begin);
      const size_t high = std::max<size_t>(counted, split.begin);
      const auto between = static_cast<uint32_t>(utf8_count(text.substr(low, high - low)));
      source = split.begin >= counted ? source + between : source - between;
      counted = split.begin;
    }
    if (split.id == AddedSplit::kText) {
      encode_plain(part, source, want_offsets, truncation, scratch);
      continue;
    }
    scratch.text.ids.push_back(static_cast<int32_t>(split.id));
    if (want_offsets)
      scratch.text.offsets.push_back({source, source + static_cast<uint32_t>(utf8_count(part))});
    truncation.trim(scratch.text);
  }
}

void PartsTokenizer::encode_plain(std::string_view text, uint32_t source, bool want_offsets,
                                  Truncation& truncation, Scratch& scratch) const {
  NormalizedText& normalized = scratch.normalized;
  normalized.clear();
  if (parts_.normalizer != nullptr) {
    parts_.normalizer->normalize(text, source, want_offsets, normalized);
  } else {
    normalized.text = text;
    if (want_offsets) {
      // Counting the byte that begins each code point; the first one makes it `source`.
      uint32_t here = source - 1;
      for (const char byte : text) {
        here += (static_cast<uint8_t>(byte) & 0xC0) != 0x80;
        normalized.sources.push_back(here);
      }
    }
  }
  parts_.added_tokens.split_normalized(normalized.text, scratch.normalized_splits);
  for (const AddedSplit& piece : scratch.normalized_splits) {
    if (piece.id == AddedSplit::kText) {
      encode_normalized(piece, want_offsets, truncation, scratch);
    } else {
      append({piece.id, piece.begin, piece.end}, want_offsets, scratch);
      truncation.trim(scratch.text);
    }
  }
}

void PartsTokenizer::encode_normalized(const AddedSplit& piece, bool want_offsets, Truncation& truncation,
                                       Scratch& scratch) const {
  // Words never reach past the piece, so the text is cut at its end and offsets count from its front.
  const std::string_view text = std::string_view(scratch.normalized.text).substr(0, piece.end);
  size_t from = piece.begin;
  while (from < text.size()) {
    if (parts_.pre_tokenizer != nullptr) {
      from = parts_.pre_tokenizer->split(text, from, scratch.words);
    } else {
      scratch.words.assign(1, {piece.begin, piece.end});
      from = text.size();
    }
    scratch.tokens.clear();
    parts_.model->tokenize(text, scratch.words, scratch.tokens);
    for (const Token& token : scratch.tokens) append(token, want_offsets, scratch);
    truncation.trim(scratch.text);
  }
}

void PartsTokenizer::append(const Token& token, bool want_offsets, Scratch& scratch) {
  scratch.text.ids.push_back(static_cast<int32_t>(token.id));
  if (!want_offsets) return;
  const std::vector<uint32_t>& sources = scratch.normalized.sources;
  if (token.begin == token.end) {
    scratch.text.offsets.push_back({});
  } else {
    scratch.text.offsets.push_back({sources[token.begin], sources[token.end - 1] + 1});
  }
}

}  // namespace

void Encoding::clear() {
  ids.clear();
  type_ids.clear();
  offsets.clear();
  dropped_token_count = 0;
}

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerParts parts) {
  return std::make_unique<PartsTokenizer>(std::move(parts));
}

}  // namespace pannier
