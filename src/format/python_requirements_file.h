// requirements.txt: read as far as `-r FILE` needs, and written with digests for
// `pip install --require-hashes`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/python_requirement.h"

namespace pannier {

struct RequirementsLine {
  uint64_t line = 0;  // counted from 1, where it begins
  Requirement requirement;
  std::vector<Digest> sha256;  // --hash=sha256:…
};

// Another file that a line names; the caller decides whether to read it.
struct RequirementsInclude {
  uint64_t line = 0;
  bool is_constraint = false;  // -c, else -r
  std::string path;            // as written; relative to the file that names it
};

struct RequirementsFile {
  std::vector<RequirementsLine> requirements;
  std::vector<RequirementsInclude> includes;
};

// Comments, continued lines, per-requirement --hash; -r and -c are handed out. kUnsupported, with line and
// what to do instead, for everything that says where packages come from or how they are built (--index-url,
// --find-links, --no-binary, -e, paths, URLs, ${VARIABLES} …); kInvalid for what is no requirement; kLimit
// above limits::kWheelMetadataBytesMax. `what` names the file in messages.
Result<RequirementsFile> parse_requirements_file(std::string_view text, std::string_view what);

struct PinnedRequirement {
  std::string name;  // any spelling
  PackageVersion version;
  std::vector<Digest> sha256;  // of every file that may satisfy it; at least one
  std::string marker;          // as after ";", or empty
};

// `name==version ; marker \` and its hashes, a line each; names normalised, all sorted, each once: equal
// input in any order gives equal bytes. pip and uv read it.
std::string write_requirements_file(const std::vector<PinnedRequirement>& pins);

}  // namespace pannier
