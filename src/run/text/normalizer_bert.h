// BertNormalizer: removes control characters, sets Chinese characters apart, strips accents, lowers
// case, in this order, each step only where it is asked for.
#pragma once

#include <array>
#include <cstdint>

#include "run/text/normalizer.h"

namespace pannier {

struct BertNormalizerSettings {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;  // the reference's "null" is resolved by the caller: as `lowercase`
  bool lowercase = true;
};

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerSettings& settings);
  void normalize(std::string_view text, uint32_t source_first, bool want_sources,
                 NormalizedText& out) const override;

 private:
  BertNormalizerSettings settings_;
  // What becomes of each ASCII character; kRemoved for none.
  static constexpr uint8_t kRemoved = 0xFF;
  std::array<uint8_t, 128> ascii_;
};

}  // namespace pannier
