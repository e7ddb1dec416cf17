#include "carry/connected/wheels/wheel_choice.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "format/python_marker.h"

namespace pannier {
namespace {

// A marker that is none of ours to judge (uv wrote it) counts as true: what is carried too much does no harm.
bool is_wanted(const PylockPackage& package, const MarkerEnvironment& environment) {
  if (package.marker.empty()) return true;
  const auto marker = Marker::parse(package.marker);
  if (!marker.ok()) return true;
  const auto applies = marker->applies(environment, {});
  return !applies.ok() || *applies;
}

bool is_better(const ChosenWheel& a, const WheelName& a_name, const ChosenWheel& b, const WheelName& b_name) {
  if (a.fit.rank != b.fit.rank) return a.fit.rank < b.fit.rank;
  if (a_name.build != b_name.build) return a_name.build > b_name.build;
  return a.file.filename < b.file.filename;
}

// The best wheel of the package; or why there is none.
Result<ChosenWheel> best_wheel(const PylockPackage& package, const TargetTags& tags,
                               const std::set<Digest>* allowed) {
  std::optional<ChosenWheel> best;
  WheelName best_name;
  std::string reason;
  for (const PylockFile& file : package.wheels) {
    const auto name = WheelName::parse(file.filename);
    if (!name.ok()) {
      reason = name.error().message;
      continue;
    }
    if (allowed != nullptr && (!file.sha256 || !allowed->contains(*file.sha256))) {
      reason = file.filename + ": its hash is not among those that the requirements file allows";
      continue;
    }
    const WheelFit fit = fit_wheel(*name, tags);
    if (!fit.fits) {
      reason = file.filename + ": " + fit.reason;
      continue;
    }
    ChosenWheel candidate{package.name, package.version.empty() ? name->version.text() : package.version,
                          file, fit};
    if (!best || is_better(candidate, *name, *best, best_name)) {
      best = std::move(candidate);
      best_name = *name;
    }
  }
  if (best) return *std::move(best);
  return Error{ErrorKind::kUnsupported,
               fmt::format("{} {} has no wheel for the target ({})", package.name,
                           for_message(package.version), for_message(reason)),
               ""};
}

}  // namespace

Result<WheelChoice> choose_wheels(const std::vector<PylockPackage>& packages, const TargetTags& tags,
                                  const std::map<std::string, std::set<Digest>>& allowed) {
  WheelChoice out;
  std::string failures;
  const MarkerEnvironment environment = tags.target().markers();
  for (const PylockPackage& package : packages) {
    if (!is_wanted(package, environment)) continue;
    if (!package.other_source.empty()) {
      failures += fmt::format("\n  {} comes from {}, not from an index", package.name,
                              package.other_source == "vcs" ? "a version control system" : "a folder");
      continue;
    }
    if (package.wheels.empty()) {
      out.only_source.push_back(package);
      continue;
    }
    const auto found = allowed.find(package.name);
    auto best = best_wheel(package, tags, found == allowed.end() ? nullptr : &found->second);
    if (best.ok()) {
      out.wheels.push_back(*std::move(best));
    } else {
      failures += "\n  " + best.error().message;
    }
  }
  if (!failures.empty()) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: packages that cannot be carried there:{}", tags.target().text(), failures),
                 "ask for other versions, or for a target with a newer libc or Python where it has one"};
  }
  const auto order = [](const ChosenWheel& a, const ChosenWheel& b) {
    return std::tie(a.package, a.file.filename) < std::tie(b.package, b.file.filename);
  };
  std::sort(out.wheels.begin(), out.wheels.end(), order);
  return out;
}

}  // namespace pannier
