// Targets: reading and writing them, and what markers and uv are told of them.
#include "format/python_target.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/display.h"
#include "format/python_text.h"

namespace pannier {
namespace {

constexpr size_t kTargetBytesMax = 128;
constexpr MajorMinor kPythonMin = {3, 6};
constexpr MajorMinor kMacosDefault = {13, 0};  // what uv takes where nothing is said
constexpr MajorMinor kMacosMin = {10, 4};

constexpr const char* kHint =
    "targets look like linux-x86_64-glibc2.28-cp39, linux-aarch64-musl1.2-cp312, windows-x86_64-cp312 or "
    "macos14-arm64-cp312; -pip20.2 may follow where the far side's pip is old";

struct SystemRow {
  TargetSystem system;
  std::string_view name;  // how its targets begin
  const char* os_name;
  const char* sys_platform;
  const char* platform_system;
};
constexpr std::array<SystemRow, 4> kSystems = {{
    {TargetSystem::kLinuxGlibc, "linux", "posix", "linux", "Linux"},
    {TargetSystem::kLinuxMusl, "linux", "posix", "linux", "Linux"},
    {TargetSystem::kWindows, "windows", "nt", "win32", "Windows"},
    {TargetSystem::kMacos, "macos", "posix", "darwin", "Darwin"},
}};

const SystemRow& row_of(TargetSystem system) { return kSystems.at(static_cast<size_t>(system)); }

struct MachineRow {
  std::string_view system;
  std::string_view name;              // the canonical one
  std::string_view platform_machine;  // what Python's platform.machine() answers there
  std::array<std::string_view, 2> aliases;
};
constexpr std::array<MachineRow, 13> kMachines = {{
    {"linux", "x86_64", "x86_64", {"amd64", "x64"}},
    {"linux", "aarch64", "aarch64", {"arm64", ""}},
    {"linux", "i686", "i686", {"i386", "x86"}},
    {"linux", "armv7l", "armv7l", {"armv7", ""}},
    {"linux", "ppc64le", "ppc64le", {"", ""}},
    {"linux", "s390x", "s390x", {"", ""}},
    {"linux", "riscv64", "riscv64", {"", ""}},
    {"linux", "loongarch64", "loongarch64", {"", ""}},
    {"windows", "x86_64", "AMD64", {"amd64", "x64"}},
    {"windows", "arm64", "ARM64", {"aarch64", ""}},
    {"windows", "x86", "x86", {"i686", "i386"}},
    {"macos", "arm64", "arm64", {"aarch64", ""}},
    {"macos", "x86_64", "x86_64", {"amd64", ""}},
}};

const MachineRow* find_machine(std::string_view system, std::string_view name) {
  const auto* row = std::find_if(kMachines.begin(), kMachines.end(), [&](const MachineRow& candidate) {
    return candidate.system == system &&
           (candidate.name == name ||
            std::find(candidate.aliases.begin(), candidate.aliases.end(), name) != candidate.aliases.end());
  });
  return row == kMachines.end() || name.empty() ? nullptr : row;
}

// "2.28" and no more; "14" where `minor_may_lack`.
std::optional<MajorMinor> parse_numbers(std::string_view text, bool minor_may_lack) {
  std::array<uint32_t, 2> numbers{};
  size_t count = 0;
  bool more = true;
  while (more) {
    more = text.find('.') != std::string_view::npos;
    const std::string_view part = python_text::take_until(text, '.');
    if (count == 2 || part.empty() || part.size() > 3 || (part.size() > 1 && part[0] == '0') ||
        !std::all_of(part.begin(), part.end(), python_text::is_digit)) {
      return std::nullopt;
    }
    for (const char c : part) numbers.at(count) = numbers.at(count) * 10 + static_cast<uint32_t>(c - '0');
    ++count;
  }
  if (count == 1 && !minor_may_lack) return std::nullopt;
  return MajorMinor{numbers[0], numbers[1]};
}

// Takes a target apart from left to right.
class TargetParser {
 public:
  explicit TargetParser(std::string_view text) : text_(text), lower_(python_text::lower_case(text)) {}

