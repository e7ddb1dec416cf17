#include "carry/isolated/wheelhouse.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

namespace pannier {
namespace {

constexpr std::string_view kWheelSuffix = ".whl";
constexpr std::string_view kInstaller = "pip";

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ".") + part;
  return out;
}

// Whether "pip", "pip>=20.3" or "pip [x]" is among what was asked for.
bool asks_for_installer(const std::vector<std::string>& requirements) {
  return std::any_of(requirements.begin(), requirements.end(), [](std::string_view requirement) {
    if (!requirement.starts_with(kInstaller)) return false;
    requirement.remove_prefix(kInstaller.size());
    return requirement.empty() ||
           std::string_view(" <>=!~;[@").find(requirement[0]) != std::string_view::npos;
  });
}

}  // namespace

Result<std::vector<Wheel>> wheels_of(const ModelManifest& manifest) {
  std::vector<Wheel> wheels;
  if (manifest.kind != ArtifactKind::kWheelhouse) return wheels;
  for (const ModelFile& file : manifest.files) {
    if (!file.path.ends_with(kWheelSuffix)) continue;
    auto name = WheelName::parse(file.path);
    if (!name.ok()) {
      return Error{ErrorKind::kCorrupt, fmt::format("{}: {}", manifest.name, name.error().message), ""};
    }
    wheels.push_back({*std::move(name), file});
  }
  std::sort(wheels.begin(), wheels.end(), [](const Wheel& a, const Wheel& b) {
    return std::tie(a.name.name, a.name.version, a.file.path) <
           std::tie(b.name.name, b.name.version, b.file.path);
  });
  return wheels;
}

std::string wheel_tags(const WheelName& name) {
  return joined(name.pythons) + "-" + joined(name.abis) + "-" + joined(name.platforms);
}

Result<std::string> hashed_requirements(const ModelManifest& wheelhouse) {
  PANNIER_ASSIGN(const std::vector<Wheel> wheels, wheels_of(wheelhouse));
  const bool takes_installer = asks_for_installer(wheelhouse.wheelhouse.requirements);
  std::string text = fmt::format("# Wheels for {}, pinned by digest.\n", wheelhouse.wheelhouse.target);
  const WheelName* previous = nullptr;
  for (const Wheel& wheel : wheels) {
    if (wheel.name.name == kInstaller && !takes_installer) continue;
    const bool is_same_package = previous != nullptr && previous->name == wheel.name.name;
    if (is_same_package && previous->version != wheel.name.version) {
      return Error{ErrorKind::kInvalid,
                   fmt::format("{} holds {} {} and {}", wheelhouse.name, wheel.name.name,
                               previous->version.text(), wheel.name.version.text()),
                   ""};
    }
    if (!is_same_package) text += fmt::format("{}=={}", wheel.name.name, wheel.name.version.text());
    text += fmt::format(" \\\n    --hash=sha256:{}", wheel.file.digest.hex());
    previous = &wheel.name;
    const bool is_last_of_package = &wheel == &wheels.back() || (&wheel + 1)->name.name != wheel.name.name;
    if (is_last_of_package) text += "\n";
  }
  return text;
}

}  // namespace pannier
