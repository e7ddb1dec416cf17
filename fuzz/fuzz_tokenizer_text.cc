// Any bytes as a text, for a small tokenizer with added tokens of every kind: offsets must lie within
// the text and in order, and must not change the ids.
#include <cstdlib>
#include <string>

#include "base/utf8.h"
#include "run/text/tokenizer.h"
#include "run/text/unicode.h"

namespace {

constexpr const char* kTokenizer = R"({
  "version": "1.0",
  "added_tokens": [
    {"id": 6, "content": "[MASK]", "lstrip": true, "normalized": false, "special": true},
    {"id": 7, "content": "aa", "rstrip": true, "normalized": false, "special": false},
    {"id": 8, "content": "x y", "single_word": true, "lstrip": true, "rstrip": true, "normalized": true},
    {"id": 9, "content": "É", "normalized": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 0]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 20,
            "vocab": {"[CLS]": 0, "[SEP]": 1, "[UNK]": 2, "a": 3, "##a": 4, "##b": 5}}})";

const pannier::Tokenizer& tokenizer() {
  static const auto loaded = [] {
    const auto files = pannier::model_files_from_memory("fuzz", {{"tokenizer.json", kTokenizer}});
    auto result = pannier::Tokenizer::load(*files);
    if (!result.ok()) std::abort();
    return std::move(result).value();
  }();
  return *loaded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  pannier::Encoding with;
  pannier::Encoding without;
  pannier::EncodeOptions options;
  if (!tokenizer().encode(text, options, without).ok()) std::abort();
  options.want_offsets = true;
  if (!tokenizer().encode(text, options, with).ok()) std::abort();
  if (with.ids != without.ids || with.offsets.size() != with.ids.size()) std::abort();
  const size_t length = pannier::utf8_count(pannier::utf8_repair(text));
  for (const pannier::Encoding::Offset& offset : with.offsets) {
    if (offset.begin > offset.end || offset.end > length) std::abort();
  }
  return 0;
}
