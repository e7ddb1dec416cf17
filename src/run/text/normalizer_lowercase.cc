// Lower case first: see normalizer_lowercase.h.
#include "run/text/normalizer_lowercase.h"

#include "base/utf8.h"
#include "run/text/unicode.h"

namespace pannier {

void LowercaseNormalizer::normalize(std::string_view text, uint32_t source_first, bool want_sources,
                                    NormalizedText& out) const {
  std::string lowered;
  lowered.reserve(text.size());
  std::vector<uint32_t> sources;  // of each lowered code point: one may become two
  uint32_t source = source_first;
  for (size_t offset = 0; offset < text.size(); ++source) {
    const Utf8Step step = utf8_decode(text, offset);
    offset += step.length;
    const CodePoints lower = unicode_lower(step.code_point);
    for (uint32_t i = 0; i < lower.count; ++i) {
      utf8_append(lower.values[i], lowered);
      // Where `next` counts code points, one entry each; where there is none, one for each byte.
      if (want_sources) sources.resize(next_ != nullptr ? sources.size() + 1 : lowered.size(), source);
    }
  }
  if (next_ == nullptr) {
    out.text += lowered;
    out.sources.insert(out.sources.end(), sources.begin(), sources.end());
    return;
  }
  const size_t first = out.sources.size();
  next_->normalize(lowered, 0, want_sources, out);
  for (size_t i = first; i < out.sources.size(); ++i) out.sources[i] = sources[out.sources[i]];
}

}  // namespace pannier
