// The wheel tags a target takes, in pip's order: the same lists that PyPI's `packaging` makes on such a
// machine.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/display.h"
#include "format/python_target.h"
#include "format/python_text.h"

namespace pannier {
namespace {

constexpr size_t kTagBytesMax = 512;

struct LegacyManylinux {
  uint32_t glibc_minor;
  const char* name;
};
// The names from before PEP 600.
constexpr std::array<LegacyManylinux, 3> kLegacyManylinux = {
    {{17, "manylinux2014"}, {12, "manylinux2010"}, {5, "manylinux1"}}};

std::vector<std::string> glibc_platforms(const PythonTarget& target) {
  std::vector<std::string> out = {"linux_" + target.machine};
  // Nobody builds for an older glibc than these.
  const bool is_x86 = target.machine == "x86_64" || target.machine == "i686";
  const uint32_t oldest = is_x86 ? 5 : 17;
  for (uint32_t minor = target.system_version.minor; minor >= oldest; --minor) {
    out.push_back(fmt::format("manylinux_2_{}_{}", minor, target.machine));
    for (const LegacyManylinux& row : kLegacyManylinux) {
      if (row.glibc_minor == minor) out.push_back(fmt::format("{}_{}", row.name, target.machine));
    }
  }
  return out;
}

std::vector<std::string> musl_platforms(const PythonTarget& target) {
  std::vector<std::string> out = {"linux_" + target.machine};
  for (uint32_t minor = target.system_version.minor + 1; minor-- > 0;) {
    out.push_back(fmt::format("musllinux_{}_{}_{}", target.system_version.major, minor, target.machine));
  }
  return out;
}

// What a Mac's binaries may be built as: for its own processor, or as several in one file.
std::vector<std::string_view> macos_formats(std::string_view machine) {
  if (machine == "arm64") return {"arm64", "universal2"};
  return {"x86_64", "intel", "fat64", "fat3", "universal2", "universal"};
}

std::vector<std::string> macos_platforms(const PythonTarget& target) {
  std::vector<std::string> out;
  const auto add = [&](uint32_t major, uint32_t minor, const std::vector<std::string_view>& formats) {
    for (const std::string_view format : formats)
      out.push_back(fmt::format("macosx_{}_{}_{}", major, minor, format));
  };
  const std::vector<std::string_view> formats = macos_formats(target.machine);
  uint32_t newest_10 = target.system_version.minor;
  // From macOS 11 on the minor version says nothing about what runs.
  if (target.system_version.major > 10) {
    for (uint32_t major = target.system_version.major; major > 10; --major) add(major, 0, formats);
    newest_10 = 16;
  }
  // No arm64 before macOS 11; but a universal2 file may promise less for its x86_64 half.
  const bool is_arm = target.machine == "arm64";
  for (uint32_t minor = newest_10; minor >= 4; --minor) {
    add(10, minor, is_arm ? std::vector<std::string_view>{"universal2"} : formats);
  }
  return out;
}

std::vector<std::string> platforms(const PythonTarget& target) {
  switch (target.system) {
    case TargetSystem::kLinuxGlibc:
      return glibc_platforms(target);
    case TargetSystem::kLinuxMusl:
      return musl_platforms(target);
    case TargetSystem::kMacos:
      return macos_platforms(target);
    case TargetSystem::kWindows:
      break;
  }
  return {target.machine == "x86" ? "win32" : target.machine == "arm64" ? "win_arm64" : "win_amd64"};
}

std::vector<WheelTag> target_tags(const PythonTarget& target) {
  const std::vector<std::string> all = platforms(target);
  const uint32_t major = target.python.major;
  const uint32_t minor = target.python.minor;
  std::vector<WheelTag> tags;
  const auto add = [&](const std::string& python, const std::string& abi) {
    for (const std::string& platform : all) tags.push_back({python, abi, platform});
  };
  const std::string own = fmt::format("cp{}{}", major, minor);
  add(own, own + (minor < 8 ? "m" : ""));  // "m": with pymalloc, which was a choice until 3.8
  add(own, "abi3");
  add(own, "none");
  // What was built for the stable interface of an older Python runs on this one.
  for (uint32_t older = minor - 1; older >= 2; --older) add(fmt::format("cp{}{}", major, older), "abi3");
  std::vector<std::string> generic = {fmt::format("py{}{}", major, minor), fmt::format("py{}", major)};
  for (uint32_t older = minor; older-- > 0;) generic.push_back(fmt::format("py{}{}", major, older));
  for (const std::string& python : generic) add(python, "none");
  tags.push_back({own, "none", "any"});
  for (const std::string& python : generic) tags.push_back({python, "none", "any"});
  return tags;
}

}  // namespace

Result<WheelTag> WheelTag::parse(std::string_view text) {
  const std::string spelled = python_text::lower_case(text);
  std::string_view rest = spelled;
  WheelTag tag;
  tag.python = python_text::take_until(rest, '-');
  tag.abi = python_text::take_until(rest, '-');
  tag.platform = rest;
  const auto is_part = [](const std::string& part) {
    return !part.empty() && std::all_of(part.begin(), part.end(),
                                        [](char c) { return python_text::is_alphanumeric(c) || c == '_'; });
  };
  if (text.size() > kTagBytesMax || !is_part(tag.python) || !is_part(tag.abi) || !is_part(tag.platform)) {
    return Error{ErrorKind::kInvalid, fmt::format("'{}' is no wheel tag", for_message(text)),
                 "tags look like cp39-abi3-manylinux_2_17_x86_64"};
  }
  return tag;
}

TargetTags::TargetTags(PythonTarget target) : target_(std::move(target)), tags_(target_tags(target_)) {
  for (size_t i = 0; i < tags_.size(); ++i) ranks_.emplace(tags_[i], i);
}

std::optional<size_t> TargetTags::rank(const WheelTag& tag) const {
  const auto found = ranks_.find(tag);
  if (found == ranks_.end()) return std::nullopt;
  return found->second;
}

MajorMinor pip_needed_for(const WheelTag& tag) {
  const std::string_view platform = tag.platform;
  if (platform.starts_with("manylinux_")) return {20, 3};
  if (platform.starts_with("musllinux_")) return {21, 2};
  if (platform.starts_with("manylinux2014_")) return {19, 3};
  if (platform.starts_with("manylinux2010_")) return {19, 0};
  const bool is_macos = platform.starts_with("macosx_");
  if (is_macos && !platform.starts_with("macosx_10_")) return {20, 3};
  // 20.3 knows the word, but not that such a file runs on an arm64 machine: 21.0.1 does.
  if (is_macos && platform.ends_with("_universal2")) return {21, 1};
  return {};
}

}  // namespace pannier
