#include "carry/connected/wheels/wheel_plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/absolute_path.h"
#include "base/display.h"
#include "base/limits.h"
#include "base/threads.h"
#include "carry/connected/wheels/pip_bootstrap.h"
#include "carry/connected/wheels/requirement_roots.h"
#include "carry/connected/wheels/sdist_build.h"
#include "carry/connected/wheels/simple_client.h"
#include "carry/connected/wheels/torch_choice.h"
#include "carry/connected/wheels/wheel_choice.h"
#include "carry/connected/wheels/wheel_digest.h"

namespace pannier {
namespace {

constexpr uint32_t kTargetsAtOnceMax = 4;

bool is_in_link_folder(const IndexConfig& config, const std::string& path) {
  const std::vector<std::string> folders = config.link_folders();
  return std::find(folders.begin(), folders.end(), parent_folder(path)) != folders.end();
}

// Resolves one target.
class TargetPlanner {
 public:
  TargetPlanner(const WheelTools& tools, const WheelRequest& request, const RequirementRoots& roots,
                const PythonTarget& target)
      : tools_(tools), request_(request), roots_(roots), target_(target), tags_(with_pip(target)) {}

  Result<TargetPlan> plan() {
    plan_.target = target_;
    plan_.requirements = roots_.texts();
    if (request_.build_sdists) cannot_build_ = why_not_build();
    PANNIER_ASSIGN(WheelChoice choice, resolve(plan_.requirements, roots_.allowed));
    for (const PylockPackage& package : choice.only_source) {
      PANNIER_TRY(check_source(package));
      PANNIER_ASSIGN(ChosenWheel built, build_wheel(tools_, package, tags_));
      choice.wheels.push_back(std::move(built));
    }
    for (const ChosenWheel& wheel : choice.wheels) PANNIER_TRY(add(wheel, false));
    PANNIER_TRY(add_bootstrap(choice.wheels));
    const auto order = [](const PlannedWheel& a, const PlannedWheel& b) {
      return std::tie(a.wheel.package, a.wheel.filename) < std::tie(b.wheel.package, b.wheel.filename);
    };
    std::sort(plan_.wheels.begin(), plan_.wheels.end(), order);
    return std::move(plan_);
  }

  const std::string& torch_note() const { return torch_note_; }

 private:
  Result<WheelChoice> resolve(const std::vector<std::string>& requirements,
                              const std::map<std::string, std::set<Digest>>& allowed) {
    const std::string base = tools_.work_folder + "/" + unique_name("resolve");
    UvResolution resolution;
    resolution.target = target_;
    resolution.allow_sdists = request_.build_sdists && cannot_build_.ok();
    tell_uv(tools_.index, tools_.environment, resolution);
    for (const std::string& file : roots_.constraints) {
      resolution.constraint_files.push_back(absolute_path(file));
    }
    PANNIER_ASSIGN(const TorchSelection torch,
                   select_torch(tools_.fs, tools_.index, target_, roots_, request_.torch));
    if (!torch.note.empty()) torch_note_ = torch.note;
    resolution.torch_backend = torch.backend;
    std::string lines;
    for (const std::string& text : requirements) lines += text + "\n";
    resolution.requirements_file = base + ".in";
    PANNIER_TRY(write_file_atomic(tools_.fs, resolution.requirements_file, lines));
    if (!torch.constraint.empty()) {
      resolution.constraint_files.push_back(base + ".constraints");
      PANNIER_TRY(write_file_atomic(tools_.fs, base + ".constraints", torch.constraint + "\n"));
    }
    auto answer = uv_resolve(tools_.uv, resolution, tools_.work_folder);
    (void)tools_.fs.remove_file(base + ".in");
    if (!torch.constraint.empty()) (void)tools_.fs.remove_file(base + ".constraints");
    PANNIER_ASSIGN(UvAnswer resolved, std::move(answer));
    std::move(resolved.warnings.begin(), resolved.warnings.end(), std::back_inserter(plan_.warnings));
    PANNIER_ASSIGN(const auto packages, parse_pylock(resolved.pylock, "the lock that uv wrote"));
    return choose_wheels(packages, tags_, allowed);
  }

