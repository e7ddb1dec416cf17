// wheel_choice: of all the files that a resolution allows, the one wheel of each package that a target gets.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/pylock.h"
#include "format/python_target.h"
#include "format/python_wheel_name.h"

namespace pannier {

struct ChosenWheel {
  std::string package;  // normalised
  std::string version;
  PylockFile file;
  WheelFit fit;
};

struct WheelChoice {
  std::vector<ChosenWheel> wheels;         // sorted by package, then file name
  std::vector<PylockPackage> only_source;  // packages that have nothing but an sdist
};

// `allowed`: by package, the only digests that may be chosen (--hash of a requirements file). kUnsupported
// with every package that has wheels but none for the target (and why the nearest does not fit), or that
// comes from a version control system or a folder.
Result<WheelChoice> choose_wheels(const std::vector<PylockPackage>& packages, const TargetTags& tags,
                                  const std::map<std::string, std::set<Digest>>& allowed);

}  // namespace pannier
