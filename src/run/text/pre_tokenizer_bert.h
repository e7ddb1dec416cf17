// BertPreTokenizer: words end at white space, which goes, and at punctuation, each of which is a word.
#pragma once

#include <array>

#include "run/text/pre_tokenizer.h"

namespace pannier {

class BertPreTokenizer : public PreTokenizer {
 public:
  BertPreTokenizer();
  size_t split(std::string_view text, size_t from, std::vector<Word>& words) const override;

 private:
  std::array<uint8_t, 128> ascii_;  // unicode_properties of each ASCII character, close at hand
};

}  // namespace pannier
