// PEP 508 requirements; versions and markers have parsers of their own.
#include "format/python_requirement.h"

#include <fmt/core.h>

#include "base/display.h"
#include "format/python_text.h"

namespace pannier {
namespace {

constexpr size_t kRequirementBytesMax = 64 * 1024;
constexpr size_t kNameBytesMax = 255;

// One comma may stand behind the last condition; every other stands between two.
bool commas_stand_between_conditions(std::string_view list) {
  list = python_text::trim(list);
  if (list.empty()) return true;
  if (list.ends_with(',')) list.remove_suffix(1);
  for (size_t comma = 0; comma != std::string_view::npos; list.remove_prefix(comma + 1)) {
    comma = list.find(',');
    if (python_text::trim(list.substr(0, comma)).empty()) return false;
    if (comma == std::string_view::npos) break;
  }
  return true;
}

class RequirementParser {
 public:
  explicit RequirementParser(std::string_view text) : text_(text) {}

  Result<Requirement> parse() {
    if (text_.size() > kRequirementBytesMax) {
      return Error{
          ErrorKind::kLimit,
          fmt::format("a requirement of {} bytes; at most {} are read", text_.size(), kRequirementBytesMax),
          ""};
    }
    for (const char c : text_) {
      if (python_text::is_control(c) && c != '\t') return wrong("a control character");
    }
    Requirement requirement;
    skip_white_space();
    PANNIER_ASSIGN(requirement.name, parse_name("the name of a package"));
    skip_white_space();
    if (accept('[')) PANNIER_TRY(parse_extras(requirement));
    skip_white_space();
    if (accept('@')) {
      PANNIER_TRY(parse_url(requirement));
    } else {
      PANNIER_TRY(parse_specifiers(requirement));
    }
    skip_white_space();
    if (accept(';')) {
      Result<Marker> marker = Marker::parse(text_.substr(position_));
      if (!marker.ok()) return with_context(std::move(marker).error(), "'" + for_message(text_) + "'");
      requirement.marker = *std::move(marker);
    } else if (position_ != text_.size()) {
      return wrong(requirement.url.empty()
                       ? "expected a condition such as >=1.2, `;` and a marker, or the end"
                       : "expected white space, `;` and a marker, or the end behind the URL");
    }
    return requirement;
  }

 private:
  void skip_white_space() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
  }
  bool accept(char c) {
    if (position_ == text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  Result<std::string> parse_name(std::string_view expected) {
    size_t end = position_;
    while (end < text_.size() && (python_text::is_alphanumeric(text_[end]) || text_[end] == '-' ||
                                  text_[end] == '_' || text_[end] == '.')) {
      ++end;
    }
    const std::string_view name = text_.substr(position_, end - position_);
    if (!is_package_name(name)) return wrong(fmt::format("expected {}", expected));
    position_ = end;
    return std::string(name);
  }

  Status parse_extras(Requirement& requirement) {
    skip_white_space();
    if (accept(']')) return {};
    do {
      skip_white_space();
      PANNIER_ASSIGN(std::string extra, parse_name("the name of an extra"));
      requirement.extras.insert(std::move(extra));
      skip_white_space();
    } while (accept(','));
    if (!accept(']')) return wrong("expected `,` or `]` behind an extra");
    return {};
  }

  Status parse_url(Requirement& requirement) {
    skip_white_space();
    const size_t end = std::min(text_.find_first_of(" \t", position_), text_.size());
    if (end == position_) return wrong("expected a URL behind `@`");
    requirement.url = text_.substr(position_, end - position_);
    position_ = end;
    // A ";" without white space before it is a part of the URL.
    return {};
  }

  Status parse_specifiers(Requirement& requirement) {
    const bool in_parentheses = accept('(');
    const size_t end = std::min(text_.find_first_of(in_parentheses ? ")" : ";)", position_), text_.size());
    const std::string_view list = text_.substr(position_, end - position_);
    if (!commas_stand_between_conditions(list)) return wrong("a comma with no condition beside it");
    Result<VersionSpecifiers> specifiers = VersionSpecifiers::parse(list);
    if (!specifiers.ok()) return with_context(std::move(specifiers).error(), "'" + for_message(text_) + "'");
    requirement.specifiers = *std::move(specifiers);
    position_ = end;
    if (in_parentheses && !accept(')')) return wrong("expected a closing parenthesis");
    return {};
  }

  Error wrong(std::string_view reason) const {
    return {ErrorKind::kInvalid,
            fmt::format("'{}' is no requirement: at character {}: {}", for_message(text_), position_, reason),
            "requirements look like: transformers[torch]>=4.30,<5 (PEP 508)"};
  }

  std::string_view text_;
  size_t position_ = 0;
};

}  // namespace

std::string normalise_package_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char next = c == '_' || c == '.' ? '-' : python_text::lower(c);
    if (next != '-' || out.empty() || out.back() != '-') out.push_back(next);
  }
  return out;
}

bool is_package_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  if (!python_text::is_alphanumeric(name.front()) || !python_text::is_alphanumeric(name.back())) return false;
  for (const char c : name) {
    if (!python_text::is_alphanumeric(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

Result<Requirement> Requirement::parse(std::string_view text) { return RequirementParser(text).parse(); }

std::set<std::string> Requirement::normalised_extras() const {
  std::set<std::string> out;
  for (const std::string& extra : extras) out.insert(normalise_package_name(extra));
  return out;
}

std::string Requirement::text() const {
  std::string out = name;
  if (!extras.empty()) {
    std::string list;
    for (const std::string& extra : extras) list += (list.empty() ? "" : ",") + extra;
    out += "[" + list + "]";
  }
  out += specifiers.text();
  if (!url.empty()) out += " @ " + url + (marker.empty() ? "" : " ");
  if (!marker.empty()) out += "; " + marker.text();
  return out;
}

}  // namespace pannier
