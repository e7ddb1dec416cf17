// Versions of Python packages (PEP 440: "1.0rc1", "2!1.0.post3+cpu") and what a requirement allows
// (">=1.2,!=1.5"). The answers are those of PyPI's `packaging`, which pip decides by.
//
// One difference: a number of a version has at most 19 digits here.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pannier {

enum class PreReleaseKind : uint8_t { kAlpha, kBeta, kCandidate };

struct PreRelease {
  PreReleaseKind kind = PreReleaseKind::kAlpha;
  uint64_t number = 0;

  friend auto operator<=>(const PreRelease&, const PreRelease&) = default;
};

// One part of a local version: "+cpu.12" has "cpu" and 12. Words come before numbers.
struct LocalSegment {
  bool is_number = false;
  uint64_t number = 0;
  std::string word;  // lower case

  friend auto operator<=>(const LocalSegment&, const LocalSegment&) = default;
};

// A version. Compares as PEP 440 says; 1.0 and 1.0.0 are equal (but text() keeps what was said).
struct PackageVersion {
  uint64_t epoch = 0;
  std::vector<uint64_t> release;  // "1.0.2" is 1, 0, 2; never empty
  std::optional<PreRelease> pre;
  std::optional<uint64_t> post;
  std::optional<uint64_t> dev;
  std::vector<LocalSegment> local;

  // In any spelling that PEP 440 accepts ("V1.0-ALPHA.1"), white space around it allowed. kInvalid names
  // the text; kLimit for a number or text that is too long.
  static Result<PackageVersion> parse(std::string_view text);

  // The normalised spelling: "1.0a1". What was parsed from it is equal, and has the same text.
  std::string text() const;
  // The same without the local part.
  PackageVersion without_local() const;
  bool is_prerelease() const { return pre.has_value() || dev.has_value(); }

  friend std::strong_ordering operator<=>(const PackageVersion& a, const PackageVersion& b);
  friend bool operator==(const PackageVersion& a, const PackageVersion& b) { return (a <=> b) == 0; }
};

enum class SpecifierOperator : uint8_t {
  kEqual,         // ==, with a wildcard also ==1.2.*
  kNotEqual,      // !=, the same
  kIdentical,     // ===: the text, without regard to case
  kCompatible,    // ~=
  kLessEqual,     // <=
  kGreaterEqual,  // >=
  kLess,          // <
  kGreater,       // >
};

// "==", …
const char* specifier_operator_text(SpecifierOperator operation);

// One condition on a version.
struct VersionSpecifier {
  SpecifierOperator operation = SpecifierOperator::kEqual;
  PackageVersion version;  // of kIdentical: only where its text is a version
  bool wildcard = false;   // "==1.2.*": version is 1.2
  std::string written;     // the version as written, with ".*"

  // A single condition such as ">= 1.0", white space around it allowed. kInvalid, kLimit.
  static Result<VersionSpecifier> parse(std::string_view text);

  // Whether the version fulfils it, prerelease or not.
  bool contains(const PackageVersion& candidate) const;
  // Whether it names a prerelease, and so wants them considered.
  bool names_prerelease() const;
  std::string text() const;  // ">=1.0"

  friend bool operator==(const VersionSpecifier& a, const VersionSpecifier& b) {
    return a.operation == b.operation && a.written == b.written;
  }
};

// Conditions that all have to hold: ">=1.2,!=1.5". None of them: any version.
struct VersionSpecifiers {
  std::vector<VersionSpecifier> conditions;

  static Result<VersionSpecifiers> parse(std::string_view text);

  // Whether the version fulfils all of them, prerelease or not: the question where there is no choice.
  bool contains(const PackageVersion& candidate) const;
  bool allows_prereleases() const;
  // Positions of the candidates that may be chosen, in their order: those contained; prereleases among
  // them only where a condition names one, or where nothing else is contained.
  std::vector<size_t> choose(const std::vector<PackageVersion>& candidates) const;
  // Sorted, each once: "!=1.5,>=1.2".
  std::string text() const;

  friend bool operator==(const VersionSpecifiers&, const VersionSpecifiers&) = default;
};

}  // namespace pannier
