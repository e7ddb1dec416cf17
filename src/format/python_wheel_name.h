// The name of a wheel file (PEP 427), which says what is in it and where it runs:
// `tokenizers-0.20.1-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/python_target.h"
#include "format/python_version.h"

namespace pannier {

struct WheelBuild {
  uint64_t number = 0;
  std::string rest;  // "1abc" is 1 and "abc"

  friend auto operator<=>(const WheelBuild&, const WheelBuild&) = default;
};

struct WheelName {
  std::string filename;      // as given
  std::string name;          // normalised (PEP 503)
  std::string written_name;  // as in the file name: how its .dist-info folder begins
  PackageVersion version;
  std::string written_version;
  std::optional<WheelBuild> build;
  // The compressed tag set: every combination is a tag. Lower case, none empty.
  std::vector<std::string> pythons;
  std::vector<std::string> abis;
  std::vector<std::string> platforms;

  // kInvalid names the file and the part that is wrong; kLimit where the tags are more than 1,000. The
  // name is a plain file name: no folder, no control characters.
  static Result<WheelName> parse(std::string_view filename);

  // All combinations, sorted, each once.
  std::vector<WheelTag> tags() const;
};

// A compressed tag set such as "py2.py3-none-any", expanded: sorted, each once. kInvalid, kLimit.
Result<std::vector<WheelTag>> parse_wheel_tags(std::string_view text);

// Whether a wheel runs on a target.
struct WheelFit {
  bool fits = false;
  size_t rank = 0;     // of its best tag, 0 is best; compare wheels of one version by it
  WheelTag best;       // that tag
  std::string reason;  // where it does not fit, for people: "needs glibc 2.34, the target has 2.28"
  std::optional<MajorMinor> pip;  // where it fits, but the target's pip is too old to know: the pip it needs
};

WheelFit fit_wheel(const WheelName& wheel, const TargetTags& target);

}  // namespace pannier
