// Requirements of Python packages (PEP 508), as Requires-Dist and requirements files say them:
// `transformers[torch] >=4.30, <5 ; python_version >= "3.9"` or `name @ https://…`.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/python_marker.h"
#include "format/python_version.h"

namespace pannier {

// The one spelling of a package's or an extra's name (PEP 503): lower case, runs of "-", "_" and "." as
// one "-".
std::string normalise_package_name(std::string_view name);
// Whether it is a name at all: ASCII letters, digits, "-", "_", ".", beginning and ending with a letter
// or digit, at most 255 bytes.
bool is_package_name(std::string_view name);

struct Requirement {
  std::string name;              // as written; normalise_package_name() to compare
  std::set<std::string> extras;  // as written
  VersionSpecifiers specifiers;
  std::string url;  // "name @ URL"; else empty
  Marker marker;

  // kInvalid with the place and what was expected there, kLimit. Nothing may follow it.
  static Result<Requirement> parse(std::string_view text);

  std::string normalised_name() const { return normalise_package_name(name); }
  std::set<std::string> normalised_extras() const;
  // As `packaging` prints it: `name[a,b]<5,>=4.30; marker`. Parses back to the same.
  std::string text() const;
};

}  // namespace pannier
