// Simple index pages in HTML (PEP 503): one anchor a file.
#include <fmt/core.h>

#include <algorithm>

#include "format/html_tags.h"
#include "format/python_simple_entry.h"
#include "format/python_simple_index.h"
#include "format/python_text.h"

namespace pannier {
namespace {

std::optional<uint8_t> hex_digit(char c) {
  const char l = python_text::lower(c);
  if (python_text::is_digit(c)) return static_cast<uint8_t>(c - '0');
  if (l >= 'a' && l <= 'f') return static_cast<uint8_t>(l - 'a' + 10);
  return std::nullopt;
}

// "%2B" is "+"; what is no such escape stays.
std::string decode_percent(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const std::optional<uint8_t> high = hex_digit(text[i + 1]);
      const std::optional<uint8_t> low = hex_digit(text[i + 2]);
      if (high && low) {
        out.push_back(static_cast<char>(*high << 4 | *low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

// The last component of the URL's path: what the file is called.
std::string filename_of(std::string_view url) {
  const std::string_view path = url.substr(0, url.find('?'));
  const size_t slash = path.rfind('/');
  return decode_percent(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// The value of `key` in "sha256=…&egg=…"; empty where there is none.
std::string_view fragment_value(std::string_view fragment, std::string_view key) {
  while (!fragment.empty()) {
    std::string_view part = python_text::take_until(fragment, '&');
    if (python_text::take_until(part, '=') == key) return part;
  }
  return {};
}

class HtmlPage {
 public:
  explicit HtmlPage(std::string_view what) : what_(what) {}

  Result<SimpleIndexPage> parse(std::string_view text) {
    PANNIER_TRY(simple_index::check_page_bytes(text, what_));
    // Any text has no anchors; only a page says that it is one.
    bool is_page = false;
    HtmlTagReader reader(text);
    while (const std::optional<HtmlTag> tag = reader.next()) {
      is_page |= tag->name == "html" || tag->name == "body" || tag->name == "head";
      if (tag->name == "meta") PANNIER_TRY(read_meta(*tag));
      if (tag->name == "base" && page_.base.empty()) read_base(*tag);
      if (tag->name == "a") PANNIER_TRY(read_anchor(*tag));
    }
    if (!is_page && page_.files.empty()) return simple_index::corrupt(what_, "not a page of HTML");
    return std::move(page_);
  }

 private:
  Status read_meta(const HtmlTag& tag) const {
    const std::string* name = tag.attribute("name");
    const std::string* content = tag.attribute("content");
    if (name == nullptr || content == nullptr || *name != "pypi:repository-version") return {};
    return simple_index::check_api_version(*content, what_);
  }

  void read_base(const HtmlTag& tag) {
    const std::string* href = tag.attribute("href");
    if (href != nullptr && simple_index::is_address(*href)) page_.base = *href;
  }

  Status read_anchor(const HtmlTag& tag) {
    const std::string* href = tag.attribute("href");
    if (href == nullptr) return {};
    const std::string_view address = python_text::trim(*href);
    std::string_view fragment = address;
    SimpleFile file;
    file.url = python_text::take_until(fragment, '#');
    file.filename = filename_of(file.url);
    if (!simple_index::is_file_name(file.filename) || !simple_index::is_address(file.url)) {
      ++page_.skipped;
      return {};
    }
    const std::string_view sha256 = fragment_value(fragment, "sha256");
    if (!sha256.empty()) {
      PANNIER_ASSIGN(file.sha256, simple_index::parse_sha256(sha256, file.filename, what_));
    }
    PANNIER_TRY(read_facts(tag, file));
    PANNIER_TRY(simple_index::check_file_count(page_.files.size() + 1, what_));
    page_.files.push_back(std::move(file));
    return {};
  }

  Status read_facts(const HtmlTag& tag, SimpleFile& file) const {
    const std::string* requires_python = tag.attribute("data-requires-python");
    if (requires_python != nullptr) file.requires_python = *requires_python;
    const std::string* yanked = tag.attribute("data-yanked");
    file.yanked = yanked != nullptr;
    if (yanked != nullptr) file.yanked_reason = *yanked;
    // PEP 714: the first is the name as it was meant; old indexes have the second only.
    const std::string* metadata = tag.attribute("data-core-metadata");
    if (metadata == nullptr) metadata = tag.attribute("data-dist-info-metadata");
    if (metadata == nullptr || *metadata == "false") return {};
    file.has_metadata = true;
    std::string_view hex = *metadata;
    if (python_text::take_until(hex, '=') != "sha256") return {};
    PANNIER_ASSIGN(file.metadata_sha256, simple_index::parse_sha256(hex, file.filename, what_));
    return {};
  }

  std::string_view what_;
  SimpleIndexPage page_;
};

}  // namespace

Result<SimpleIndexPage> parse_simple_html(std::string_view text, std::string_view what) {
  return HtmlPage(what).parse(text);
}

}  // namespace pannier
