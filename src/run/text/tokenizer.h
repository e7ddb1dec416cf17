// Tokenizer: text to token ids, equal to the Hugging Face `tokenizers` library to the byte, offsets
// included. Load once, use from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/model_files.h"
#include "base/result.h"

namespace pannier {

// One tokenized text. All vectors have one element a token.
struct Encoding {
  // Where the token lies in the text, in Unicode code points, end exclusive; (0, 0) for tokens that
  // the post-processor added ([CLS], [SEP]).
  struct Offset {
    uint32_t begin = 0;
    uint32_t end = 0;
    friend bool operator==(const Offset&, const Offset&) = default;
  };
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;
  std::vector<Offset> offsets;
  // How many tokens truncation dropped; 0 when nothing was.
  uint32_t dropped_token_count = 0;

  void clear();
};

struct EncodeOptions {
  bool add_special_tokens = true;
  // Longest result, special tokens included; no value: not truncated. What a folder's own files say
  // is `Tokenizer::file_truncation_length()` and `Tokenizer::model_max_length()`; the caller chooses.
  std::optional<uint32_t> length_max;
  bool want_offsets = false;  // offsets cost time; left empty unless asked for
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // From tokenizer.json, else from vocab.txt and tokenizer_config.json. kIncomplete, naming every
  // missing file, where there is neither; kCorrupt, kUnsupported (a part we do not have, by name).
  static Result<std::unique_ptr<Tokenizer>> load(const ModelFiles& files);

  // Invalid UTF-8 is repaired first (U+FFFD), as Python does on input with errors="replace".
  // Reuses the memory of `out`. Thread-safe.
  virtual void encode(std::string_view text, const EncodeOptions& options, Encoding& out) const = 0;

  // One more than the largest id it can give.
  virtual uint32_t id_count() const = 0;
  // The token of an id (as in the vocabulary, "##ing"), empty where there is none.
  virtual std::string_view token(int32_t id) const = 0;
  // `truncation.max_length` of tokenizer.json. transformers ignores it unless truncation is asked for.
  virtual std::optional<uint32_t> file_truncation_length() const = 0;
  // `model_max_length` of tokenizer_config.json.
  virtual std::optional<uint32_t> model_max_length() const = 0;
};

}  // namespace pannier
