// TokenModel: cuts words into tokens (WordPiece; later others).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "run/text/pre_tokenizer.h"
#include "run/text/vocabulary.h"

namespace pannier {

// A token and the bytes [begin, end) of the normalized text it stands for.
struct Token {
  uint32_t id = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;

  // Appends the tokens of `words`, which are pieces of `text`. REQUIRES: valid UTF-8. Thread-safe.
  virtual void tokenize(std::string_view text, std::span<const Word> words,
                        std::vector<Token>& out) const = 0;

  virtual const Vocabulary& vocabulary() const = 0;
};

}  // namespace pannier
