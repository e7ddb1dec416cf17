// PEP 440: conditions on versions, as python_version.h declares them.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/display.h"
#include "format/python_text.h"
#include "format/python_version.h"

namespace pannier {
namespace {

using python_text::trim;

constexpr size_t kSpecifiersMax = 1'000;

bool same_release(const PackageVersion& a, const PackageVersion& b) {
  return PackageVersion{a.epoch, a.release, {}, {}, {}, {}} ==
         PackageVersion{b.epoch, b.release, {}, {}, {}, {}};
}

// The least version whose release is beyond the prefix: 1.2 -> 1.3.dev0.
PackageVersion behind_prefix(uint64_t epoch, std::vector<uint64_t> prefix) {
  PackageVersion bound;
  bound.epoch = epoch;
  bound.release = std::move(prefix);
  ++bound.release.back();
  bound.dev = 0;
  return bound;
}

bool has_prefix(const PackageVersion& candidate, const PackageVersion& prefix) {
  PackageVersion least;
  least.epoch = prefix.epoch;
  least.release = prefix.release;
  least.dev = 0;
  return candidate >= least && candidate < behind_prefix(prefix.epoch, prefix.release);
}

// ">1.0" does not mean 1.0+local or 1.0.post1; ">1.0.post1" does mean 1.0.post2.
bool is_greater(const PackageVersion& candidate, const PackageVersion& version) {
  PackageVersion next = version;
  if (version.dev) {
    ++*next.dev;
    return candidate >= next;
  }
  if (version.post) {
    ++*next.post;
    next.dev = 0;
    return candidate >= next;
  }
  return candidate > version && !(same_release(candidate, version) && candidate.pre == version.pre);
}

// "<1.0" does not mean 1.0a1.
bool is_less(const PackageVersion& candidate, const PackageVersion& version) {
  if (version.is_prerelease()) return candidate < version;
  PackageVersion bound = version;
  bound.dev = 0;
  return candidate < bound;
}

bool is_compatible(const PackageVersion& candidate, const PackageVersion& version) {
  std::vector<uint64_t> prefix(version.release.begin(), version.release.end() - 1);
  return candidate >= version && candidate < behind_prefix(version.epoch, std::move(prefix));
}

struct OperatorText {
  SpecifierOperator operation;
  const char* text;
};
// Longer ones before those they begin with.
constexpr std::array<OperatorText, 8> kOperators = {{{SpecifierOperator::kIdentical, "==="},
                                                     {SpecifierOperator::kEqual, "=="},
                                                     {SpecifierOperator::kNotEqual, "!="},
                                                     {SpecifierOperator::kCompatible, "~="},
                                                     {SpecifierOperator::kLessEqual, "<="},
                                                     {SpecifierOperator::kGreaterEqual, ">="},
                                                     {SpecifierOperator::kLess, "<"},
                                                     {SpecifierOperator::kGreater, ">"}}};

Error bad_specifier(std::string_view text, std::string_view reason) {
  return {ErrorKind::kInvalid,
          fmt::format("'{}' is no condition on a version: {}", for_message(text), reason),
          "write one such as >=1.2, ==1.4.* or !=1.5"};
}

// Whether two conditions say the same, in whatever spelling.
bool same_condition(const VersionSpecifier& a, const VersionSpecifier& b) {
  if (a.operation != b.operation || a.wildcard != b.wildcard) return false;
  if (a.operation == SpecifierOperator::kIdentical || a.wildcard) return a.written == b.written;
  if (a.operation == SpecifierOperator::kCompatible) return a.version.text() == b.version.text();
  return a.version == b.version;
}

}  // namespace

const char* specifier_operator_text(SpecifierOperator operation) {
  for (const OperatorText& row : kOperators) {
    if (row.operation == operation) return row.text;
  }
  return "?";
}

Result<VersionSpecifier> VersionSpecifier::parse(std::string_view text) {
  const std::string_view trimmed = trim(text);
  const auto* row = std::find_if(kOperators.begin(), kOperators.end(), [&](const OperatorText& candidate) {
    return trimmed.starts_with(candidate.text);
  });
  if (row == kOperators.end()) {
    return bad_specifier(text, "it begins with none of ===, ==, !=, ~=, <=, >=, < and >");
  }
  VersionSpecifier specifier;
  specifier.operation = row->operation;
  std::string_view version = trim(trimmed.substr(std::string_view(row->text).size()));
  specifier.written = version;
  if (row->operation == SpecifierOperator::kIdentical) {
    if (version.find_first_of(" \t\n\r\f\v;)") != std::string_view::npos) {
      return bad_specifier(text, "a text to compare with has no white space, ';' or ')'");
    }
    Result<PackageVersion> parsed = PackageVersion::parse(version);
    if (parsed.ok()) specifier.version = *std::move(parsed);
    return specifier;
  }
  const bool may_be_exact =
      row->operation == SpecifierOperator::kEqual || row->operation == SpecifierOperator::kNotEqual;
  if (version.ends_with(".*")) {
    if (!may_be_exact) return bad_specifier(text, "'.*' goes with == and != only");
    specifier.wildcard = true;
    version.remove_suffix(2);
  }
  Result<PackageVersion> parsed = PackageVersion::parse(version);
  if (!parsed.ok()) return with_context(std::move(parsed).error(), "'" + for_message(text) + "'");
  specifier.version = *std::move(parsed);
  const PackageVersion& v = specifier.version;
  if (specifier.wildcard &&
      (v.is_prerelease() || v.post || !v.local.empty() || !python_text::is_digit(version.back()))) {
    return bad_specifier(text, "'.*' goes behind plain numbers only");
  }
  if (!may_be_exact && !v.local.empty()) {
    return bad_specifier(text, "a local version (+…) goes with == and != only");
  }
  if (row->operation == SpecifierOperator::kCompatible && v.release.size() < 2) {
    return bad_specifier(text, "~= needs two numbers at least, as in ~=1.2");
  }
  return specifier;
}

bool VersionSpecifier::contains(const PackageVersion& candidate) const {
  switch (operation) {
    case SpecifierOperator::kIdentical:
      return candidate.text() == python_text::lower_case(written);
    case SpecifierOperator::kEqual:
    case SpecifierOperator::kNotEqual: {
      const bool is_equal = wildcard                ? has_prefix(candidate, version)
                            : version.local.empty() ? candidate.without_local() == version
                                                    : candidate == version;
      return is_equal == (operation == SpecifierOperator::kEqual);
    }
    case SpecifierOperator::kCompatible:
      return is_compatible(candidate, version);
    case SpecifierOperator::kLessEqual:
      return candidate.without_local() <= version;
    case SpecifierOperator::kGreaterEqual:
      return candidate >= version;
    case SpecifierOperator::kLess:
      return is_less(candidate, version);
    case SpecifierOperator::kGreater:
      return is_greater(candidate, version);
  }
  return false;
}

bool VersionSpecifier::names_prerelease() const {
  if (operation == SpecifierOperator::kNotEqual || wildcard) return false;
  return version.is_prerelease();
}

std::string VersionSpecifier::text() const { return specifier_operator_text(operation) + written; }

Result<VersionSpecifiers> VersionSpecifiers::parse(std::string_view text) {
  VersionSpecifiers specifiers;
  while (!text.empty()) {
    const std::string_view part = trim(python_text::take_until(text, ','));
    if (part.empty()) continue;
    if (specifiers.conditions.size() == kSpecifiersMax) {
      return Error{ErrorKind::kLimit, fmt::format("more than {} conditions on one version", kSpecifiersMax),
                   ""};
    }
    PANNIER_ASSIGN(VersionSpecifier specifier, VersionSpecifier::parse(part));
    specifiers.conditions.push_back(std::move(specifier));
  }
  return specifiers;
}

bool VersionSpecifiers::contains(const PackageVersion& candidate) const {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const VersionSpecifier& condition) { return condition.contains(candidate); });
}

