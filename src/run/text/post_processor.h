// PostProcessor: where special tokens go around a text ([CLS] text [SEP]), and the type ids.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "run/text/tokenizer.h"

namespace pannier {

// One step of the template for a single text: a special token, or the text itself.
struct TemplatePiece {
  bool is_text = false;
  int32_t id = 0;       // of the special token
  int32_t type_id = 0;  // of the special token, or of every token of the text
};

class PostProcessor {
 public:
  // No pieces given: the text alone, of type 0.
  PostProcessor() : pieces_{{true, 0, 0}} {}
  explicit PostProcessor(std::vector<TemplatePiece> pieces) : pieces_(std::move(pieces)) {}

  uint32_t special_token_count() const;

  // `text`: ids and offsets of the text's own tokens. Fills ids, type_ids and, where wanted, offsets of
  // `out`, which were empty.
  void apply(const Encoding& text, bool add_special_tokens, bool want_offsets, Encoding& out) const;

  const std::vector<TemplatePiece>& pieces() const { return pieces_; }

 private:
  std::vector<TemplatePiece> pieces_;
};

}  // namespace pannier
