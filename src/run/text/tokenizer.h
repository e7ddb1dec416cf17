// Tokenizer: text to token ids, equal to the Hugging Face libraries to the byte, offsets included.
// Load once, use from any number of threads. How it works inside: docs/internals/tokenizer.md.
//
// What "equal" means: `load` gives what `transformers.AutoTokenizer.from_pretrained(folder)` gives
// (release 5.23.0), which is not always what tokenizer.json says: for the classes BertTokenizer and
// DistilBertTokenizer transformers takes only the vocabulary, the added tokens and the truncation
// side from tokenizer.json, and lower-casing, accents and Chinese characters from
// tokenizer_config.json. Where the two files disagree, `note()` says so.
//
// Truncation and padding: `transformers.pipeline("text-classification")` calls its tokenizer with
// neither, and transformers then switches off what tokenizer.json has baked in. A text is truncated
// only where the caller asks (truncation=True: to `model_max_length`, special tokens included).
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
  // The side that is cut is the one the folder's files name (right unless they say left).
  std::optional<uint32_t> length_max;
  bool want_offsets = false;  // offsets cost time; left empty unless asked for
};

struct TokenizerLoadOptions {
  // Lower case before anything else the normalizer does, accents kept, whatever the folder's files say:
  // `do_lower_case` of sentence-transformers.
  bool lowercase_first = false;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // From tokenizer.json, else from vocab.txt; with tokenizer_config.json, special_tokens_map.json,
  // added_tokens.json and config.json where transformers reads them. kIncomplete, naming every
  // missing file, where there is neither; kCorrupt, kLimit, kUnsupported (a part we do not have, by
  // name). `files` need not outlive the tokenizer.
  static Result<std::unique_ptr<Tokenizer>> load(const ModelFiles& files,
                                                 const TokenizerLoadOptions& options = {});

  // Invalid UTF-8 is repaired first (U+FFFD), as Python does on input with errors="replace".
  // Reuses the memory of `out`. Thread-safe. kLimit for a text above limits::kTextBytesMax; kInvalid
  // where length_max is less than the number of special tokens.
  virtual Status encode(std::string_view text, const EncodeOptions& options, Encoding& out) const = 0;

  // One more than the largest id it can give.
  virtual uint32_t id_count() const = 0;
  // The token of an id (as in the vocabulary, "##ing"), empty where there is none. The view lives as
  // long as the tokenizer.
  virtual std::string_view token(int32_t id) const = 0;
  // How many special tokens `encode` adds to a text ([CLS] and [SEP]: 2).
  virtual uint32_t special_token_count() const = 0;
  // `truncation.max_length` of tokenizer.json. transformers ignores it unless truncation is asked for.
  virtual std::optional<uint32_t> file_truncation_length() const = 0;
  // `model_max_length` of tokenizer_config.json; no value where there is none, or where it is the
  // "very large integer" that means none.
  virtual std::optional<uint32_t> model_max_length() const = 0;
  // What to tell the user once, for instance that two files disagree and which one was followed;
  // empty if nothing.
  virtual const std::string& note() const = 0;
};

}  // namespace pannier