bool VersionSpecifiers::allows_prereleases() const {
  return std::any_of(conditions.begin(), conditions.end(),
                     [](const VersionSpecifier& condition) { return condition.names_prerelease(); });
}

std::vector<size_t> VersionSpecifiers::choose(const std::vector<PackageVersion>& candidates) const {
  std::vector<size_t> all;
  std::vector<size_t> finals;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (!contains(candidates[i])) continue;
    all.push_back(i);
    if (!candidates[i].is_prerelease()) finals.push_back(i);
  }
  return allows_prereleases() || finals.empty() ? all : finals;
}

std::string VersionSpecifiers::text() const {
  std::vector<VersionSpecifier> sorted = conditions;
  std::sort(sorted.begin(), sorted.end(),
            [](const VersionSpecifier& a, const VersionSpecifier& b) { return a.text() < b.text(); });
  std::vector<VersionSpecifier> kept;
  for (VersionSpecifier& condition : sorted) {
    const bool said = std::any_of(kept.begin(), kept.end(), [&](const VersionSpecifier& other) {
      return same_condition(other, condition);
    });
    if (!said) kept.push_back(std::move(condition));
  }
  std::string out;
  for (const VersionSpecifier& condition : kept) out += (out.empty() ? "" : ",") + condition.text();
  return out;
}

}  // namespace pannier
