#include "carry/connected/wheels/requirement_roots.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/limits.h"
#include "format/python_requirements_file.h"

namespace pannier {
namespace {

constexpr uint32_t kIncludeDepthMax = 10;

class Gatherer {
 public:
  explicit Gatherer(FileSystem& fs) : fs_(fs) {}

  Status word(const std::string& text) {
    auto requirement = Requirement::parse(text);
    if (!requirement.ok()) {
      return Error{requirement.error().kind, "--pip: " + requirement.error().message,
                   "write it as pip does: NAME, NAME==VERSION, \"NAME[extra]>=1.2\""};
    }
    add(*std::move(requirement));
    return {};
  }

  Status file(const std::string& path, uint32_t depth) {
    if (depth > kIncludeDepthMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{}: requirements files include each other more than {} deep",
                               for_message(path), kIncludeDepthMax),
                   ""};
    }
    PANNIER_ASSIGN(const std::string text, read_small_file(fs_, path, limits::kWheelMetadataBytesMax));
    PANNIER_ASSIGN(RequirementsFile parsed, parse_requirements_file(text, path));
    for (RequirementsLine& line : parsed.requirements) {
      auto& allowed = roots_.allowed;
      if (!line.sha256.empty()) {
        allowed[line.requirement.normalised_name()].insert(line.sha256.begin(), line.sha256.end());
      }
      add(std::move(line.requirement));
    }
    for (const RequirementsInclude& include : parsed.includes) {
      const std::string included =
          include.path.starts_with("/") ? include.path : parent_folder(path) + "/" + include.path;
      if (include.is_constraint) {
        roots_.constraints.push_back(included);
      } else {
        PANNIER_TRY(file(included, depth + 1));
      }
    }
    return {};
  }

  RequirementRoots take() { return std::move(roots_); }

 private:
  void add(Requirement requirement) {
    if (seen_.insert(requirement.text()).second) roots_.requirements.push_back(std::move(requirement));
  }

  FileSystem& fs_;
  RequirementRoots roots_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<std::string> RequirementRoots::texts() const {
  std::vector<std::string> out;
  out.reserve(requirements.size());
  for (const Requirement& requirement : requirements) out.push_back(requirement.text());
  return out;
}

Result<RequirementRoots> gather_roots(FileSystem& fs, const std::vector<std::string>& requirements,
                                      const std::vector<std::string>& files) {
  Gatherer gatherer(fs);
  for (const std::string& text : requirements) PANNIER_TRY(gatherer.word(text));
  for (const std::string& path : files) PANNIER_TRY(gatherer.file(path, 0));
  RequirementRoots roots = gatherer.take();
  if (roots.requirements.empty()) {
    return Error{ErrorKind::kInvalid, "no requirements: no wheels to plan", "--pip NAME, or -r FILE"};
  }
  return roots;
}

}  // namespace pannier
