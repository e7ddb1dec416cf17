// requirements.txt, line by line as pip joins them.
#include "format/python_requirements_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <optional>
#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "format/python_text.h"

namespace pannier {
namespace {

constexpr size_t kLinesMax = 100'000;  // with something on them

bool is_space(char c) { return python_text::kWhiteSpace.find(c) != std::string_view::npos; }

// Options that pip knows here and we do not follow, and what to do instead.
struct RefusedOption {
  std::string_view name;
  const char* advice;
};
constexpr const char* kWhereAdvice =
    "take the line out; the index is the one that pip and uv on this machine are configured with, and other "
    "sources are given on the command line";
constexpr const char* kBuildAdvice = "take the line out; only wheels are carried";
constexpr std::array<RefusedOption, 13> kRefusedOptions = {{
    {"-i", kWhereAdvice},
    {"--index-url", kWhereAdvice},
    {"--pypi-url", kWhereAdvice},
    {"--extra-index-url", kWhereAdvice},
    {"--no-index", kWhereAdvice},
    {"-f", kWhereAdvice},
    {"--find-links", kWhereAdvice},
    {"--trusted-host", kWhereAdvice},
    {"-e", "build a wheel of it, and give the folder that holds the wheel as --find-links"},
    {"--editable", "build a wheel of it, and give the folder that holds the wheel as --find-links"},
    {"--no-binary", kBuildAdvice},
    {"--only-binary", kBuildAdvice},
    {"--require-hashes", "take the line out; every wheel's digest is compared with the index's anyway"},
}};

struct IncludeOption {
  std::string_view name;
  bool is_constraint;
};
constexpr std::array<IncludeOption, 4> kIncludeOptions = {
    {{"--requirement", false}, {"--constraint", true}, {"-r", false}, {"-c", true}}};

class FileParser {
 public:
  explicit FileParser(std::string_view what) : what_(what) {}

