#include "carry/connected/wheels/sdist_build.h"

#include <fmt/core.h>

#include "base/display.h"
#include "carry/connected/wheels/pip_bootstrap.h"

namespace pannier {
namespace {

// Prints a target of ours. `platform.libc_ver` knows no musl; its loader's name is telling.
constexpr const char* kWhoAmI = R"(import glob, platform, sys
system, machine = platform.system(), platform.machine()
python = "cp%d.%d.%d" % sys.version_info[:3]
if system == "Linux":
    name, version = platform.libc_ver()
    libc = "glibc" + ".".join(version.split(".")[:2]) if name == "glibc" else "musl1.2"
    print("linux-%s-%s-%s" % (machine, libc, python))
elif system == "Darwin":
    print("macos%s-%s-%s" % (".".join(platform.mac_ver()[0].split(".")[:2]), machine, python))
else:
    print("%s-%s-%s" % (system.lower(), machine.lower(), python))
)";

constexpr size_t kShownBytes = 2'000;

std::string end_of(std::string_view text) {
  if (text.size() > kShownBytes) {
    text.remove_prefix(text.size() - kShownBytes);
    text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  }
  std::string out;
  const std::string plain = without_credentials(text);
  for (size_t at = 0; at < plain.size();) {
    const size_t end = std::min(plain.find('\n', at), plain.size());
    out += "\n  " + for_display(std::string_view(plain).substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// pip reads its own configuration; what the caller asked for besides is put over it.
std::vector<std::pair<std::string, std::string>> pip_variables(const IndexConfig& config) {
  std::vector<std::pair<std::string, std::string>> out = {
      {"PIP_DISABLE_PIP_VERSION_CHECK", "1"}, {"PIP_NO_INPUT", "1"}, {"NO_COLOR", "1"}};
  std::string extra;
  std::string links;
  for (const IndexSetting& setting : config.extra_indexes) extra += setting.value + " ";
  for (const IndexSetting& setting : config.find_links) links += setting.value + " ";
  if (!extra.empty()) out.emplace_back("PIP_EXTRA_INDEX_URL", extra);
  if (!links.empty()) out.emplace_back("PIP_FIND_LINKS", links);
  if (config.no_index) {
    out.emplace_back("PIP_NO_INDEX", "1");
  } else {
    out.emplace_back("PIP_INDEX_URL", config.main_index.value);
  }
  return out;
}

Result<std::string> only_wheel_in(FileSystem& fs, const std::string& folder) {
  PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs.list(folder));
  std::string out;
  for (const FolderEntry& entry : entries) {
    if (!entry.name.ends_with(".whl")) continue;
    if (!out.empty()) return Error{ErrorKind::kCorrupt, "the build made several wheels", ""};
    out = entry.name;
  }
  if (out.empty()) return Error{ErrorKind::kCorrupt, "the build made no wheel", ""};
  return out;
}

}  // namespace

Result<PythonTarget> this_machine(MajorMinor python, const std::atomic<bool>* cancel) {
  ProgramCall call;
  call.arguments = {"python" + python.text(), "-I", "-c", kWhoAmI};
  call.cancel = cancel;
  call.output_bytes_max = 4096;
  PANNIER_ASSIGN(const ProgramEnd end, run_program(call));
  const std::string_view text = std::string_view(end.output).substr(0, end.output.find('\n'));
  if (end.exit_status != 0) {
    return Error{ErrorKind::kNotFound, call.arguments[0] + " does not run:" + end_of(end.errors), ""};
  }
  return PythonTarget::parse(text);
}

Status check_can_build(const PythonTarget& target, const PythonTarget& here) {
  const bool same = target.system == here.system && target.machine == here.machine &&
                    target.python == here.python && here.system_version <= target.system_version;
  if (same) return {};
  return Error{
      ErrorKind::kUnsupported,
      fmt::format("a wheel built on this machine ({}) would not run on {}", here.text(), target.text()),
      "build it on a machine like the target, and give the folder that holds it with --find-links"};
}

Result<ChosenWheel> build_wheel(const WheelTools& tools, const PylockPackage& package,
                                const TargetTags& tags) {
  const std::string what = package.name + " " + package.version;
  if (!package.sdist || !package.sdist->sha256) {
    return Error{ErrorKind::kUnsupported, for_message(what) + ": its index gives no SHA-256 of the source",
                 ""};
  }
  const std::string folder = fmt::format("{}/built-{}", tools.work_folder, package.sdist->sha256->hex());
  const std::string output = folder + "/" + tags.target().text();
  PANNIER_TRY(tools.fs.remove_tree(output));
  PANNIER_TRY(tools.fs.make_folders(output));
  const std::string requirements = folder + "/requirements.txt";
  PANNIER_TRY(write_file_atomic(
      tools.fs, requirements,
      fmt::format("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sdist->sha256->hex())));
  ProgramCall call;
  call.arguments = {"python" + tags.target().python.text(),
                    "-m",
                    "pip",
                    "wheel",
                    "--no-deps",
                    "--require-hashes",
                    "--no-binary",
                    package.name,
                    "--quiet",
                    "--wheel-dir",
                    output,
                    "--requirement",
                    requirements};
  call.set = pip_variables(tools.index);
  call.dropped = {"PIP_*", "PYTHONPATH", "PYTHONHOME"};
  call.working_folder = folder;
  call.cancel = tools.cancel;
  PANNIER_ASSIGN(const ProgramEnd end, run_program(call));
  if (end.exit_status != 0) {
    return Error{ErrorKind::kUnsupported, for_message(what) + " cannot be built:" + end_of(end.errors),
                 "build it where its compilers and libraries are, and give the folder with --find-links"};
  }
  PANNIER_ASSIGN(const std::string file_name, only_wheel_in(tools.fs, output));
  PANNIER_ASSIGN(const WheelName name, WheelName::parse(file_name));
  ChosenWheel out{package.name, package.version, {}, fit_wheel(name, tags)};
  if (!out.fit.fits) {
    return Error{ErrorKind::kUnsupported, file_name + " was built, but " + out.fit.reason, ""};
  }
  out.file.filename = file_name;
  out.file.path = output + "/" + file_name;
  return out;
}

}  // namespace pannier
