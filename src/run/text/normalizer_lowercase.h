// LowercaseNormalizer: lowers case before another normalizer has its turn.
#pragma once

#include <memory>

#include "run/text/normalizer.h"

namespace pannier {

// The reference's Sequence([Lowercase(), next]); `next` may be nullptr.
class LowercaseNormalizer : public Normalizer {
 public:
  explicit LowercaseNormalizer(std::unique_ptr<Normalizer> next) : next_(std::move(next)) {}
  void normalize(std::string_view text, uint32_t source_first, bool want_sources,
                 NormalizedText& out) const override;

 private:
  std::unique_ptr<Normalizer> next_;
};

}  // namespace pannier
