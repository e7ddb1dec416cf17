// PEP 508 markers: a recursive-descent parser, and the rules by which texts and versions are compared.
#include "format/python_marker.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/display.h"
#include "format/python_requirement.h"
#include "format/python_text.h"
#include "format/python_version.h"

namespace pannier {
namespace {

constexpr size_t kMarkerBytesMax = 64 * 1024;
constexpr uint32_t kMarkerDepthMax = 32;

constexpr std::string_view kExtra = "extra";

struct Variable {
  std::string_view name;
  std::string MarkerEnvironment::* value;  // null: not a fact of the environment
  bool is_version = false;                 // compared as versions where both sides are
};
constexpr std::array<Variable, 14> kVariables = {{
    {"python_version", &MarkerEnvironment::python_version, true},
    {"python_full_version", &MarkerEnvironment::python_full_version, true},
    {"os_name", &MarkerEnvironment::os_name},
    {"sys_platform", &MarkerEnvironment::sys_platform},
    {"platform_machine", &MarkerEnvironment::platform_machine},
    {"platform_system", &MarkerEnvironment::platform_system},
    {"platform_release", &MarkerEnvironment::platform_release, true},
    {"platform_version", &MarkerEnvironment::platform_version},
    {"platform_python_implementation", &MarkerEnvironment::platform_python_implementation},
    {"implementation_name", &MarkerEnvironment::implementation_name},
    {"implementation_version", &MarkerEnvironment::implementation_version, true},
    {kExtra, nullptr},
    {"extras", nullptr},
    {"dependency_groups", nullptr},
}};

// Spellings from before PEP 508.
struct OldName {
  std::string_view old_name;
  std::string_view name;
};
constexpr std::array<OldName, 6> kOldNames = {
    {{"os.name", "os_name"},
     {"sys.platform", "sys_platform"},
     {"platform.version", "platform_version"},
     {"platform.machine", "platform_machine"},
     {"platform.python_implementation", "platform_python_implementation"},
     {"python_implementation", "platform_python_implementation"}}};

// Longer ones before those they begin with.
constexpr std::array<std::string_view, 8> kOperators = {"===", "==", "~=", "!=", "<=", ">=", "<", ">"};

const Variable* find_variable(std::string_view name) {
  for (const OldName& row : kOldNames) {
    if (row.old_name == name) name = row.name;
  }
  for (const Variable& row : kVariables) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

bool is_name_part(char c) { return python_text::is_alphanumeric(c) || c == '_' || c == '.'; }

Error cannot_compare(const std::string& text, std::string_view reason) {
  return {ErrorKind::kInvalid, fmt::format("the marker `{}` {}", for_message(text), reason), ""};
}

// Compares two texts where they are not versions. nullopt: the operator has no meaning for texts.
std::optional<bool> compare_texts(std::string_view left, std::string_view operation, std::string_view right) {
  if (operation == "in") return right.find(left) != std::string_view::npos;
  if (operation == "not in") return right.find(left) == std::string_view::npos;
  if (operation == "==" || operation == "<=" || operation == ">=") return left == right;
  if (operation == "!=") return left != right;
  if (operation == "<" || operation == ">") return false;
  return std::nullopt;
}

// "3.9" >= "3.8", where the right side makes a condition with the operator; else nullopt.
std::optional<bool> compare_versions(std::string_view left, std::string_view operation,
                                     std::string_view right) {
  const Result<VersionSpecifier> specifier = VersionSpecifier::parse(fmt::format("{}{}", operation, right));
  if (!specifier.ok()) return std::nullopt;
  if (specifier->operation == SpecifierOperator::kIdentical) {
    return python_text::lower_case(left) == python_text::lower_case(specifier->written);
  }
  const Result<PackageVersion> version = PackageVersion::parse(left);
  return version.ok() && specifier->contains(*version);
}

std::string quoted(const std::string& text) {
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  return quote + text + quote;
}

}  // namespace

class MarkerParser {
 public:
  explicit MarkerParser(std::string_view text) : text_(text) {}

