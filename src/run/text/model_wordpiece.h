// WordPiece: a word is cut from the left into the longest tokens that the vocabulary has; pieces after
// the first carry a prefix ("##ing"). A word that cannot be cut whole, or is too long, is unknown.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "run/text/token_model.h"

namespace pannier {

struct WordPieceSettings {
  std::string unknown_token = "[UNK]";
  std::string continuing_prefix = "##";
  uint64_t word_characters_max = 100;  // longer words are unknown
};

class WordPiece : public TokenModel {
 public:
  // kCorrupt where the vocabulary is empty or lacks the unknown token (the reference would fail later,
  // on the first unknown word); kLimit where word and token lengths together would let one word take
  // minutes. `what` names the file in messages.
  static Result<std::unique_ptr<TokenModel>> make(Vocabulary vocabulary, WordPieceSettings settings,
                                                  std::string_view what);

  void tokenize(std::string_view text, std::span<const Word> words, std::vector<Token>& out) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

  // The longest token that may be searched in one word: bounds the work per byte of text.
  static constexpr size_t kSearchedBytesMax = 4096;

 private:
  WordPiece(Vocabulary vocabulary, WordPieceSettings settings)
      : vocabulary_(std::move(vocabulary)), settings_(std::move(settings)) {}
  // Appends the tokens of one word that is no token itself.
  void cut(std::string_view text, const Word& word, std::vector<Token>& out) const;
  // The longest token that `rest` begins with: its id and length, or kAbsent.
  struct Match {
    uint32_t id;
    uint32_t length;
  };
  Match longest_match(const TokenTable& table, std::string_view rest) const;

  Vocabulary vocabulary_;
  WordPieceSettings settings_;
  TokenTable continuing_;  // the tokens that carry the prefix, without it
  uint32_t unknown_id_ = 0;
};

}  // namespace pannier
