#include "carry/connected/wheels/uv.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/absolute_path.h"
#include "base/display.h"
#include "base/limits.h"
#include "carry/connected/wheels/index_config.h"

namespace pannier {
namespace {

// The first that writes PEP 751 locks and knows --torch-backend.
constexpr const char* kOldest = "0.7.0";
constexpr const char* kHowToInstall =
    "install it with `pip install uv`, let pannier do it (--install-uv), or name it in PANNIER_UV";
constexpr const char* kSourceOnlyHint =
    "what is published as source only: --build-sdists builds it, where the target is like this machine; or "
    "ask "
    "for another version";
constexpr std::chrono::milliseconds kVersionTime{30'000};

// Settings of the caller's own projects and machine, which must not colour what is meant for another one;
// and those that would make uv chatter.
const std::vector<std::string> kDropped = {"UV_PYTHON",
                                           "UV_SYSTEM_PYTHON",
                                           "UV_CUSTOM_COMPILE_COMMAND",
                                           "UV_WORKING_DIR",
                                           "UV_WORKING_DIRECTORY",
                                           "UV_PROJECT",
                                           "UV_NO_BINARY*",
                                           "UV_NO_BUILD*",
                                           "UV_LOCKED",
                                           "UV_FROZEN",
                                           "UV_TORCH_BACKEND",
                                           "UV_RESOLUTION",
                                           "UV_FORK_STRATEGY",
                                           "RUST_LOG",
                                           "FORCE_COLOR",
                                           "CLICOLOR_FORCE",
                                           "MACOSX_DEPLOYMENT_TARGET"};

ProgramCall call_of(const Uv& uv, const std::vector<std::string>& arguments) {
  ProgramCall call;
  call.arguments = uv.command;
  call.arguments.insert(call.arguments.end(), arguments.begin(), arguments.end());
  call.dropped = kDropped;
  call.set = {{"UV_PYTHON_DOWNLOADS", "never"}, {"UV_NO_PROGRESS", "1"}, {"NO_COLOR", "1"}};
  call.cancel = uv.cancel;
  return call;
}

// What uv said, fit to be shown: no credentials, and nothing that moves a cursor but the ends of lines.
std::string shown(std::string_view text) {
  std::string out;
  const std::string plain = without_credentials(text);
  for (size_t at = 0; at < plain.size();) {
    const size_t end = std::min(plain.find('\n', at), plain.size());
    const std::string line = for_display(std::string_view(plain).substr(at, end - at));
    if (!line.empty()) out += (out.empty() ? "" : "\n") + line;
    at = end + 1;
  }
  return out;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// What uv says where a package has nothing but its source.
bool is_source_only(std::string_view errors) { return has(errors, "building from source is disabled"); }

ErrorKind kind_of_failure(std::string_view errors) {
  if (is_source_only(errors) || has(errors, "no wheels with a matching")) return ErrorKind::kUnsupported;
  if (has(errors, "401 Unauthorized") || has(errors, "403 Forbidden")) return ErrorKind::kDenied;
  if (has(errors, "No solution found")) return ErrorKind::kInvalid;
  for (const char* sign : {"Failed to fetch", "error sending request", "dns error", "Request failed after"}) {
    if (has(errors, sign)) return ErrorKind::kNetwork;
  }
  return ErrorKind::kInvalid;
}

// "uv 0.13.9 (…)" gives "0.13.9".
Result<Uv> try_uv(std::vector<std::string> command, const std::atomic<bool>* cancel) {
  Uv uv{std::move(command), "", cancel};
  ProgramCall call = call_of(uv, {"--version"});
  call.time_max = kVersionTime;
  call.output_bytes_max = 4096;
  PANNIER_ASSIGN(const ProgramEnd end, run_program(call));
  const std::string name = for_message(fmt::format("{}", fmt::join(uv.command, " ")));
  if (end.exit_status != 0 || !end.output.starts_with("uv ")) {
    return Error{ErrorKind::kNotFound, name + " --version does not answer as uv does", kHowToInstall};
  }
  const std::string_view rest = std::string_view(end.output).substr(3);
  uv.version = std::string(rest.substr(0, rest.find_first_of(" \n")));
  const auto version = PackageVersion::parse(uv.version);
  if (!version.ok() || *version < *PackageVersion::parse(kOldest)) {
    return Error{
        ErrorKind::kUnsupported,
        fmt::format("{} is version {}; at least {} is needed", name, for_message(uv.version), kOldest),
        kHowToInstall};
  }
  return uv;
}

// Absolute, since uv runs in other folders than this process.
std::string venv_folder(const std::string& cache_folder) { return absolute_path(cache_folder) + "/uv"; }
std::string venv_program(const std::string& cache_folder, const char* name) {
  return venv_folder(cache_folder) + "/bin/" + name;
}

// Runs one step of the installation; its errors in the program's own words.
Status install_step(std::vector<std::string> arguments, const std::atomic<bool>* cancel) {
  ProgramCall call;
  call.arguments = std::move(arguments);
  call.set = {{"PIP_DISABLE_PIP_VERSION_CHECK", "1"}, {"PIP_NO_INPUT", "1"}, {"NO_COLOR", "1"}};
  call.dropped = {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET",
                  "PIP_USER",   "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"};
  call.cancel = cancel;
  PANNIER_ASSIGN(const ProgramEnd end, run_program(call));
  if (end.exit_status == 0) return {};
  return Error{ErrorKind::kIo,
               fmt::format("uv cannot be installed: {}:\n{}", call.arguments[0], shown(end.errors)),
               "install it by other means and name it in PANNIER_UV"};
}

// The value of an option that a line of uv's output holds: "--index-url X".
bool take_option(std::string_view line, std::string_view option, std::string& value) {
  if (!line.starts_with(option) || line.size() <= option.size() || line[option.size()] != ' ') return false;
  value = std::string(line.substr(option.size() + 1));
  return true;
}

Result<UvIndexes> ask_indexes(const Uv& uv, const std::string& empty_file, bool built_in) {
  std::vector<std::string> arguments = {
      "pip",         "compile", empty_file, "--emit-index-url", "--emit-find-links",
      "--no-header", "--quiet", "--offline"};
  if (built_in) arguments.emplace_back("--no-config");
  ProgramCall call = call_of(uv, arguments);
  if (built_in) call.dropped = {"UV_*", "RUST_LOG"};
  PANNIER_ASSIGN(const ProgramEnd end, run_program(call));
  if (end.exit_status != 0) {
    return Error{ErrorKind::kInvalid, "uv does not say which index it uses:\n" + shown(end.errors),
                 "look at uv.toml and the variables UV_…; or name an index with --index-url"};
  }
  UvIndexes out;
  const std::string_view text = end.output;
  for (size_t at = 0; at < text.size();) {
    const size_t stop = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, stop - at);
    std::string value;
    if (take_option(line, "--index-url", value)) out.main_index = value;
    if (take_option(line, "--extra-index-url", value)) out.extra_indexes.push_back(value);
    if (take_option(line, "--find-links", value)) out.find_links.push_back(value);
    at = stop + 1;
  }
  return out;
}

std::vector<std::string> resolve_arguments(const UvResolution& resolution, const std::string& platform) {
  std::vector<std::string> out = {"pip", "compile", resolution.requirements_file, "--format", "pylock.toml",
                                  "--no-header", "--python-platform", platform, "--python-version",
                                  resolution.target.python_text(),
                                  // Any interpreter does: the target's own version would be looked for
                                  // everywhere, and each candidate run, which takes longer than resolving.
                                  "--python", "3"};
  if (!resolution.allow_sdists) out.insert(out.end(), {"--only-binary", ":all:"});
  for (const std::string& file : resolution.constraint_files) out.insert(out.end(), {"--constraints", file});
  if (!resolution.torch_backend.empty()) out.insert(out.end(), {"--torch-backend", resolution.torch_backend});
  out.insert(out.end(), resolution.arguments.begin(), resolution.arguments.end());
  return out;
}

bool is_python_warning(std::string_view line) {
  return line.starts_with("warning: ") && has(line, "requested Python version");
}

// That the target's Python is not on this machine explains nothing: it need not be.
std::string without_python_warning(std::string_view errors) {
  std::string out;
  for (size_t at = 0; at < errors.size();) {
    const size_t end = std::min(errors.find('\n', at), errors.size());
    const std::string_view line = errors.substr(at, end - at);
    if (!is_python_warning(line)) out.append(line).append("\n");
    at = end + 1;
  }
  return out;
}

// uv's warnings but for the one that the target's Python is not on this machine, which is the point.
std::vector<std::string> warnings_of(std::string_view errors) {
  std::vector<std::string> out;
  for (size_t at = 0; at < errors.size();) {
    const size_t end = std::min(errors.find('\n', at), errors.size());
    const std::string_view line = errors.substr(at, end - at);
    if (line.starts_with("warning: ") && !is_python_warning(line)) {
      out.push_back("uv: " + shown(line.substr(9)));
    }
    at = end + 1;
  }
  return out;
}

}  // namespace

Result<Uv> find_uv(FileSystem& fs, const Environment& environment, const std::string& cache_folder,
                   const std::atomic<bool>* cancel) {
  if (const std::string named = environment("PANNIER_UV"); !named.empty()) {
    auto uv = try_uv({named}, cancel);
    if (!uv.ok()) return with_context(std::move(uv).error(), "PANNIER_UV");
    return uv;
  }
  std::vector<std::vector<std::string>> candidates;
  if (const std::string own = venv_program(cache_folder, "uv"); fs.stat(own).ok())
    candidates.push_back({own});
  candidates.push_back({"uv"});
  candidates.push_back({"python3", "-m", "uv"});
  std::optional<Error> too_old;
  for (std::vector<std::string>& command : candidates) {
    auto uv = try_uv(std::move(command), cancel);
    if (uv.ok() || uv.error().kind == ErrorKind::kInterrupted) return uv;
    if (uv.error().kind == ErrorKind::kUnsupported) too_old = uv.error();
  }
  if (too_old) return *std::move(too_old);
  return Error{ErrorKind::kNotFound, "uv, which resolves Python packages, is not on this machine",
               kHowToInstall};
}

Result<Uv> install_uv(FileSystem& fs, const std::string& cache_folder, const std::atomic<bool>* cancel) {
  PANNIER_TRY(fs.make_folders(cache_folder));
  PANNIER_TRY(install_step({"python3", "-m", "venv", "--clear", venv_folder(cache_folder)}, cancel));
  PANNIER_TRY(install_step({venv_program(cache_folder, "python"), "-m", "pip", "install", "--quiet",
                            "--only-binary", ":all:", fmt::format("uv>={}", kOldest)},
                           cancel));
  return try_uv({venv_program(cache_folder, "uv")}, cancel);
}

Result<UvIndexes> uv_indexes(FileSystem& fs, const Uv& uv, const std::string& work_folder) {
  PANNIER_TRY(fs.make_folders(work_folder));
  const std::string empty_file = work_folder + "/" + unique_name("empty") + ".in";
  PANNIER_TRY(write_file_atomic(fs, empty_file, ""));
  auto configured = ask_indexes(uv, empty_file, false);
  auto built_in = ask_indexes(uv, empty_file, true);
  (void)fs.remove_file(empty_file);
  PANNIER_ASSIGN(UvIndexes out, std::move(configured));
  PANNIER_ASSIGN(const UvIndexes plain, std::move(built_in));
  out.is_built_in = out.main_index == plain.main_index;
  return out;
}

Result<UvAnswer> uv_resolve(const Uv& uv, const UvResolution& resolution, const std::string& work_folder) {
  PANNIER_ASSIGN(const std::string platform, resolution.target.uv_platform());
  ProgramCall call = call_of(uv, resolve_arguments(resolution, platform));
  call.working_folder = work_folder;
  for (const auto& variable : resolution.environment) call.set.push_back(variable);
  for (const auto& variable : resolution.target.uv_environment()) call.set.push_back(variable);
  call.output_bytes_max = limits::kTomlBytesMax;
  PANNIER_ASSIGN(ProgramEnd end, run_program(call));
  if (end.exit_status != 0) {
    return Error{kind_of_failure(end.errors),
                 fmt::format("{}: uv finds no set of packages:\n{}", resolution.target.text(),
                             shown(without_python_warning(end.errors))),
                 is_source_only(end.errors) ? kSourceOnlyHint : ""};
  }
  return UvAnswer{std::move(end.output), warnings_of(end.errors)};
}

}  // namespace pannier