  Result<PythonTarget> parse() {
    if (text_.size() > kTargetBytesMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("a target of {} bytes; at most {} are read", text_.size(), kTargetBytesMax),
                   kHint};
    }
    for (std::string_view rest = lower_; !rest.empty();) parts_.push_back(python_text::take_until(rest, '-'));
    if (lower_.ends_with('-')) parts_.emplace_back();
    PANNIER_TRY(parse_system());
    PANNIER_TRY(parse_machine());
    if (row_of(target_.system).name == "linux") PANNIER_TRY(parse_libc());
    PANNIER_TRY(parse_python());
    PANNIER_TRY(parse_pip());
    if (next_ != parts_.size()) return wrong(fmt::format("'{}' should not be there", parts_[next_]));
    return target_;
  }

 private:
  // The next part, "" where there is none.
  std::string_view take() { return next_ < parts_.size() ? parts_[next_++] : std::string_view(); }

  Status parse_system() {
    std::string_view part = take();
    if (part == "linux") return {};  // which libc is said later
    if (part == "windows" || part == "win") {
      target_.system = TargetSystem::kWindows;
      return {};
    }
    for (const std::string_view name : {"macos", "darwin"}) {
      if (!part.starts_with(name)) continue;
      part.remove_prefix(name.size());
      target_.system = TargetSystem::kMacos;
      const std::optional<MajorMinor> version = part.empty() ? kMacosDefault : parse_numbers(part, true);
      if (!version || *version < kMacosMin) {
        return wrong(fmt::format("'{}' is no version of macOS that Python runs on", part));
      }
      target_.system_version = *version;
      return {};
    }
    return wrong(fmt::format("'{}' is no system; there are linux, windows and macos", for_message(part)));
  }

  Status parse_machine() {
    const std::string_view part = take();
    const std::string_view system = row_of(target_.system).name;
    const MachineRow* row = find_machine(system, part);
    if (row != nullptr) {
      target_.machine = row->name;
      if (target_.system == TargetSystem::kMacos && row->name == "arm64" &&
          target_.system_version.major < 11) {
        return wrong("no arm64 machine has a macOS before 11");
      }
      return {};
    }
    std::string known;
    for (const MachineRow& candidate : kMachines) {
      if (candidate.system == system) known += fmt::format("{}{}", known.empty() ? "" : ", ", candidate.name);
    }
    Error error = wrong(fmt::format("'{}' is no machine for {} that wheels are made for; there are {}",
                                    for_message(part), system, known));
    error.kind = ErrorKind::kUnsupported;
    return error;
  }

  Status parse_libc() {
    std::string_view part = take();
    const bool is_musl = part.starts_with("musl");
    if (!is_musl && !part.starts_with("glibc")) {
      return wrong(
          "a Linux target says its libc, behind the machine: glibc2.28 (see `ldd --version` there) or "
          "musl1.2");
    }
    target_.system = is_musl ? TargetSystem::kLinuxMusl : TargetSystem::kLinuxGlibc;
    part.remove_prefix(is_musl ? 4 : 5);
    const std::optional<MajorMinor> version = parse_numbers(part, false);
    if (!version || version->major != (is_musl ? 1u : 2u)) {
      return wrong(fmt::format("'{}' is no version of {}; write {}", for_message(part),
                               is_musl ? "musl" : "glibc", is_musl ? "musl1.2" : "glibc2.28"));
    }
    target_.system_version = *version;
    return {};
  }

  Status parse_python() {
    std::string_view part = take();
    if (part.starts_with("pp") || part.starts_with("pypy") || part.starts_with("graalpy") ||
        (part.starts_with("cp") && part.ends_with("t"))) {
      Error error = wrong(fmt::format(
          "'{}': wheels are taken for CPython only, and not for its free-threaded build", for_message(part)));
      error.kind = ErrorKind::kUnsupported;
      return error;
    }
    const std::string_view given = part;
    if (part.starts_with("cp")) {
      part.remove_prefix(2);
      if (parse_python_numbers(part) && target_.python >= kPythonMin && target_.python.major == 3) return {};
    }
    return wrong(fmt::format("'{}' is no Python from {} on; write cp39, cp312 or cp3.9.18",
                             for_message(given), kPythonMin.text()));
  }
  // "39", "312", "3.9", "3.9.18"
  bool parse_python_numbers(std::string_view part) {
    std::string spelled(part);
    if (part.size() > 1 && part.find('.') == std::string_view::npos) spelled.insert(1, ".");
    std::string_view rest = spelled;
    const std::string_view major = python_text::take_until(rest, '.');
    const std::string_view minor = python_text::take_until(rest, '.');
    const std::optional<MajorMinor> python = parse_numbers(fmt::format("{}.{}", major, minor), false);
    if (!python) return false;
    target_.python = *python;
    if (std::count(spelled.begin(), spelled.end(), '.') < 2) return true;
    const std::optional<MajorMinor> patch = parse_numbers(fmt::format("0.{}", rest), false);
    if (!patch) return false;
    target_.patch = patch->minor;
    return true;
  }

