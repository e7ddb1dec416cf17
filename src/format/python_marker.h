// Environment markers (PEP 508): the conditions behind the ";" of a requirement, such as
// `python_version < "3.11" and sys_platform == "linux"`, and their evaluation for a machine that need
// not be this one. The answers are those of PyPI's `packaging`.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pannier {

// What markers may ask about a machine and its Python. An empty text is a fact that is not known: it
// fulfils no comparison of versions, and as text it is equal only to "".
struct MarkerEnvironment {
  std::string python_version;                  // "3.9"
  std::string python_full_version;             // "3.9.0"
  std::string os_name;                         // "posix", "nt"
  std::string sys_platform;                    // "linux", "win32", "darwin"
  std::string platform_machine;                // "x86_64", "AMD64", "arm64"
  std::string platform_system;                 // "Linux", "Windows", "Darwin"
  std::string platform_release;                // of the kernel
  std::string platform_version;                // of the kernel's build
  std::string platform_python_implementation;  // "CPython"
  std::string implementation_name;             // "cpython"
  std::string implementation_version;          // "3.9.0"
};

class Marker {
 public:
  // No condition: it always applies.
  Marker() = default;

  // kInvalid with the place; kLimit where parentheses nest beyond 32 or the text is beyond 64 KiB.
  static Result<Marker> parse(std::string_view text);

  bool empty() const { return groups_.empty(); }

  // Whether it applies with this one extra asked for ("": none). kInvalid where it compares texts in a
  // way that only versions have (`~=`), or asks for what only lock files have.
  Result<bool> evaluate(const MarkerEnvironment& environment, std::string_view extra = "") const;
  // Whether it applies when a package is installed with these extras (normalised names; none is fine).
  Result<bool> applies(const MarkerEnvironment& environment, const std::set<std::string>& extras) const;

  // Whether the text of the marker asks for an extra at all.
  bool names_extra() const;

  // As `packaging` prints it: `python_version < "3.11" and (…)`. Parses back to the same. Empty: "".
  std::string text() const;

 private:
  friend class MarkerParser;
  struct Operand {
    bool is_variable = false;
    std::string text;  // the variable's name, or the quoted text
  };
  struct Comparison {
    Operand left;
    std::string operation;  // "==", "in", "not in", …
    Operand right;
  };
  struct Term {
    bool is_group = false;
    size_t index = 0;       // into groups_ or comparisons_
    bool after_or = false;  // whether "or", not "and", stands before it
  };
  using Group = std::vector<Term>;

  static Result<bool> evaluate_comparison(const Comparison& comparison, const MarkerEnvironment& environment,
                                          std::string_view extra);
  static std::string comparison_text(const Comparison& comparison);
  Result<bool> evaluate_group(const Group& group, const MarkerEnvironment& environment,
                              std::string_view extra) const;
  std::string group_text(const Group& group, bool is_outermost) const;

  std::vector<Group> groups_;  // the last is the whole; never deeper than the parser allows
  std::vector<Comparison> comparisons_;
};

}  // namespace pannier
