// Names of wheel files, and why one does not run on a target.
#include "format/python_wheel_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "format/python_requirement.h"
#include "format/python_text.h"

namespace pannier {
namespace {

constexpr size_t kTagsMax = 1'000;
constexpr size_t kTagSetBytesMax = 4096;
constexpr std::string_view kSuffix = ".whl";

Error wrong_name(std::string_view filename, std::string_view reason) {
  return {ErrorKind::kInvalid, fmt::format("'{}' is no name of a wheel: {}", for_message(filename), reason),
          "wheels are named NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl"};
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return python_text::is_alphanumeric(c) || c == '_'; });
}

// "py2.py3": its parts in lower case; empty where one of them is no tag.
std::vector<std::string> split_tags(std::string_view text) {
  std::vector<std::string> parts;
  bool more = true;
  while (more) {
    more = text.find('.') != std::string_view::npos;
    const std::string_view part = python_text::take_until(text, '.');
    if (!is_word(part)) return {};
    parts.push_back(python_text::lower_case(part));
  }
  return parts;
}

struct TagSet {
  std::vector<std::string> pythons;
  std::vector<std::string> abis;
  std::vector<std::string> platforms;
};

// "py2.py3-none-any".
Result<TagSet> parse_tag_set(std::string_view text) {
  const Error wrong{ErrorKind::kInvalid, fmt::format("'{}' is no set of wheel tags", for_message(text)),
                    "tags look like cp39-abi3-manylinux_2_17_x86_64 or py2.py3-none-any"};
  if (text.size() > kTagSetBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("a set of wheel tags of {} bytes; at most {} are read", text.size(), kTagSetBytesMax),
        ""};
  }
  std::string_view rest = text;
  TagSet set;
  set.pythons = split_tags(python_text::take_until(rest, '-'));
  set.abis = split_tags(python_text::take_until(rest, '-'));
  set.platforms = split_tags(rest);
  if (set.pythons.empty() || set.abis.empty() || set.platforms.empty()) return wrong;
  if (std::any_of(set.pythons.begin(), set.pythons.end(),
                  [](const std::string& python) { return python_text::is_digit(python[0]); })) {
    return wrong;
  }
  if (set.pythons.size() * set.abis.size() * set.platforms.size() > kTagsMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("'{}' stands for more than {} tags", for_message(text), kTagsMax), ""};
  }
  return set;
}

std::vector<WheelTag> expand(const TagSet& set) {
  std::set<WheelTag> out;
  for (const std::string& python : set.pythons) {
    for (const std::string& abi : set.abis) {
      for (const std::string& platform : set.platforms) out.insert({python, abi, platform});
    }
  }
  return {out.begin(), out.end()};
}

std::optional<WheelBuild> parse_build(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && python_text::is_digit(text[digits])) ++digits;
  if (digits == 0 || digits > 18) return std::nullopt;
  if (digits < text.size() &&
      !std::all_of(
          text.begin(), text.end(),
          [](char c) { return python_text::is_alphanumeric(c) || c == '_' || c == '.'; })) {
    return std::nullopt;
  }
  WheelBuild build;
  for (const char c : text.substr(0, digits))
    build.number = build.number * 10 + static_cast<uint64_t>(c - '0');
  build.rest = text.substr(digits);
  return build;
}

// The two numbers and the machine in manylinux_2_17_x86_64, musllinux_1_2_aarch64, macosx_10_9_universal2.
struct PlatformParts {
  std::string_view system;
  MajorMinor version;
  std::string_view machine;
};

std::optional<uint32_t> take_number(std::string_view& rest) {
  const std::string_view digits = python_text::take_until(rest, '_');
  if (digits.empty() || digits.size() > 4 ||
      !std::all_of(digits.begin(), digits.end(), python_text::is_digit)) {
    return std::nullopt;
  }
  uint32_t number = 0;
  for (const char c : digits) number = number * 10 + static_cast<uint32_t>(c - '0');
  return number;
}

std::optional<PlatformParts> split_platform(std::string_view platform) {
  struct Legacy {
    std::string_view name;
    uint32_t minor;
  };
  constexpr std::array<Legacy, 3> kLegacy = {
      {{"manylinux2014", 17}, {"manylinux2010", 12}, {"manylinux1", 5}}};
  PlatformParts parts;
  parts.system = python_text::take_until(platform, '_');
  for (const Legacy& row : kLegacy) {
    if (parts.system == row.name) return PlatformParts{"manylinux", {2, row.minor}, platform};
  }
  if (parts.system == "linux" || parts.system == "win") return PlatformParts{parts.system, {}, platform};
  if (parts.system == "win32") return PlatformParts{"win", {}, "x86"};
  const std::optional<uint32_t> major = take_number(platform);
  const std::optional<uint32_t> minor = major ? take_number(platform) : std::nullopt;
  if (!minor) return std::nullopt;
  parts.version = {*major, *minor};
  parts.machine = platform;
  return parts;
}

struct SystemName {
  std::string_view tag;
  const char* people;
};
constexpr std::array<SystemName, 5> kSystemNames = {{{"manylinux", "glibc"},
                                                     {"musllinux", "musl"},
                                                     {"macosx", "macOS"},
                                                     {"win", "Windows"},
                                                     {"linux", "Linux"}}};

const char* system_for_people(std::string_view tag) {
  for (const SystemName& row : kSystemNames) {
    if (row.tag == tag) return row.people;
  }
  return "another system";
}