  // Why nothing can be built for this target; ok where it can.
  Status why_not_build() const {
    PANNIER_ASSIGN(const PythonTarget here, this_machine(target_.python, tools_.cancel));
    return check_can_build(target_, here);
  }

  Status check_source(const PylockPackage& package) const {
    if (request_.build_sdists) {
      return cannot_build_.ok() ? Status() : with_context(cannot_build_.error(), package.name);
    }
    return Error{
        ErrorKind::kUnsupported,
        fmt::format("{}: {} {} is published as source only: there is no wheel to carry", target_.text(),
                    package.name, for_message(package.version)),
        "--build-sdists builds it where the target is like this machine; or ask for another version"};
  }

  // Completes what the index left open: size and digest.
  Status add(const ChosenWheel& chosen, bool pip_bootstrap) {
    PlannedWheel out;
    out.pip_bootstrap = pip_bootstrap;
    out.wheel.package = chosen.package;
    out.wheel.version = chosen.version;
    out.wheel.filename = chosen.file.filename;
    const std::string& place = chosen.file.url.empty() ? chosen.file.path : chosen.file.url;
    if (const auto path = local_path_of(place)) {
      out.local_path = *path;
      PANNIER_TRY(complete_local(chosen.file, out));
    } else {
      out.wheel.url = place;
      PANNIER_TRY(complete_remote(chosen.file, out));
    }
    plan_.wheels.push_back(std::move(out));
    return {};
  }

  Status complete_local(const PylockFile& file, PlannedWheel& out) const {
    // An index in a folder has addresses; wheels that were found or built have none (LockedWheel).
    if (!file.url.empty() && !is_in_link_folder(tools_.index, out.local_path)) out.wheel.url = file.url;
    if (!file.sha256) {
      PANNIER_ASSIGN(const FileDigest digest, digest_of_file(tools_.fs, out.local_path, tools_.cancel));
      out.wheel.bytes = digest.bytes;
      out.wheel.sha256 = digest.sha256;
      return {};
    }
    PANNIER_ASSIGN(const FileStat stat, tools_.fs.stat(out.local_path));
    out.wheel.bytes = stat.bytes;
    out.wheel.sha256 = *file.sha256;  // held against the bytes when they are fetched
    return {};
  }

  Status complete_remote(const PylockFile& file, PlannedWheel& out) const {
    if (!file.sha256) {
      return Error{
          ErrorKind::kUnsupported,
          fmt::format("{}: its index gives no SHA-256, so nothing could tell whether it arrives whole",
                      for_message(file.filename)),
          "fetch it by other means and give the folder that holds it with --find-links"};
    }
    out.wheel.sha256 = *file.sha256;
    if (file.bytes) {
      out.wheel.bytes = *file.bytes;
      return {};
    }
    PANNIER_ASSIGN(const Url url, parse_url(file.url));
    PANNIER_ASSIGN(out.wheel.bytes, size_on_server(tools_.client, tools_.index, url, tools_.retry));
    return {};
  }

  Status add_bootstrap(const std::vector<ChosenWheel>& wheels) {
    const auto needed = pip_needed(wheels);
    if (!needed) return {};
    plan_.bootstrap = bootstrap_line(target_);
    plan_.warnings.push_back(
        fmt::format("a pip older than {} refuses some of these wheels, and that machine's is taken to be {}: "
                    "a newer one is "
                    "carried along; where the wheels lie, first run: {}",
                    needed->text(), tags_.target().pip->text(), plan_.bootstrap));
    const auto is_pip = [](const ChosenWheel& wheel) { return wheel.package == "pip"; };
    if (std::any_of(wheels.begin(), wheels.end(), is_pip)) return {};
    auto choice = resolve({"pip>=" + needed->text()}, {});
    if (!choice.ok()) {
      return with_context(std::move(choice).error(),
                          fmt::format("a pip of {} or newer, which these wheels need", needed->text()));
    }
    for (const ChosenWheel& wheel : choice->wheels) PANNIER_TRY(add(wheel, true));
    return {};
  }

