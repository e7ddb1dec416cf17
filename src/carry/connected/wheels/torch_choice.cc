#include "carry/connected/wheels/torch_choice.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/display.h"
#include "format/python_wheel_name.h"

namespace pannier {
namespace {

struct LocalTorch {
  WheelName name;
  std::string path;
};

bool is_cuda_package(std::string_view package) {
  for (const char* prefix : {"nvidia-", "cuda-", "pytorch-triton"}) {
    if (package.starts_with(prefix)) return true;
  }
  return package == "triton";
}

bool is_build(const WheelName& wheel, const std::string& choice) {
  const auto& local = wheel.version.local;
  return !local.empty() && !local[0].is_number && local[0].word == choice;
}

bool roots_allow(const RequirementRoots& roots, const PackageVersion& version) {
  for (const Requirement& requirement : roots.requirements) {
    if (requirement.normalised_name() == "torch" && !requirement.specifiers.contains(version)) return false;
  }
  return true;
}

Result<std::optional<LocalTorch>> newest_local(FileSystem& fs, const IndexConfig& config,
                                               const PythonTarget& target, const RequirementRoots& roots,
                                               const std::string& choice) {
  const TargetTags tags(target);
  std::optional<LocalTorch> best;
  for (const std::string& folder : config.link_folders()) {
    PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs.list(folder));
    for (const FolderEntry& entry : entries) {
      auto name = WheelName::parse(entry.name);
      if (!name.ok() || name->name != "torch" || !is_build(*name, choice)) continue;
      if (!fit_wheel(*name, tags).fits || !roots_allow(roots, name->version)) continue;
      if (!best || best->name.version < name->version) {
        best = LocalTorch{*std::move(name), folder + "/" + entry.name};
      }
    }
  }
  return best;
}

bool index_has_cpu_build_alone(const PythonTarget& target) {
  return target.system == TargetSystem::kWindows || target.system == TargetSystem::kMacos;
}

}  // namespace

Status check_torch_choice(const std::string& choice) {
  for (const char* name : {"", "cpu", "xpu", kTorchFromIndex}) {
    if (choice == name) return {};
  }
  const bool is_backend = choice.starts_with("cu") || choice.starts_with("rocm");
  const bool is_plain =
      choice.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.") == std::string::npos;
  if (is_backend && is_plain && choice.size() <= 20) return {};
  return Error{ErrorKind::kInvalid, "--torch: no build of torch is called " + for_message(choice),
               "cpu, cu126, cu128, …, rocm6.4, xpu; or default: whatever the index has"};
}

Result<TorchSelection> select_torch(FileSystem& fs, const IndexConfig& config, const PythonTarget& target,
                                    const RequirementRoots& roots, const std::string& choice) {
  TorchSelection out;
  if (choice.empty() || choice == kTorchFromIndex) return out;
  PANNIER_ASSIGN(const std::optional<LocalTorch> local, newest_local(fs, config, target, roots, choice));
  if (local) {
    out.constraint = "torch==" + local->name.version.text();
    out.note = fmt::format("{}: torch, the {} build, is {}", target.text(), choice, for_display(local->path));
    return out;
  }
  if (choice == "cpu" && index_has_cpu_build_alone(target)) return out;
  out.backend = choice;
  return out;
}

std::optional<TorchQuestion> torch_question(FileSystem& fs, const IndexConfig& config, const TargetPlan& plan,
                                            const RequirementRoots& roots) {
  TorchQuestion out;
  out.target = plan.target.text();
  for (const PlannedWheel& planned : plan.wheels) {
    const LockedWheel& wheel = planned.wheel;
    if (wheel.package == "torch") {
      out.torch_version = wheel.version;
      out.torch_bytes = wheel.bytes;
    } else if (is_cuda_package(wheel.package)) {
      out.cuda_packages.push_back(wheel.package + " " + wheel.version);
      out.cuda_bytes += wheel.bytes;
    }
  }
  if (out.torch_version.empty() || out.cuda_packages.empty()) return std::nullopt;
  out.choices = {"cpu", "cu126", "cu128", "cu130", kTorchFromIndex};
  const auto local = newest_local(fs, config, plan.target, roots, "cpu");
  if (local.ok() && *local) out.local_cpu_wheel = (*local)->path;
  return out;
}

std::string TorchQuestion::text() const {
  std::string out = fmt::format(
      "{}: torch {} ({}) brings {} CUDA packages along: {}. A machine without an NVIDIA GPU needs none of "
      "them: "
      "--torch cpu carries the CPU build instead",
      target, for_display(torch_version), human_bytes(torch_bytes), cuda_packages.size(),
      human_bytes(cuda_bytes));
  if (!local_cpu_wheel.empty()) out += " (it is here: " + for_display(local_cpu_wheel) + ")";
  return out + fmt::format(
                   "; --torch {} takes what the index has; --torch cu126 and the like choose a CUDA version.",
                   kTorchFromIndex);
}

}  // namespace pannier