std::string_view system_tag(TargetSystem system) {
  switch (system) {
    case TargetSystem::kLinuxGlibc:
      return "manylinux";
    case TargetSystem::kLinuxMusl:
      return "musllinux";
    case TargetSystem::kMacos:
      return "macosx";
    case TargetSystem::kWindows:
      break;
  }
  return "win";
}

// Why none of the platforms is the target's: the nearest miss counts.
std::string platform_reason(const WheelName& wheel, const PythonTarget& target) {
  const std::string_view own = system_tag(target.system);
  std::optional<MajorMinor> least;  // the version that would do, of the right system and machine
  bool is_own_system = false;
  for (const std::string& platform : wheel.platforms) {
    const std::optional<PlatformParts> parts = split_platform(platform);
    if (!parts || parts->system != own) continue;
    is_own_system = true;
    const bool is_own_machine =
        parts->machine == target.machine || (own == "macosx" && parts->machine.starts_with("universal"));
    if (is_own_machine && parts->version > target.system_version && (!least || parts->version < *least)) {
      least = parts->version;
    }
  }
  const char* people = system_for_people(own);
  if (least)
    return fmt::format("needs {} {}, the target has {}", people, least->text(), target.system_version.text());
  const std::string all = fmt::format("{}", fmt::join(wheel.platforms, "."));
  if (is_own_system) return fmt::format("is for another machine ({}), the target is {}", all, target.machine);
  const std::optional<PlatformParts> first = split_platform(wheel.platforms.front());
  return fmt::format("is for {} ({}), the target has {}",
                     first ? system_for_people(first->system) : "another system", all, people);
}

bool takes_interpreter(const WheelName& wheel, const TargetTags& target) {
  return std::any_of(target.tags().begin(), target.tags().end(), [&](const WheelTag& tag) {
    return std::find(wheel.pythons.begin(), wheel.pythons.end(), tag.python) != wheel.pythons.end() &&
           std::find(wheel.abis.begin(), wheel.abis.end(), tag.abi) != wheel.abis.end();
  });
}

}  // namespace

Result<WheelName> WheelName::parse(std::string_view filename) {
  if (filename.size() > limits::kPathComponentBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("'{}': a file name of {} bytes; at most {} are read", for_message(filename),
                             filename.size(), limits::kPathComponentBytesMax),
                 ""};
  }
  if (!filename.ends_with(kSuffix)) return wrong_name(filename, "it does not end with .whl");
  std::string_view rest = filename.substr(0, filename.size() - kSuffix.size());
  const auto dashes = std::count(rest.begin(), rest.end(), '-');
  if (dashes != 4 && dashes != 5) {
    return wrong_name(filename, fmt::format("it has {} parts, not 5 or 6", dashes + 1));
  }
  WheelName wheel;
  wheel.filename = filename;
  wheel.written_name = python_text::take_until(rest, '-');
  if (!is_package_name(wheel.written_name) || wheel.written_name.find("__") != std::string::npos) {
    return wrong_name(filename, "its first part is no escaped name of a package");
  }
  wheel.name = normalise_package_name(wheel.written_name);
  wheel.written_version = python_text::take_until(rest, '-');
  Result<PackageVersion> version = PackageVersion::parse(wheel.written_version);
  if (!version.ok()) return wrong_name(filename, version.error().message);
  wheel.version = *std::move(version);
  if (dashes == 5) {
    wheel.build = parse_build(python_text::take_until(rest, '-'));
    if (!wheel.build) return wrong_name(filename, "the build number does not begin with a digit");
  }
  Result<TagSet> set = parse_tag_set(rest);
  if (!set.ok()) return with_context(std::move(set).error(), "'" + for_message(filename) + "'");
  wheel.pythons = std::move(set->pythons);
  wheel.abis = std::move(set->abis);
  wheel.platforms = std::move(set->platforms);
  return wheel;
}

std::vector<WheelTag> WheelName::tags() const { return expand({pythons, abis, platforms}); }

Result<std::vector<WheelTag>> parse_wheel_tags(std::string_view text) {
  PANNIER_ASSIGN(const TagSet set, parse_tag_set(text));
  return expand(set);
}

WheelFit fit_wheel(const WheelName& wheel, const TargetTags& target) {
  WheelFit fit;
  WheelFit later;  // the best of those that need a newer pip
  for (const WheelTag& tag : wheel.tags()) {
    const std::optional<size_t> rank = target.rank(tag);
    if (!rank) continue;
    const MajorMinor needed = pip_needed_for(tag);
    const bool is_known = !target.target().pip || *target.target().pip >= needed;
    WheelFit& best = is_known ? fit : later;
    if (best.fits && best.rank <= *rank) continue;
    best.fits = true;
    best.rank = *rank;
    best.best = tag;
    if (!is_known) best.pip = needed;
  }
  if (fit.fits) return fit;
  if (later.fits) return later;
  const PythonTarget& machine = target.target();
  if (!takes_interpreter(wheel, target)) {
    fit.reason =
        fmt::format("is for Python {} with ABI {}, the target has CPython {}", fmt::join(wheel.pythons, "."),
                    fmt::join(wheel.abis, "."), machine.python.text());
  } else {
    fit.reason = platform_reason(wheel, machine);
  }
  return fit;
}

}  // namespace pannier
