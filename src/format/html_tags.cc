// A tokenizer of HTML start tags.
#include "format/html_tags.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"
#include "format/python_text.h"

namespace pannier {
namespace {

constexpr size_t kAttributesMax = 64;
constexpr size_t kReferenceBytesMax = 12;  // between '&' and ';'

using python_text::is_letter;

bool is_space(char c) { return python_text::kWhiteSpace.find(c) != std::string_view::npos; }

struct NamedReference {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<NamedReference, 6> kNamedReferences = {
    {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\xC2\xA0"}}};

// The code point of "#62" or "#x3e"; nullopt where it is none.
std::optional<char32_t> numeric_reference(std::string_view name) {
  const bool is_hexadecimal = name.size() > 2 && (name[1] == 'x' || name[1] == 'X');
  const std::string_view digits = name.substr(is_hexadecimal ? 2 : 1);
  if (digits.empty() || digits.size() > 7) return std::nullopt;
  char32_t value = 0;
  for (const char c : digits) {
    const char l = python_text::lower(c);
    if (python_text::is_digit(c)) {
      value = value * (is_hexadecimal ? 16 : 10) + static_cast<char32_t>(c - '0');
    } else if (is_hexadecimal && l >= 'a' && l <= 'f') {
      value = value * 16 + static_cast<char32_t>(l - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  const bool is_surrogate = value >= 0xD800 && value < 0xE000;
  if (value == 0 || value > 0x10FFFF || is_surrogate) return std::nullopt;
  return value;
}

// Appends what "&NAME;" means; false where it means nothing.
bool append_reference(std::string_view name, std::string& out) {
  for (const NamedReference& row : kNamedReferences) {
    if (row.name != name) continue;
    out += row.text;
    return true;
  }
  if (!name.starts_with('#')) return false;
  const std::optional<char32_t> value = numeric_reference(name);
  if (value) utf8_append(*value, out);
  return value.has_value();
}

}  // namespace

std::string decode_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const std::string_view candidate = text.substr(i + 1, kReferenceBytesMax + 1);
      const size_t end = candidate.find(';');
      if (end != std::string_view::npos && append_reference(candidate.substr(0, end), out)) {
        i += end + 1;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

const std::string* HtmlTag::attribute(std::string_view attribute_name) const {
  for (const HtmlAttribute& candidate : attributes) {
    if (candidate.name == attribute_name) return &candidate.value;
  }
  return nullptr;
}

std::optional<HtmlTag> HtmlTagReader::next() {
  while (true) {
    position_ = std::min(text_.find('<', position_), text_.size());
    if (text_.size() - position_ < 2) return std::nullopt;
    const std::string_view rest = text_.substr(position_);
    if (rest.starts_with("<!--")) {
      position_ += 4;
      skip_past("-->");
    } else if (rest[1] == '!' || rest[1] == '?' || rest[1] == '/') {
      skip_past(">");
    } else if (is_letter(rest[1])) {
      ++position_;
      HtmlTag tag = read_tag();
      if (tag.name == "script" || tag.name == "style") skip_raw_text(tag.name);
      return tag;
    } else {
      ++position_;  // a "<" that opens nothing
    }
  }
}

void HtmlTagReader::skip_past(std::string_view end) {
  const size_t found = text_.find(end, position_);
  position_ = found == std::string_view::npos ? text_.size() : found + end.size();
}

void HtmlTagReader::skip_white_space() {
  while (position_ < text_.size() && is_space(text_[position_])) ++position_;
}

HtmlTag HtmlTagReader::read_tag() {
  HtmlTag tag;
  const size_t begin = position_;
  while (position_ < text_.size() && !is_space(text_[position_]) && text_[position_] != '>' &&
         text_[position_] != '/') {
    ++position_;
  }
  tag.name = python_text::lower_case(text_.substr(begin, position_ - begin));
  while (true) {
    skip_white_space();
    if (position_ == text_.size()) return tag;
    if (text_[position_] == '>') {
      ++position_;
      return tag;
    }
    if (text_[position_] == '/') {
      ++position_;
      continue;
    }
    HtmlAttribute attribute = read_attribute();
    if (tag.attributes.size() < kAttributesMax) tag.attributes.push_back(std::move(attribute));
  }
}

// REQUIRES: not at the end, nor at white space, "/" or ">". Takes one character at least.
HtmlAttribute HtmlTagReader::read_attribute() {
  HtmlAttribute attribute;
  const size_t begin = position_++;  // even a "=" may begin a name
  while (position_ < text_.size() && !is_space(text_[position_]) &&
         std::string_view("=>/").find(text_[position_]) == std::string_view::npos) {
    ++position_;
  }
  attribute.name = python_text::lower_case(text_.substr(begin, position_ - begin));
  skip_white_space();
  if (position_ == text_.size() || text_[position_] != '=') return attribute;
  ++position_;
  skip_white_space();
  if (position_ == text_.size()) return attribute;
  const char quote = text_[position_];
  size_t end = position_;
  if (quote == '"' || quote == '\'') {
    ++position_;
    end = std::min(text_.find(quote, position_), text_.size());
  } else {
    while (end < text_.size() && !is_space(text_[end]) && text_[end] != '>') ++end;
  }
  attribute.value = decode_html(text_.substr(position_, end - position_));
  position_ = end;
  if ((quote == '"' || quote == '\'') && position_ < text_.size()) ++position_;
  return attribute;
}

// Up to "</script" in any case, where the text goes on to be read.
void HtmlTagReader::skip_raw_text(const std::string& name) {
  while (position_ < text_.size()) {
    position_ = std::min(text_.find("</", position_), text_.size());
    const std::string_view candidate = text_.substr(std::min(position_ + 2, text_.size()), name.size());
    if (python_text::lower_case(candidate) == name) return;
    position_ = std::min(position_ + 2, text_.size());
  }
}

}  // namespace pannier
