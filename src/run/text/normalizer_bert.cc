// The steps of BertNormalizer, run together over one character at a time.
//
// Source of the rules: the reference library's BertNormalizer. Its character classes are the tables
// of unicode.h. Offsets follow its bookkeeping exactly: it rewrites the text by position, so when NFD
// reorders combining marks, the k-th mark keeps the k-th place's offset, not its own.
#include "run/text/normalizer_bert.h"

#include <algorithm>

#include "base/utf8.h"
#include "run/text/unicode.h"

namespace pannier {
namespace {

// A combining mark that waits for the end of its run, in which marks are put in canonical order.
struct PendingMark {
  char32_t code_point;
  uint8_t combining_class;
  bool takes_source;  // the first code point of what one character decomposed to
};

// One pass over one text. Keeps the marks since the last starter.
class Pass {
 public:
  Pass(const BertNormalizerSettings& settings, bool want_sources, NormalizedText& out)
      : settings_(settings), want_sources_(want_sources), out_(out) {}

  // `source`: which code point of the original this is.
  void add(char32_t code_point, uint32_t source) {
    const uint8_t properties = unicode_properties(code_point);
    if (settings_.clean_text) {
      if ((properties & kUnicodeDropped) != 0) return;
      if ((properties & kUnicodeSpaced) != 0) return add_starter(' ', 0, source);
    }
    if (settings_.handle_chinese_chars && (properties & kUnicodeChinese) != 0) {
      add_starter(' ', 0, source);
      add_after_chinese(code_point, properties, source);
      add_starter(' ', 0, source);
      return;
    }
    add_after_chinese(code_point, properties, source);
  }

  // Everything before an ASCII character, which always is a starter, is settled.
  void flush() {
    if (!marks_.empty() || !mark_sources_.empty()) flush_marks();
  }

 private:
  void add_after_chinese(char32_t code_point, uint8_t properties, uint32_t source) {
    if (!settings_.strip_accents || (properties & (kUnicodeMapped | kUnicodeMark)) == 0) {
      return add_starter(code_point, properties, source);
    }
    const CodePoints parts = unicode_decompose(code_point);
    for (uint32_t i = 0; i < parts.count; ++i) add_decomposed(parts.values[i], i == 0, source);
  }

  void add_decomposed(char32_t code_point, bool takes_source, uint32_t source) {
    const uint8_t properties = unicode_properties(code_point);
    const uint8_t combining_class = unicode_combining_class(code_point);
    if (combining_class == 0) {
      flush();
      last_source_ = source;
      if ((properties & kUnicodeMark) == 0) emit_lowered(code_point, properties, source);
      return;
    }
    // A mark that will be removed anyway matters only for the offsets of the ones that stay.
    const bool stays = (properties & kUnicodeMark) == 0;
    if (stays) ++staying_mark_count_;
    if (stays || want_sources_) marks_.push_back({code_point, combining_class, takes_source});
    if (want_sources_ && takes_source) mark_sources_.push_back(source);
  }

  void add_starter(char32_t code_point, uint8_t properties, uint32_t source) {
    flush();
    last_source_ = source;
    emit_lowered(code_point, properties, source);
  }

  void flush_marks() {
    if (staying_mark_count_ > 0) {
      std::stable_sort(marks_.begin(), marks_.end(), [](const PendingMark& a, const PendingMark& b) {
        return a.combining_class < b.combining_class;
      });
      size_t next = 0;
      for (const PendingMark& mark : marks_) {
        if (want_sources_ && mark.takes_source) last_source_ = mark_sources_[next++];
        const uint8_t properties = unicode_properties(mark.code_point);
        if ((properties & kUnicodeMark) == 0) emit_lowered(mark.code_point, properties, last_source_);
      }
    }
    marks_.clear();
    mark_sources_.clear();
    staying_mark_count_ = 0;
  }

  void emit_lowered(char32_t code_point, uint8_t properties, uint32_t source) {
    if (!settings_.lowercase || (properties & kUnicodeMapped) == 0) return emit(code_point, source);
    const CodePoints lower = unicode_lower(code_point);
    for (uint32_t i = 0; i < lower.count; ++i) emit(lower.values[i], source);
  }

  void emit(char32_t code_point, uint32_t source) {
    utf8_append(code_point, out_.text);
    if (want_sources_) out_.sources.resize(out_.text.size(), source);
  }

  const BertNormalizerSettings& settings_;
  const bool want_sources_;
  NormalizedText& out_;
  uint32_t last_source_ = 0;
  std::vector<PendingMark> marks_;
  std::vector<uint32_t> mark_sources_;
  size_t staying_mark_count_ = 0;
};

}  // namespace

BertNormalizer::BertNormalizer(const BertNormalizerSettings& settings) : settings_(settings) {
  for (uint32_t c = 0; c < ascii_.size(); ++c) {
    const uint8_t properties = unicode_properties(c);
    uint8_t becomes = static_cast<uint8_t>(c);
    if (settings.clean_text && (properties & kUnicodeDropped) != 0) {
      becomes = kRemoved;
    } else if (settings.clean_text && (properties & kUnicodeSpaced) != 0) {
      becomes = ' ';
    } else if (settings.lowercase) {
      becomes = static_cast<uint8_t>(unicode_lower(c).values[0]);
    }
    ascii_[c] = becomes;
  }
}

void BertNormalizer::normalize(std::string_view text, uint32_t source_first, bool want_sources,
                               NormalizedText& out) const {
  Pass pass(settings_, want_sources, out);
  uint32_t source = source_first;
  size_t offset = 0;
  while (offset < text.size()) {
    const auto byte = static_cast<uint8_t>(text[offset]);
    if (byte >= 0x80) {
      const Utf8Step step = utf8_decode(text, offset);
      pass.add(step.code_point, source++);
      offset += step.length;
      continue;
    }
    const uint8_t becomes = ascii_[byte];
    if (becomes != kRemoved) {
      pass.flush();
      out.text.push_back(static_cast<char>(becomes));
      if (want_sources) out.sources.push_back(source);
    }
    ++source;
    ++offset;
  }
  pass.flush();
}

}  // namespace pannier