  Result<RequirementsFile> parse(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.size() > limits::kWheelMetadataBytesMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{}: {} bytes; at most {} are read", what_, text.size(),
                               limits::kWheelMetadataBytesMax),
                   ""};
    }
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (utf8_find_invalid(text) != std::string_view::npos) return wrong("the file is not UTF-8 text");
    std::string joined;
    uint64_t line = 0;
    while (!text.empty()) {
      std::string_view physical = python_text::take_until(text, '\n');
      if (physical.ends_with('\r')) physical.remove_suffix(1);
      ++line;
      if (joined.empty()) line_ = line;
      // A comment ends a continued line, even where a backslash stands at its end.
      const bool is_comment = python_text::trim(physical).starts_with('#');
      const bool goes_on = !is_comment && physical.ends_with('\\') && !text.empty();
      while (!is_comment && physical.ends_with('\\')) physical.remove_suffix(1);
      joined += is_comment ? " " : "";
      joined += physical;
      // Not empty from here on, so that the first line's number is kept.
      if (goes_on) {
        if (joined.empty()) joined = " ";
        continue;
      }
      PANNIER_TRY(parse_line(without_comment(joined)));
      joined.clear();
    }
    return std::move(file_);
  }

 private:
  // "#" begins a comment at the start of a line and behind white space.
  static std::string_view without_comment(std::string_view line) {
    for (size_t i = line.find('#'); i != std::string_view::npos; i = line.find('#', i + 1)) {
      if (i == 0 || is_space(line[i - 1])) return python_text::trim(line.substr(0, i));
    }
    return python_text::trim(line);
  }

  Status parse_line(std::string_view line) {
    if (line.empty()) return {};
    if (file_.requirements.size() + file_.includes.size() == kLinesMax) {
      return Error{ErrorKind::kLimit, fmt::format("{}: more than {} requirements", what_, kLinesMax), ""};
    }
    if (line.find("${") != std::string_view::npos) {
      return unsupported(fmt::format("'{}' holds a variable of the environment", for_message(line)),
                         "write out what it stands for");
    }
    return line[0] == '-' ? parse_option(line) : parse_requirement(line);
  }

  // The value of "--name=value", "--name value", "-n value" or "-nvalue"; nullopt: the line is of another
  // option.
  static std::optional<std::string_view> option_value(std::string_view line, std::string_view name) {
    if (!line.starts_with(name)) return std::nullopt;
    std::string_view rest = line.substr(name.size());
    const bool is_long = name.starts_with("--");
    if (is_long && !rest.empty() && rest[0] != '=' && !is_space(rest[0])) return std::nullopt;
    if (is_long && rest.starts_with('=')) rest.remove_prefix(1);
    rest = python_text::trim(rest);
    if (rest.size() > 1 && (rest[0] == '"' || rest[0] == '\'') && rest.back() == rest[0]) {
      rest = rest.substr(1, rest.size() - 2);
    }
    return rest;
  }

  Status parse_option(std::string_view line) {
    for (const IncludeOption& row : kIncludeOptions) {
      const std::optional<std::string_view> path = option_value(line, row.name);
      if (!path) continue;
      if (path->empty()) return wrong(fmt::format("{} names no file", row.name));
      file_.includes.push_back({line_, row.is_constraint, std::string(*path)});
      return {};
    }
    const std::string_view name = line.substr(0, line.find_first_of(" \t="));
    for (const RefusedOption& row : kRefusedOptions) {
      const bool is_short = row.name.size() == 2 && line.starts_with(row.name);
      if (is_short || name == row.name)
        return unsupported(fmt::format("{} is not followed here", row.name), row.advice);
    }
    return unsupported(fmt::format("'{}' is not followed here", for_message(name)), "take the line out");
  }

  Status parse_requirement(std::string_view line) {
    RequirementsLine out;
    out.line = line_;
    // Options of the requirement stand behind it; a "--" inside it would not be one.
    const size_t options = std::min(find_options(line), line.size());
    const std::string_view text = python_text::trim(line.substr(0, options));
    Result<Requirement> requirement = Requirement::parse(text);
    if (!requirement.ok()) {
      if (is_address(text)) return refuse_address(text);
      return with_context(std::move(requirement).error(), fmt::format("{}, line {}", what_, line_));
    }
    if (!requirement->url.empty() || is_archive(text)) return refuse_address(text);
    out.requirement = *std::move(requirement);
    PANNIER_TRY(parse_hashes(line.substr(options), out.sha256));
    file_.requirements.push_back(std::move(out));
    return {};
  }

  // Where the first " --…" begins.
  static size_t find_options(std::string_view line) {
    for (size_t i = line.find("--"); i != std::string_view::npos; i = line.find("--", i + 1)) {
      if (i > 0 && is_space(line[i - 1])) return i;
    }
    return std::string_view::npos;
  }

  static bool is_archive(std::string_view text) {
    constexpr std::array<std::string_view, 5> kSuffixes = {".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2"};
    return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                       [&](std::string_view suffix) { return text.ends_with(suffix); });
  }
  static bool is_address(std::string_view text) {
    return text[0] == '.' || text.find_first_of("/\\") < text.find_first_of(';') || is_archive(text);
  }
  Error refuse_address(std::string_view text) const {
    return unsupported(
        fmt::format("'{}' is a file or an address, not a package of the index", for_message(text)),
        "write its name and version, and give the folder that holds the wheel as --find-links");
  }

  Status parse_hashes(std::string_view options, std::vector<Digest>& out) const {
    constexpr std::string_view kHash = "--hash";
    while (!options.empty()) {
      if (!options.starts_with(kHash) || options.size() == kHash.size() ||
          (options[kHash.size()] != '=' && !is_space(options[kHash.size()]))) {
        const std::string_view name = options.substr(0, options.find_first_of(" \t="));
        return unsupported(fmt::format("'{}' is not followed here", for_message(name)),
                           "take it out; only --hash=sha256:… may follow a requirement");
      }
      options.remove_prefix(kHash.size() + 1);
      options = python_text::trim(options);
      const size_t end = std::min(options.find_first_of(python_text::kWhiteSpace), options.size());
      std::string_view value = options.substr(0, end);
      options = python_text::trim(options.substr(end));
      const std::string_view written = value;
      if (python_text::take_until(value, ':') != "sha256") {
        return unsupported(fmt::format("'{}' is no sha256", for_message(written)),
                           "give --hash=sha256:… as the index does");
      }
      const Result<Digest> digest = digest_from_hex(python_text::lower_case(value));
      if (!digest.ok()) return wrong(fmt::format("'{}' is no SHA-256", for_message(value)));
      out.push_back(*digest);
    }
    return {};
  }

  Error wrong(const std::string& reason) const {
    return {ErrorKind::kInvalid, fmt::format("{}, line {}: {}", what_, std::max<uint64_t>(line_, 1), reason),
            ""};
  }
  Error unsupported(const std::string& reason, const char* advice) const {
    return {ErrorKind::kUnsupported, fmt::format("{}, line {}: {}", what_, line_, reason), advice};
  }

  std::string_view what_;
  uint64_t line_ = 0;
  RequirementsFile file_;
};

}  // namespace

Result<RequirementsFile> parse_requirements_file(std::string_view text, std::string_view what) {
  return FileParser(what).parse(text);
}

std::string write_requirements_file(const std::vector<PinnedRequirement>& pins) {
  struct Key {
    std::string name;
    PackageVersion version;
    std::string written_version;
    std::string marker;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, std::set<Digest>> rows;
  for (const PinnedRequirement& pin : pins) {
    assert(!pin.sha256.empty());
    const Key key{normalise_package_name(pin.name), pin.version, pin.version.text(), pin.marker};
    rows[key].insert(pin.sha256.begin(), pin.sha256.end());
  }
  std::string out;
  for (const auto& [key, digests] : rows) {
    out += fmt::format("{}=={}", key.name, key.written_version);
    if (!key.marker.empty()) out += " ; " + key.marker;
    for (const Digest& digest : digests) out += fmt::format(" \\\n    --hash=sha256:{}", digest.hex());
    out += "\n";
  }
  return out;
}

}  // namespace pannier