  Status parse_pip() {
    if (next_ == parts_.size()) return {};
    std::string_view part = take();
    const std::string_view given = part;
    if (part.starts_with("pip")) {
      part.remove_prefix(3);
      target_.pip = parse_numbers(part, true);
      if (target_.pip) return {};
    }
    return wrong(fmt::format("'{}' is no version of pip; write pip20.2", for_message(given)));
  }

  Error wrong(const std::string& reason) const {
    return {ErrorKind::kInvalid, fmt::format("the target '{}': {}", for_message(text_), reason), kHint};
  }

  std::string_view text_;
  std::string lower_;
  std::vector<std::string_view> parts_;
  size_t next_ = 0;
  PythonTarget target_;
};

// The promises of glibc that uv has names for, oldest first.
constexpr std::array<uint32_t, 12> kUvGlibcMinors = {17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40};

}  // namespace

Result<PythonTarget> PythonTarget::parse(std::string_view text) { return TargetParser(text).parse(); }

std::string PythonTarget::text() const {
  std::string out(row_of(system).name);
  if (system == TargetSystem::kMacos) {
    out += system_version.minor == 0 ? std::to_string(system_version.major) : system_version.text();
  }
  out += "-" + machine;
  if (system == TargetSystem::kLinuxGlibc) out += "-glibc" + system_version.text();
  if (system == TargetSystem::kLinuxMusl) out += "-musl" + system_version.text();
  out += "-cp" + (patch ? python_text() : fmt::format("{}{}", python.major, python.minor));
  if (pip) out += "-pip" + pip->text();
  return out;
}

std::string PythonTarget::python_text() const {
  return patch ? fmt::format("{}.{}", python.text(), *patch) : python.text();
}

PackageVersion PythonTarget::full_python_version() const {
  PackageVersion version;
  version.release = {python.major, python.minor, patch.value_or(0)};
  return version;
}

MarkerEnvironment PythonTarget::markers() const {
  const SystemRow& row = row_of(system);
  MarkerEnvironment environment;
  environment.python_version = python.text();
  environment.python_full_version = full_python_version().text();
  environment.os_name = row.os_name;
  environment.sys_platform = row.sys_platform;
  environment.platform_machine = find_machine(row.name, machine)->platform_machine;
  environment.platform_system = row.platform_system;
  environment.platform_python_implementation = "CPython";
  environment.implementation_name = "cpython";
  environment.implementation_version = environment.python_full_version;
  return environment;
}

Result<std::string> PythonTarget::uv_platform() const {
  const bool is_x86_64 = machine == "x86_64";
  const bool is_arm64 = machine == "aarch64" || machine == "arm64";
  std::string_view uv_machine = machine;
  if (is_arm64) uv_machine = "aarch64";
  if (machine == "x86") uv_machine = "i686";
  if (system == TargetSystem::kWindows) return fmt::format("{}-pc-windows-msvc", uv_machine);
  if (system == TargetSystem::kMacos) return fmt::format("{}-apple-darwin", uv_machine);
  const Error unsupported{ErrorKind::kUnsupported, fmt::format("uv cannot resolve for the target {}", text()),
                          "it knows Linux on x86_64 and aarch64, with glibc 2.17 or musl 1.2 and later"};
  if (!is_x86_64 && !is_arm64) return unsupported;
  if (system == TargetSystem::kLinuxMusl) {
    if (system_version.minor < 2) return unsupported;
    return fmt::format("{}-unknown-linux-musl", uv_machine);
  }
  const auto* newer = std::upper_bound(kUvGlibcMinors.begin(), kUvGlibcMinors.end(), system_version.minor);
  if (newer == kUvGlibcMinors.begin()) return unsupported;
  return fmt::format("{}-manylinux_2_{}", uv_machine, *(newer - 1));
}

std::vector<std::pair<std::string, std::string>> PythonTarget::uv_environment() const {
  if (system != TargetSystem::kMacos) return {};
  return {{"MACOSX_DEPLOYMENT_TARGET", system_version.text()}};
}

}  // namespace pannier
