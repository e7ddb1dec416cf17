// PreTokenizer: cuts a normalized text into words, which the model then cuts into tokens.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pannier {

// Bytes [begin, end) of a text; never empty.
struct Word {
  uint32_t begin = 0;
  uint32_t end = 0;
};

class PreTokenizer {
 public:
  // Words go out in batches of at most this many, so that a long text needs no long list.
  static constexpr size_t kBatchWords = 1024;

  virtual ~PreTokenizer() = default;

  // Replaces `words` by the next words of `text` from byte `from` on and returns where to go on; the
  // text is done when that is text.size(). REQUIRES: valid UTF-8; `from` 0 or what the last call gave.
  virtual size_t split(std::string_view text, size_t from, std::vector<Word>& words) const = 0;
};

}  // namespace pannier