  const WheelTools& tools_;
  const WheelRequest& request_;
  const RequirementRoots& roots_;
  const PythonTarget& target_;
  TargetTags tags_;
  TargetPlan plan_;
  Status cannot_build_;  // where request_.build_sdists
  std::string torch_note_;
};

std::vector<std::string> notes_of(const IndexConfig& config) {
  std::vector<std::string> out;
  const auto note = [&](const char* what, const IndexSetting& setting) {
    out.push_back(fmt::format("{}: {} ({})", what, for_display(without_credentials(setting.value)),
                              for_display(setting.source)));
  };
  if (!config.no_index) note("index", config.main_index);
  for (const IndexSetting& setting : config.extra_indexes) note("also", setting);
  for (const IndexSetting& setting : config.find_links) note("links", setting);
  for (const IndexSetting& setting : config.constraints) note("constraints", setting);
  return out;
}

Status check_request(const WheelRequest& request) {
  PANNIER_TRY(check_torch_choice(request.torch));
  if (request.targets.empty()) {
    return Error{ErrorKind::kInvalid, "requirements, but no target: which machine are the wheels for?",
                 "--target linux-x86_64-glibc2.28-cp39; see pannier help targets"};
  }
  for (size_t i = 0; i < request.targets.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (request.targets[i] == request.targets[j]) {
        return Error{ErrorKind::kInvalid, "the target " + request.targets[i].text() + " is there twice", ""};
      }
    }
  }
  return {};
}

}  // namespace

uint64_t TargetPlan::total_bytes() const {
  uint64_t out = 0;
  for (const PlannedWheel& planned : wheels) out += planned.wheel.bytes;
  return out;
}

LockedWheelhouse TargetPlan::locked() const {
  LockedWheelhouse out;
  out.target = target.text();
  out.requirements = requirements;
  if (!bootstrap.empty()) {
    out.notes.push_back("the pip of the target may be too old for these wheels: first run " + bootstrap);
  }
  for (const PlannedWheel& planned : wheels) out.wheels.push_back(planned.wheel);
  return out;
}

Result<WheelPlan> plan_wheels(const WheelTools& given, const WheelRequest& asked) {
  WheelTools tools = given;
  tools.work_folder = absolute_path(given.work_folder);
  WheelRequest request = asked;
  if (request.torch.empty()) request.torch = tools.environment("UV_TORCH_BACKEND");
  PANNIER_TRY(check_request(request));
  PANNIER_ASSIGN(const RequirementRoots roots,
                 gather_roots(tools.fs, request.requirements, request.requirement_files));
  PANNIER_TRY(tools.fs.make_folders(tools.work_folder));
  // uv waits for the network most of its time: targets side by side.
  const size_t count = request.targets.size();
  std::vector<std::optional<Result<TargetPlan>>> plans(count);
  std::vector<std::string> torch_notes(count);
  ThreadPool pool(static_cast<uint32_t>(std::min<size_t>(count, kTargetsAtOnceMax)));
  pool.parallel_for(count, [&](size_t i, uint32_t) {
    TargetPlanner planner(tools, request, roots, request.targets[i]);
    plans[i] = planner.plan();
    torch_notes[i] = planner.torch_note();
  });
  WheelPlan out;
  out.notes = notes_of(tools.index);
  for (size_t i = 0; i < count; ++i) {
    PANNIER_ASSIGN(TargetPlan plan, *std::move(plans[i]));
    if (!torch_notes[i].empty()) out.notes.push_back(torch_notes[i]);
    if (request.torch.empty()) {
      if (auto question = torch_question(tools.fs, tools.index, plan, roots)) {
        out.torch_questions.push_back(*std::move(question));
      }
    }
    out.targets.push_back(std::move(plan));
  }
  return out;
}

}  // namespace pannier
