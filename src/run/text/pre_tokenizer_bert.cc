// Source of the rules: the reference library's BertPreTokenizer; its classes are tables of unicode.h.
#include "run/text/pre_tokenizer_bert.h"

#include "base/utf8.h"
#include "run/text/unicode.h"

namespace pannier {

BertPreTokenizer::BertPreTokenizer() {
  for (uint32_t c = 0; c < ascii_.size(); ++c) ascii_[c] = unicode_properties(c);
}

size_t BertPreTokenizer::split(std::string_view text, size_t from, std::vector<Word>& words) const {
  constexpr uint8_t kBreaks = kUnicodeWhite | kUnicodePunctuation;
  words.clear();
  size_t begin = from;
  size_t offset = from;
  while (offset < text.size()) {
    const auto byte = static_cast<uint8_t>(text[offset]);
    size_t length = 1;
    uint8_t properties;
    if (byte < 0x80) {
      properties = ascii_[byte];
    } else {
      const Utf8Step step = utf8_decode(text, offset);
      properties = unicode_properties(step.code_point);
      length = step.length;
    }
    if ((properties & kBreaks) != 0) {
      if (begin < offset) words.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(offset)});
      if ((properties & kUnicodePunctuation) != 0) {
        words.push_back({static_cast<uint32_t>(offset), static_cast<uint32_t>(offset + length)});
      }
      begin = offset + length;
      if (words.size() + 2 > kBatchWords) return begin;
    }
    offset += length;
  }
  if (begin < offset) words.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(offset)});
  return text.size();
}

}  // namespace pannier
