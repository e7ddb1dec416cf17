// Source of the rules: the reference library's TemplateProcessing; BertProcessing is one such template.
#include "run/text/post_processor.h"

#include <algorithm>

namespace pannier {

uint32_t PostProcessor::special_token_count() const {
  return static_cast<uint32_t>(std::count_if(pieces_.begin(), pieces_.end(),
                                             [](const TemplatePiece& piece) { return !piece.is_text; }));
}

void PostProcessor::apply(const Encoding& text, bool add_special_tokens, bool want_offsets,
                          Encoding& out) const {
  for (const TemplatePiece& piece : pieces_) {
    if (piece.is_text) {
      out.ids.insert(out.ids.end(), text.ids.begin(), text.ids.end());
      out.type_ids.insert(out.type_ids.end(), text.ids.size(), piece.type_id);
      if (want_offsets) out.offsets.insert(out.offsets.end(), text.offsets.begin(), text.offsets.end());
    } else if (add_special_tokens) {
      out.ids.push_back(piece.id);
      out.type_ids.push_back(piece.type_id);
      if (want_offsets) out.offsets.push_back({});
    }
  }
}

}  // namespace pannier
