// Target: the machine that wheels are for, as people write it (`linux-x86_64-glibc2.28-cp39`), and all
// that follows from it: which wheel tags it takes, what markers are to be evaluated against, and how the
// resolver `uv` calls it.
//
//   SYSTEM-MACHINE[-LIBC]-PYTHON[-pip20.2]
//
//   linux-x86_64-glibc2.28-cp39     machines x86_64, aarch64, i686, armv7l, ppc64le, s390x, riscv64,
//   linux-aarch64-musl1.2-cp312     loongarch64; the libc must be said: it decides which wheels load
//   windows-x86_64-cp312            machines x86_64, arm64, x86
//   macos-arm64-cp312               machines arm64, x86_64; macos13 unless said (macos14-…, macos10.15-…)
//
// PYTHON is CPython: cp39, or with its patch release cp3.9.18 (where none is said, requirements are held
// against 3.9.0, the least that a cp39 can be). -pipX.Y is said where the far side's pip is an old one.
// Names that people use are understood (win, darwin, amd64, arm64 on Linux, aarch64 on macOS), and the
// canonical form written: macos-arm64-cp312 is macos13-arm64-cp312.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/python_marker.h"
#include "format/python_version.h"

namespace pannier {

// Two numbers of a version, as libc, macOS and pip have them.
struct MajorMinor {
  uint32_t major = 0;
  uint32_t minor = 0;

  std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
  friend auto operator<=>(const MajorMinor&, const MajorMinor&) = default;
};

enum class TargetSystem : uint8_t { kLinuxGlibc, kLinuxMusl, kWindows, kMacos };

struct PythonTarget {
  TargetSystem system = TargetSystem::kLinuxGlibc;
  std::string machine;        // as the system itself says it: "x86_64", "aarch64"; macOS and Windows "arm64"
  MajorMinor system_version;  // of the libc or of macOS; 0.0 for Windows
  MajorMinor python;          // 3.9
  std::optional<uint32_t> patch;  // 3.9.18 has 18
  std::optional<MajorMinor> pip;  // the far side's; none: new enough for everything

  // kInvalid with what is wrong with which part, and examples in the hint; kUnsupported for machines and
  // interpreters nobody publishes wheels for (PyPy, free-threaded, Python 2).
  static Result<PythonTarget> parse(std::string_view text);

  // The canonical form; parses back to the same.
  std::string text() const;
  // "3.9" or "3.9.18": what `uv --python-version` takes.
  std::string python_text() const;
  // "3.9.0" or "3.9.18".
  PackageVersion full_python_version() const;
  MarkerEnvironment markers() const;

  // The name for `uv --python-platform`: the newest that promises no more than this machine has.
  // kUnsupported where uv has none (glibc below 2.17, other machines).
  Result<std::string> uv_platform() const;
  // What else must stand in uv's environment for this target: MACOSX_DEPLOYMENT_TARGET.
  std::vector<std::pair<std::string, std::string>> uv_environment() const;

  friend bool operator==(const PythonTarget&, const PythonTarget&) = default;
};

// What a wheel says it runs on: "cp39-abi3-manylinux_2_17_x86_64".
struct WheelTag {
  std::string python;
  std::string abi;
  std::string platform;

  // Exactly three parts, none empty, in lower case or made so. kInvalid.
  static Result<WheelTag> parse(std::string_view text);
  std::string text() const { return python + "-" + abi + "-" + platform; }
  friend auto operator<=>(const WheelTag&, const WheelTag&) = default;
};

// The tags a target takes, best first, in the order in which pip prefers them. Leaves pip's own age out of
// account: see pip_needed_for.
class TargetTags {
 public:
  explicit TargetTags(PythonTarget target);

  const PythonTarget& target() const { return target_; }
  const std::vector<WheelTag>& tags() const { return tags_; }
  // Position in tags(), 0 is best; nullopt: does not run there.
  std::optional<size_t> rank(const WheelTag& tag) const;

 private:
  PythonTarget target_;
  std::vector<WheelTag> tags_;
  std::map<WheelTag, size_t> ranks_;
};

// The oldest pip that knows the tag: 20.3 for manylinux_X_Y and for macOS 11 and later, 21.1 for universal2
// files of macOS 10, 21.2 for musllinux, 19.3 for manylinux2014, 19.0 for manylinux2010; 0.0 for all others.
MajorMinor pip_needed_for(const WheelTag& tag);

}  // namespace pannier
