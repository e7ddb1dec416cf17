// The closure of a set of wheels: a walk from the roots along Requires-Dist.
#include "format/python_closure.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/display.h"
#include "base/limits.h"

namespace pannier {
namespace {

// Markers evaluated, all in all: a set that asks for more was made to keep us busy.
constexpr uint64_t kStepsMax = 20'000'000;

class ClosureWalk {
 public:
  ClosureWalk(const std::vector<PackageMetadata>& set, const MarkerEnvironment& environment)
      : set_(set), environment_(environment) {
    for (size_t i = 0; i < set_.size(); ++i) by_name_[normalise_package_name(set_[i].name)].push_back(i);
  }

  Result<Closure> walk(const std::vector<Requirement>& roots) {
    for (const Requirement& root : roots) {
      Result<bool> applies = root.marker.evaluate(environment_);
      if (!applies.ok()) return std::move(applies).error();
      if (*applies) need("", root);
    }
    while (!open_.empty()) {
      const Node node = open_.front();
      open_.pop_front();
      PANNIER_TRY(follow(node));
    }
    for (size_t i = 0; i < set_.size(); ++i) {
      if (!seen_.contains({i, ""})) closure_.unneeded.push_back(i);
    }
    return std::move(closure_);
  }

 private:
  // A package, and one of its extras ("": what it needs without any).
  using Node = std::pair<size_t, std::string>;

  // "transformers 4.57.0[torch]"
  std::string title(const Node& node) const {
    const PackageMetadata& package = set_[node.first];
    return fmt::format("{} {}{}", package.name, package.version.text(),
                       node.second.empty() ? "" : "[" + node.second + "]");
  }

  void visit(Node node) {
    if (seen_.insert(node).second) open_.push_back(std::move(node));
  }

  Status follow(const Node& node) {
    for (const Requirement& requirement : set_[node.first].requires_dist) {
      if (++steps_ > kStepsMax) {
        return Error{ErrorKind::kLimit,
                     fmt::format("the packages need each other in more than {} steps", kStepsMax), ""};
      }
      Result<bool> plain = requirement.marker.evaluate(environment_);
      if (!plain.ok()) return with_context(std::move(plain).error(), for_message(title(node)));
      bool applies = *plain;
      if (!node.second.empty()) {
        if (*plain) continue;  // needed without the extra, and followed there
        PANNIER_ASSIGN(applies, requirement.marker.evaluate(environment_, node.second));
      }
      if (applies) need(title(node), requirement);
    }
    return {};
  }

  void need(const std::string& needed_by, const Requirement& requirement) {
    const std::optional<size_t> found = choose(requirement);
    if (!found) {
      add_unmet(needed_by, requirement);
      return;
    }
    if (!requirement.url.empty()) {
      warn(fmt::format(
          "{} from {}, which only a network has; the set's own {} {} is taken for it",
          needed_by.empty() ? requirement.name + " is asked for" : needed_by + " needs " + requirement.name,
          for_message(requirement.url), set_[*found].name, set_[*found].version.text()));
    }
    visit({*found, ""});
    for (const std::string& extra : requirement.normalised_extras()) {
      if (!provides(set_[*found], extra)) {
        warn(fmt::format("{} {} has no extra '{}'", set_[*found].name, set_[*found].version.text(),
                         for_message(extra)));
      }
      visit({*found, extra});
    }
  }

  static bool provides(const PackageMetadata& package, const std::string& extra) {
    return std::any_of(
        package.provides_extra.begin(), package.provides_extra.end(),
        [&](const std::string& provided) { return normalise_package_name(provided) == extra; });
  }

  // The newest package of the set that will do.
  std::optional<size_t> choose(const Requirement& requirement) const {
    const auto found = by_name_.find(requirement.normalised_name());
    if (found == by_name_.end()) return std::nullopt;
    std::vector<PackageVersion> versions;
    for (const size_t i : found->second) versions.push_back(set_[i].version);
    std::optional<size_t> best;
    for (const size_t position : requirement.specifiers.choose(versions)) {
      const size_t candidate = found->second[position];
      if (!best || set_[*best].version < set_[candidate].version) best = candidate;
    }
    return best;
  }

  void add_unmet(const std::string& needed_by, const Requirement& requirement) {
    if (!said_.insert(needed_by + "\n" + requirement.text()).second) return;
    UnmetRequirement unmet{needed_by, requirement, {}};
    std::vector<PackageVersion> versions;
    const auto found = by_name_.find(requirement.normalised_name());
    if (found != by_name_.end()) {
      for (const size_t i : found->second) versions.push_back(set_[i].version);
    }
    std::sort(versions.begin(), versions.end());
    for (const PackageVersion& version : versions) unmet.found_versions.push_back(version.text());
    closure_.unmet.push_back(std::move(unmet));
  }

  void warn(std::string text) {
    if (said_.insert(text).second) closure_.warnings.push_back(std::move(text));
  }

  const std::vector<PackageMetadata>& set_;
  const MarkerEnvironment& environment_;
  std::map<std::string, std::vector<size_t>> by_name_;
  std::set<Node> seen_;
  std::deque<Node> open_;
  std::set<std::string> said_;
  uint64_t steps_ = 0;
  Closure closure_;
};

}  // namespace

std::string UnmetRequirement::text() const {
  Requirement plain = requirement;
  plain.marker = Marker();
  const std::string what = for_display(plain.text());
  const std::string need =
      needed_by.empty() ? what + " is asked for" : for_display(needed_by) + " needs " + what;
  const std::string found =
      found_versions.empty() ? "" : fmt::format(" (there is {})", fmt::join(found_versions, ", "));
  return need + ", which is not in the set" + found;
}

Result<Closure> check_closure(const std::vector<PackageMetadata>& set, const std::vector<Requirement>& roots,
                              const MarkerEnvironment& environment) {
  if (set.size() > limits::kWheelsMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{} packages; at most {} are checked", set.size(), limits::kWheelsMax), ""};
  }
  return ClosureWalk(set, environment).walk(roots);
}

}  // namespace pannier
