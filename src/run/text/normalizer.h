// Normalizer: what happens to the characters of a text before it is cut into words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pannier {

// A text on its way through the tokenizer. While offsets are wanted, every byte remembers which code
// point of the original text it came from; that is enough, because no step of the reference's makes
// a character out of two.
struct NormalizedText {
  std::string text;               // valid UTF-8
  std::vector<uint32_t> sources;  // one for each byte of `text` where wanted, else empty

  void clear() {
    text.clear();
    sources.clear();
  }
};

class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // Appends the normalized form of `text` to `out`; where want_sources is set, `text` begins at code
  // point `source_first` of the original. REQUIRES: valid UTF-8. Thread-safe.
  virtual void normalize(std::string_view text, uint32_t source_first, bool want_sources,
                         NormalizedText& out) const = 0;
};

}  // namespace pannier
