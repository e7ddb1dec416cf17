// Source of the rules: the reference library's Encoding::truncate (without stride: the overflow is not kept).
#include "run/text/truncation.h"

#include <algorithm>

namespace pannier {
namespace {

// From the left, tokens are dropped in large steps, because each step moves the ones that stay.
constexpr uint64_t kLeftSlackTokens = 65'536;

}  // namespace

void Truncation::drop(Encoding& text, uint64_t slack) {
  if (keep_ == kNoLimit || text.ids.size() <= keep_ + slack) return;
  const size_t excess = text.ids.size() - keep_;
  dropped_ += excess;
  const auto cut = [&](auto& values) {
    if (values.empty()) return;
    if (side_ == TruncationSide::kRight) {
      values.resize(keep_);
    } else {
      values.erase(values.begin(), values.begin() + static_cast<ptrdiff_t>(excess));
    }
  };
  cut(text.ids);
  cut(text.offsets);
}

void Truncation::trim(Encoding& text) { drop(text, side_ == TruncationSide::kRight ? 0 : kLeftSlackTokens); }

void Truncation::finish(Encoding& text) {
  drop(text, 0);
  text.dropped_token_count = static_cast<uint32_t>(std::min<uint64_t>(dropped_, UINT32_MAX));
}

}  // namespace pannier
