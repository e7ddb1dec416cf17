// requirement_roots: what --pip and -r ask for, as one list.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "format/python_requirement.h"

namespace pannier {

struct RequirementRoots {
  std::vector<Requirement> requirements;  // in the order given, each text once
  std::vector<std::string> constraints;   // files that -r files name with -c; paths
  // By normalised name: the digests that a requirements file allows (--hash). No entry: any.
  std::map<std::string, std::set<Digest>> allowed;

  std::vector<std::string> texts() const;
};

// Reads the files and those that they include. kInvalid for what is no requirement, with the file and line;
// kUnsupported for lines that say where packages come from (options do that); kNotFound; kLimit where files
// include each other more than 10 deep.
Result<RequirementRoots> gather_roots(FileSystem& fs, const std::vector<std::string>& requirements,
                                      const std::vector<std::string>& files);

}  // namespace pannier
