// The start tags of an HTML page with their attributes, as a package index needs them: no tree, no styles,
// no errors. Whatever the bytes are, it ends after one pass over them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pannier {

struct HtmlAttribute {
  std::string name;  // lower case
  // Character references such as "&gt;" are decoded; empty where there is no "=".
  std::string value;
};

struct HtmlTag {
  std::string name;  // lower case: "a"
  std::vector<HtmlAttribute> attributes;

  // The first of that name; nullptr where there is none.
  const std::string* attribute(std::string_view attribute_name) const;
};

// Walks over a page. The text must outlive it.
class HtmlTagReader {
 public:
  explicit HtmlTagReader(std::string_view text) : text_(text) {}

  // The next start tag; nullopt at the end. Comments, end tags, declarations and what lies inside script and
  // style are passed over. Of a tag's attributes the first 64 are kept.
  std::optional<HtmlTag> next();

 private:
  void skip_past(std::string_view end);
  void skip_white_space();
  HtmlTag read_tag();
  HtmlAttribute read_attribute();
  void skip_raw_text(const std::string& name);

  std::string_view text_;
  size_t position_ = 0;
};

// "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&nbsp;", "&#62;", "&#x3e;" and the like decoded; all else
// stays.
std::string decode_html(std::string_view text);

}  // namespace pannier
