// TokenizerParts: a tokenizer taken apart. The loaders fill it, `make_tokenizer` puts it to work.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "run/text/added_tokens.h"
#include "run/text/normalizer.h"
#include "run/text/post_processor.h"
#include "run/text/pre_tokenizer.h"
#include "run/text/token_model.h"
#include "run/text/tokenizer.h"
#include "run/text/truncation.h"

namespace pannier {

struct TokenizerParts {
  std::unique_ptr<Normalizer> normalizer;       // nullptr: the text as it is
  std::unique_ptr<PreTokenizer> pre_tokenizer;  // nullptr: the text is one word
  std::unique_ptr<TokenModel> model;            // never nullptr
  PostProcessor post_processor;
  AddedTokens added_tokens;  // finished
  TruncationSide truncation_side = TruncationSide::kRight;
  std::optional<uint32_t> file_truncation_length;
  std::optional<uint32_t> model_max_length;
  std::string note;
};

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerParts parts);

}  // namespace pannier
