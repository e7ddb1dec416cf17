// Whether a set of wheels is complete: that everything the roots need, and everything that in turn needs, is
// in the set in a version that will do, for one target's environment.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "format/python_marker.h"
#include "format/python_metadata.h"
#include "format/python_requirement.h"

namespace pannier {

struct UnmetRequirement {
  std::string needed_by;  // "transformers 4.57.0[torch]"; empty: asked for by the user
  Requirement requirement;
  std::vector<std::string> found_versions;  // of that package in the set, none of which will do; sorted

  // "transformers 4.57.0[torch] needs torch>=2.2, which is not in the set (there is 2.1)"
  std::string text() const;
};

struct Closure {
  std::vector<UnmetRequirement> unmet;  // in the order found from the roots, each once
  std::vector<size_t> unneeded;         // positions in the set of what no root leads to
  std::vector<std::string> warnings;    // requirements by URL, which pip would fetch; unknown extras
};

// `set` holds the metadata of the wheels that fit the target (several versions of a package may be there: the
// newest that a requirement allows is followed, as pip prefers it). A requirement by URL is met by a package
// of that name. kInvalid where a marker cannot be evaluated, named with its package.
Result<Closure> check_closure(const std::vector<PackageMetadata>& set, const std::vector<Requirement>& roots,
                              const MarkerEnvironment& environment);

}  // namespace pannier