  Result<Marker> parse() {
    if (text_.size() > kMarkerBytesMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("a marker of {} bytes; at most {} are read", text_.size(), kMarkerBytesMax),
                   ""};
    }
    PANNIER_ASSIGN(Marker::Group whole, parse_group(0));
    if (position_ != text_.size()) return wrong("expected `and`, `or` or the end");
    marker_.groups_.push_back(std::move(whole));
    return std::move(marker_);
  }

 private:
  void skip_white_space() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
  }
  bool accept(std::string_view token) {
    if (!text_.substr(position_).starts_with(token)) return false;
    position_ += token.size();
    return true;
  }
  // The run of letters, digits, '_' and '.' that begins here, not taken.
  std::string_view peek_word() const {
    size_t end = position_;
    while (end < text_.size() && is_name_part(text_[end])) ++end;
    return text_.substr(position_, end - position_);
  }
  bool accept_word(std::string_view word) {
    if (peek_word() != word) return false;
    position_ += word.size();
    return true;
  }

  Result<Marker::Group> parse_group(uint32_t depth) {
    if (depth > kMarkerDepthMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("a marker whose parentheses nest deeper than {}", kMarkerDepthMax), ""};
    }
    Marker::Group group;
    bool after_or = false;
    do {
      skip_white_space();
      Marker::Term term;
      term.after_or = after_or;
      if (accept("(")) {
        PANNIER_ASSIGN(Marker::Group inner, parse_group(depth + 1));
        if (!accept(")")) return wrong("expected a closing parenthesis");
        term.is_group = true;
        term.index = marker_.groups_.size();
        marker_.groups_.push_back(std::move(inner));
      } else {
        PANNIER_ASSIGN(Marker::Comparison comparison, parse_comparison());
        term.index = marker_.comparisons_.size();
        marker_.comparisons_.push_back(std::move(comparison));
      }
      group.push_back(term);
      skip_white_space();
      after_or = peek_word() == "or";
    } while (accept_word("and") || accept_word("or"));
    return group;
  }

  Result<Marker::Comparison> parse_comparison() {
    Marker::Comparison comparison;
    PANNIER_ASSIGN(comparison.left, parse_operand());
    skip_white_space();
    PANNIER_ASSIGN(comparison.operation, parse_operator());
    skip_white_space();
    PANNIER_ASSIGN(comparison.right, parse_operand());
    normalise_extras(comparison);
    return comparison;
  }

  // Extras are compared in their normalised spelling (PEP 685).
  static void normalise_extras(Marker::Comparison& comparison) {
    Marker::Operand& left = comparison.left;
    Marker::Operand& right = comparison.right;
    if (left.is_variable && left.text == kExtra && !right.is_variable) {
      right.text = normalise_package_name(right.text);
    } else if (right.is_variable && !left.is_variable && find_variable(right.text)->value == nullptr) {
      left.text = normalise_package_name(left.text);
    }
  }

  Result<std::string> parse_operator() {
    for (const std::string_view candidate : kOperators) {
      if (accept(candidate)) return std::string(candidate);
    }
    if (accept_word("in")) return std::string("in");
    if (accept_word("not")) {
      const size_t end = position_;
      skip_white_space();
      if (position_ != end && accept_word("in")) return std::string("not in");
      return wrong("expected ` in` behind `not`");
    }
    return wrong("expected one of ==, !=, <=, <, >=, >, ~=, ===, in, not in");
  }

  Result<Marker::Operand> parse_operand() {
    Marker::Operand operand;
    if (position_ < text_.size() && (text_[position_] == '"' || text_[position_] == '\'')) {
      const size_t end = text_.find(text_[position_], position_ + 1);
      if (end == std::string_view::npos) return wrong("a quoted text does not end");
      operand.text = text_.substr(position_ + 1, end - position_ - 1);
      // Python would read escapes here; nobody writes any, and readers differ on them.
      if (operand.text.find('\\') != std::string::npos ||
          std::any_of(operand.text.begin(), operand.text.end(), python_text::is_control)) {
        return wrong("a quoted text with a backslash or control character");
      }
      position_ = end + 1;
      return operand;
    }
    const std::string_view word = peek_word();
    const Variable* variable = find_variable(word);
    if (variable == nullptr) return wrong("expected a name such as python_version, or a quoted text");
    position_ += word.size();
    operand.is_variable = true;
    operand.text = variable->name;
    return operand;
  }

  Error wrong(std::string_view reason) const {
    return {ErrorKind::kInvalid,
            fmt::format("the marker `{}`: at character {}: {}", for_message(text_), position_, reason),
            "markers look like: python_version < \"3.11\" and sys_platform == \"linux\" (PEP 508)"};
  }

  std::string_view text_;
  size_t position_ = 0;
  Marker marker_;
};

