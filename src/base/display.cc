#include "base/display.h"

#include <utf8proc.h>

#include "base/utf8.h"

namespace pannier {
namespace {

constexpr size_t kMessageBytesMax = 120;

bool is_safe(const Utf8Step& step) {
  if (step.length == 0) return false;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(step.code_point))) {
    case UTF8PROC_CATEGORY_CC:  // controls
    case UTF8PROC_CATEGORY_CF:  // invisible: direction marks, joiners, tags
    case UTF8PROC_CATEGORY_ZL:  // line and paragraph separators
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

void append_escaped(std::string_view bytes, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

}  // namespace

std::string for_display(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_decode(text, at);
    const size_t length = step.length == 0 ? 1 : step.length;
    if (is_safe(step)) {
      out.append(text.substr(at, length));
    } else {
      append_escaped(text.substr(at, length), out);
    }
    at += length;
  }
  return out;
}

std::string for_message(std::string_view text) {
  if (text.size() <= kMessageBytesMax) return for_display(text);
  size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return for_display(text.substr(0, end)) + "…";
}

}  // namespace pannier