Result<Marker> Marker::parse(std::string_view text) { return MarkerParser(text).parse(); }

Result<bool> Marker::evaluate(const MarkerEnvironment& environment, std::string_view extra) const {
  if (empty()) return true;
  return evaluate_group(groups_.back(), environment, normalise_package_name(extra));
}

Result<bool> Marker::applies(const MarkerEnvironment& environment,
                             const std::set<std::string>& extras) const {
  PANNIER_ASSIGN(bool applies_to_any, evaluate(environment));
  for (const std::string& extra : extras) {
    PANNIER_ASSIGN(const bool applies_to_extra, evaluate(environment, extra));
    applies_to_any |= applies_to_extra;
  }
  return applies_to_any;
}

// Terms joined by "and" form a run; runs are joined by "or". All are evaluated, so that a comparison that
// makes no sense is an error whatever stands beside it.
Result<bool> Marker::evaluate_group(const Group& group, const MarkerEnvironment& environment,
                                    std::string_view extra) const {
  bool any = false;
  bool run = true;
  for (const Term& term : group) {
    if (term.after_or) {
      any |= run;
      run = true;
    }
    if (term.is_group) {
      PANNIER_ASSIGN(const bool value, evaluate_group(groups_[term.index], environment, extra));
      run &= value;
    } else {
      PANNIER_ASSIGN(const bool value, evaluate_comparison(comparisons_[term.index], environment, extra));
      run &= value;
    }
  }
  return any || run;
}

Result<bool> Marker::evaluate_comparison(const Comparison& comparison, const MarkerEnvironment& environment,
                                         std::string_view extra) {
  const std::string text = comparison_text(comparison);
  if (comparison.left.is_variable == comparison.right.is_variable) {
    return cannot_compare(text, "does not compare a fact of the machine with a quoted text");
  }
  const bool is_left = comparison.left.is_variable;
  const Variable& variable = *find_variable(is_left ? comparison.left.text : comparison.right.text);
  std::string_view fact = extra;
  if (variable.value != nullptr) {
    fact = environment.*variable.value;
  } else if (variable.name != kExtra) {
    return cannot_compare(text, "asks for what only a lock file has");
  }
  const std::string_view left = is_left ? fact : comparison.left.text;
  const std::string_view right = is_left ? comparison.right.text : fact;
  if (variable.is_version) {
    const std::optional<bool> answer = compare_versions(left, comparison.operation, right);
    if (answer) return *answer;
  }
  const std::optional<bool> answer = compare_texts(left, comparison.operation, right);
  if (!answer) return cannot_compare(text, "compares texts as only versions can be compared");
  return *answer;
}

bool Marker::names_extra() const {
  return std::any_of(comparisons_.begin(), comparisons_.end(), [](const Comparison& comparison) {
    return (comparison.left.is_variable && comparison.left.text == kExtra) ||
           (comparison.right.is_variable && comparison.right.text == kExtra);
  });
}

std::string Marker::text() const { return empty() ? "" : group_text(groups_.back(), true); }

std::string Marker::comparison_text(const Comparison& comparison) {
  const auto text = [](const Operand& operand) {
    return operand.is_variable ? operand.text : quoted(operand.text);
  };
  return fmt::format("{} {} {}", text(comparison.left), comparison.operation, text(comparison.right));
}

std::string Marker::group_text(const Group& group, bool is_outermost) const {
  const auto text = [&](const Term& term, bool outermost) {
    return term.is_group ? group_text(groups_[term.index], outermost)
                         : comparison_text(comparisons_[term.index]);
  };
  if (group.size() == 1) return text(group[0], is_outermost);
  std::string out;
  for (const Term& term : group) {
    if (!out.empty()) out += term.after_or ? " or " : " and ";
    out += text(term, false);
  }
  return is_outermost ? out : "(" + out + ")";
}

}  // namespace pannier
